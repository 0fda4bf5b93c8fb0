// "Tell me on this phone": pushes, for those who ask for them by a tap.
import { PICTURES, WORDS } from "./made.js";
import { button, make, picture } from "./notes.js";
import { ask } from "./worker.js";

const ANSWERS_WITHIN = 2e4; // Without a push service in reach, some browsers wait for ever.
const isAppleTab = navigator.standalone === false;

const patient = (work) =>
  Promise.race([work, new Promise((resolve, reject) => setTimeout(reject, ANSWERS_WITHIN))]).catch(() => false);

// The worker subscribes. Whether the server tells this phone of the page's customer: `about` only asks, `page` wants it.
const isTold = async (asked) => {
  const said = await patient(ask({ type: "tell", asked: asked }));
  return said.follows;
};

const token = () => document.body.dataset.page?.slice(3);

// What a tap leads to: the words that say what became of it.
const tap = async (manager) => {
  if (!manager) return "tell_install";
  const permission = await Notification.requestPermission();
  if (permission == "denied") return "tell_denied";
  if (permission != "granted") return "tell_line";
  return (await isTold({ page: token() })) ? "told" : "tell_failed";
};

const offerOf = (manager) => {
  const line = make("small", "", WORDS.tell_line);
  line.setAttribute("role", "status");
  const face = make("span", "face", picture("bell"));
  const press = button("btn quiet", "tell", async () => {
    press.disabled = true;
    press.textContent = WORDS.wait;
    const word = await tap(manager);
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

// Offers it where the page says so and this browser can, unless this phone is told of its customer; says once more to
// the server what it had been told before.
export const offerNews = async (registration) => {
  const manager = registration.pushManager;
  if ((!manager || !self.Notification) && !isAppleTab) return;
  const isAsked = "tell" in document.body.dataset;
  const kept = await manager?.getSubscription();
  const isKnown = kept && Notification.permission == "granted" && (await isTold({ about: token() }));
  if (isAsked && !isKnown) place()?.after(offerOf(manager));
};
