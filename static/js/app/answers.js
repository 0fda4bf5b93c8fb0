// Answers: kept on the phone before they are sent, so that none is lost; what has become of them is told on their page.
import { alone, attempt, list, news, pageOf } from "../../../service-worker/queue.js";
import { store } from "../../../service-worker/store.js";
import { WORDS } from "./made.js";
import { button, clear, noteOf, put } from "./notes.js";
import { say } from "./worker.js";

const LATE = [404, 410];
const HALF_A_DAY = 432e5;
let label = "";
let sending = "";
let awaited = [];
let timer;

export const page = () => (location.pathname.startsWith("/p/") ? location.pathname.slice(4, 15) : "");

export const waiting = async () => (await list()).filter((record) => record.state == "waiting");

const time = (at) => {
  const parts = { hour: "numeric", minute: "2-digit" };
  if (Date.now() - at > HALF_A_DAY) parts.weekday = "long";
  return new Date(at).toLocaleTimeString(document.documentElement.lang, parts);
};

const fill = (word, value) => WORDS[word].replace("%", () => value);

const drop = (record) => store("queue", "delete", record.id).then(paint);

// One that is being sent at this moment can no longer be taken back.
const undo = (record) => alone(record.id, (lock) => lock && drop(record), { ifAvailable: true });

const noteFor = (record) => {
  if (record.state == "waiting") {
    const line = fill("saved_line", record.label);
    return noteOf("", "clock", WORDS.saved, line, button("ask", "undo", () => undo(record)));
  }
  if (record.state == "sent") return noteOf("fine", "check", fill("sent", time(record.done)), record.label);
  const word = record.status == 409 ? "conflict" : LATE.includes(record.status) ? "late" : "refused";
  return noteOf("problem", "alert", record.label, WORDS[word], button("ask", "close", () => drop(record)));
};

// Says of this page's answers what has become of them. That one was sent is said once.
export const paint = async () => {
  const records = (await list()).filter((record) => pageOf(record) == page() && record.id != sending);
  const open = records.filter((record) => record.state == "waiting");
  awaited = open.map((record) => record.id);
  clear();
  if (+document.body.dataset.kept) put(noteOf("", "offline", navigator.onLine ? WORDS.away : WORDS.offline));
  records.forEach((record) => put(noteFor(record)));
  document.body.toggleAttribute("data-waits", open.length > 0);
  clearTimeout(timer);
  if (open.length) timer = setTimeout(hurry, Math.max(...open.map((record) => record.next)) - Date.now() + 500);
  const told = document.hidden ? [] : records.filter((record) => record.state == "sent");
  await Promise.all(told.map((record) => store("queue", "delete", record.id)));
};

export const hurry = () => say({ type: "flush" });

// The page as it is now, with the news of an answer that was decided about elsewhere.
const hear = async (event) => {
  if (event.data?.v != 1) return;
  const records = await list();
  const isDecided = records.some((record) => awaited.includes(record.id) && record.state != "waiting");
  if (isDecided) location.reload();
  else await paint();
};

// Takes an answer from the page's own script. Gives the server's reply; without one it says that the answer is kept, or
// stands back for good where nothing can be kept.
const deliver = async (url, init) => {
  const id = init.headers["Idempotency-Key"];
  const record = { id: id, url: url, body: init.body, label: label, at: Date.now(), state: "waiting", tries: 0, next: 0 };
  sending = id;
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
  addEventListener("online", () => (document.body.dataset.kept ? location.reload() : hurry()));
  news.onmessage = hear;
  self.deliver = deliver;
  await paint();
  await hurry();
};
