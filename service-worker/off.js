// The last worker: it takes everything back from a phone, itself included. Answers on their way are sent first, and as
// long as one still waits it stays and tries again.
import { flush } from "./sending.js";

const end = async () => {
  const waits = await flush(() => {}).catch(() => false);
  const names = await caches.keys();
  await Promise.all(names.map((name) => caches.delete(name)));
  if (waits) return;
  // This reply tells the browser to clear what is ours; where it does not heed that, the next lines do.
  await fetch("/sw.js?clear=1", { cache: "no-store" }).catch(() => {});
  indexedDB.deleteDatabase("selfservice");
  await registration.unregister();
};

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(end()));
addEventListener("sync", (event) => event.waitUntil(end()));
