// Sending what waits in the queue, by the worker: when it is asked to, at a push, and when the network is back.
import { alone, attempt, list, news } from "./queue.js";
import { store } from "./store.js";

// Sends the answer kept under `id`, by the holder of its lock.
export const again = async (id, decided) => {
  const record = await store("queue", "get", id);
  if (record?.state != "waiting") return;
  const reply = await attempt(record);
  if (reply) {
    record.state = reply.ok ? "sent" : "refused";
    record.status = reply.status;
    record.done = Date.now();
  }
  await store("queue", "put", record);
  news.postMessage({ v: 1, type: "queue" });
  if (reply) await decided(record, reply);
};

// Sends what waits, the oldest first; `decided` is told of each answer that the server has decided about. `now` tries
// those again that only the missing network held up. Says whether any still wait.
export const flush = async (now, decided) => {
  const records = await list();
  const due = records.filter((it) => it.state == "waiting" && (it.next <= Date.now() || (now && it.away)));
  await due.reduce(
    (before, it) =>
      before.then(() => alone(it.id, (lock) => lock && again(it.id, decided), { ifAvailable: true })),
    Promise.resolve(),
  );
  return (await list()).some((it) => it.state == "waiting");
};
