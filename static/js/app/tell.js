// "Tell me on this phone": pushes, for those who ask for them by a tap.
import { subscribe } from "../../../service-worker/subscription.js";
import { PICTURES, WORDS } from "./made.js";
import { button, make, picture } from "./notes.js";
import { ask } from "./worker.js";

const ANSWERS_WITHIN = 2e4; // Without a push service in reach, some browsers wait for ever.
const isAppleTab = navigator.standalone === false;

const patient = (work) =>
  Promise.race([work, new Promise((resolve, reject) => setTimeout(reject, ANSWERS_WITHIN))]).catch(() => false);

const token = () => location.pathname.slice(3);

// What a tap leads to: the words that say what became of it.
const tap = async (manager, key) => {
  if (!manager) return "tell_install";
  const permission = await Notification.requestPermission();
  if (permission == "denied") return "tell_denied";
  if (permission != "granted") return "tell_line";
  return (await patient(subscribe(manager, key, token()))) ? "told" : "tell_failed";
};

const offerOf = (manager, key) => {
  const line = make("small", "", WORDS.tell_line);
  line.setAttribute("role", "status");
  const face = make("span", "face", picture("bell"));
  const press = button("btn quiet", "tell", async () => {
    press.disabled = true;
    press.textContent = WORDS.wait;
    const word = await tap(manager, key);
    line.textContent = WORDS[word];
    press.textContent = WORDS.tell;
    press.disabled = false;
    press.hidden = word == "told";
  });
  return make("section", "card person tell", face, make("h2", "", WORDS.tell_title), line, make("div", "two", press));
};

// As high on the page as it moves nothing that is in sight.
const place = () => {
  const parts = [...document.querySelectorAll(".more,.person,footer")];
  return parts.find((part) => part.getBoundingClientRect().bottom >= innerHeight) || parts.pop();
};

// Offers it where the page says so and this browser can; says once more to the server what it had been told before.
export const offerNews = async (registration) => {
  const manager = registration.pushManager;
  if ((!manager || !self.Notification) && !isAppleTab) return;
  const isAsked = "tell" in document.body.dataset;
  const kept = await manager?.getSubscription();
  if (!kept && !isAsked) return;
  const answer = await ask({ type: "key" });
  if (!answer.key) return;
  if (kept && Notification.permission == "granted") await patient(subscribe(manager, answer.key));
  else place()?.after(offerOf(manager, answer.key));
};
