// Sending what waits in the queue, by the worker: when it is asked to, at a push, and when the network is back.
import { alone, attempt, list, news } from "./queue.js";
import { store } from "./store.js";

const DAY = 864e5;

// Sends the answer kept under `id`, or `fresh` where nothing can be kept, by the holder of its lock. Once the server has
// decided, what was said goes and the rest stays until its page has told it: for a day, a refusal longer. Otherwise says
// whether the answer is "saved" or has "failed". One that was not due yet begins its pauses anew: a network that is back
// often fails once more at first.
export const again = async (id, decided, fresh) => {
  const record = (await store("queue", "get", id).catch(() => {})) || fresh;
  if (record?.state != "waiting") return;
  if (record.next > Date.now()) record.tries = 0;
  const reply = await attempt(record);
  if (reply) {
    record.state = reply.ok ? "sent" : "refused";
    record.done = Date.now();
    record.until = record.done + (reply.ok ? 1 : 30) * DAY;
    record.url = record.url.slice(0, 15);
    record.body = "";
  }
  const word = await store("queue", "put", record).then(() => "saved", () => "failed");
  news.postMessage({ v: 1, type: "queue" });
  if (!reply) return word;
  await decided(record, reply);
};

// Sends what waits and is due, the oldest first, and what only the missing network held up; `decided` is told of each
// answer that the server has decided about. Says whether any still wait.
export const flush = async (decided) => {
  const records = await list();
  const due = records.filter((it) => it.state == "waiting" && (it.next <= Date.now() || it.away));
  await due.reduce(
    (before, it) =>
      before.then(() => alone(it.id, (lock) => lock && again(it.id, decided), { ifAvailable: true })),
    Promise.resolve(),
  );
  return (await list()).some((it) => it.state == "waiting");
};
