// The queue: answers that the server has not decided about yet. A record's id is the answer's Idempotency-Key and its
// address holds the answer token, never the page's link. Whoever sends a record holds its lock, page or worker.
import { post } from "./net.js";
import { store } from "./store.js";

const SENDING = 2e4;
const LONGEST = 64;

// Pages listen here for what has become of answers.
export const news = new BroadcastChannel("answers");

// The 11 characters of the page's id that an answer is for.
export const pageOf = (record) => record.url.slice(4, 15);

export const alone = (id, work, options = {}) => navigator.locks.request("answer " + id, options, work);

export const list = async () => {
  const records = await store("queue", "getAll");
  return records.sort((one, other) => one.at - other.at);
};

// Sends an answer once: gives the reply when the server has decided; else notes when to try again. The server decides
// in JSON that can be read to its end: anything else is from something on the way, or was cut off.
export const attempt = async (record) => {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), SENDING);
  const reply = await post(record.url, record.body, { "Idempotency-Key": record.id }, stop.signal).catch(() => {});
  const said = await reply?.clone().json().catch(() => {});
  clearTimeout(timer);
  const status = reply?.status;
  record.notice = said?.notice;
  if (said && status < 500 && status != 408 && status != 429) return reply;
  record.tries += 1;
  record.away = !reply;
  const pause = Math.min(2 ** record.tries, LONGEST) * (0.5 + Math.random());
  record.next = Date.now() + Math.max(pause, +reply?.headers.get("Retry-After") || 0) * 1e3;
};
