// Answers: kept on the phone before they are sent, so that none is lost; what has become of them is told on their page.
import { alone, attempt, list, news, pageOf } from "../../../service-worker/queue.js";
import { store } from "../../../service-worker/store.js";
import { WORDS } from "./made.js";
import { button, clear, noteOf, put } from "./notes.js";
import { renew, say } from "./worker.js";

const HALF_A_DAY = 432e5;
const KNOCKS = 5e3;
let label = "";
let sending = "";
let isWaiting = false;
let told = [];
let drawn;
let drawnOn;
let timer;

export const page = () => (location.pathname.startsWith("/p/") ? location.pathname.slice(4, 15) : "");

export const waiting = async () => (await list()).filter((record) => record.state == "waiting");

const time = (at) => {
  const parts = { hour: "numeric", minute: "2-digit" };
  if (Date.now() - at > HALF_A_DAY) parts.weekday = "long";
  const text = new Date(at).toLocaleTimeString(document.documentElement.lang, parts);
  return text.replace(/[AP]M$/, (half) => half.toLowerCase());
};

const fill = (word, value) => WORDS[word].replace("%", () => value);

const drop = (record) => store("queue", "delete", record.id).then(paint);

// What is shown gives way to what the server says as soon as that can be reached.
const knock = async () => {
  const reply = isWaiting ? null : await fetch("/healthz", { cache: "no-store" }).catch(() => null);
  if (reply?.ok) renew();
};

const watch = () => {
  addEventListener("online", knock);
  setInterval(knock, KNOCKS);
};

// One that is being sent at this moment can no longer be taken back; one that was sent may have been taken all the same.
const undo = (record) =>
  alone(
    record.id,
    (lock) => {
      isWaiting = !lock;
      return lock && drop(record).then(watch).then(knock);
    },
    { ifAvailable: true },
  );

const noteFor = (record) => {
  if (record.state == "waiting") {
    const line = fill("saved_line", record.label);
    return noteOf("", "clock", WORDS.saved, line, button("ask", "undo", () => undo(record)));
  }
  if (record.state == "sent") return noteOf("fine", "check", fill("sent", time(record.done)), record.label);
  const why = WORDS[record.notice] || WORDS.refused;
  return noteOf("problem", "alert", record.label, why, button("ask", "close", () => drop(record)));
};

// Only what has changed is drawn, so that nothing is read out twice and focus stays where it is.
export const draw = (records) => {
  const kept = +document.body.dataset.kept && (navigator.onLine ? "away" : "offline");
  const sight = JSON.stringify([kept, records.map((record) => [record.id, record.state])]);
  if (drawn == sight && drawnOn == document.body) return;
  drawn = sight;
  drawnOn = document.body;
  clear();
  if (kept) put(noteOf("", "offline", "", WORDS[kept]));
  records.forEach((record) => put(noteFor(record)));
  document.body.toggleAttribute("data-waits", isWaiting);
};

// Says of this page's answers what has become of them. That one was sent is said until the page is left, and no more.
export const paint = async () => {
  const known = [sending, ...told.map((record) => record.id)];
  const records = (await list()).filter((record) => pageOf(record) == page() && !known.includes(record.id));
  const open = records.filter((record) => record.state == "waiting");
  const fresh = records.filter((record) => record.done > performance.timeOrigin && !sessionStorage[record.id]);
  // What is shown may be older than what the server decided: another tab may have told that already. Once is enough for
  // each tab, whatever this phone's clock says.
  fresh.forEach((record) => (sessionStorage[record.id] = 1));
  if (fresh.length || (isWaiting && !open.length)) return location.reload();
  isWaiting = open.length > 0;
  draw([...told, ...records]);
  clearTimeout(timer);
  if (isWaiting) timer = setTimeout(hurry, Math.max(...open.map((record) => record.next)) - Date.now() + 500);
  if (document.hidden) return;
  const sent = records.filter((record) => record.state == "sent");
  told = [...told, ...sent];
  await Promise.all(sent.map((record) => store("queue", "delete", record.id)));
};

export const hurry = () => say({ type: "flush" });

// Takes an answer from the page's own script. Gives the server's reply; without one it says that the answer is kept, or
// stands back for good where nothing can be kept.
const deliver = async (url, init) => {
  const id = init.headers["Idempotency-Key"];
  const record = { id: id, url: url, body: init.body, label: label, at: Date.now(), state: "waiting", tries: 0, next: 0 };
  sending = id;
  told = [];
  const reply = await alone(id, async () => {
    const isKept = store("queue", "put", record).catch(() => delete self.deliver);
    const decision = await attempt(record);
    await isKept;
    if (self.deliver) await (decision ? store("queue", "delete", id) : store("queue", "put", record));
    return decision;
  });
  sending = "";
  if (reply || !self.deliver) return reply;
  await paint();
  document.querySelector("[data-app]").focus();
  await hurry();
};

// From here on answers go by the queue, if this phone has one.
export const start = async () => {
  await list();
  addEventListener("submit", (event) => (label = event.submitter?.textContent.trim() || ""), true);
  addEventListener("online", hurry);
  news.onmessage = (event) => event.data?.v == 1 && paint();
  if ("kept" in document.body.dataset) watch();
  self.deliver = deliver;
  await paint();
  await hurry();
};
