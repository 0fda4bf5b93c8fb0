// What a page does beyond its own script, once it can be read: offline, queue, news, this device.
import { draw, page, paint, start } from "./answers.js";
import { count, forget, mark } from "./device.js";
import { dress } from "./notes.js";
import { offerNews } from "./tell.js";
import { register, say } from "./worker.js";

const link = (kind, place) => {
  const made = document.createElement("link");
  made.rel = kind;
  made.href = place;
  document.head.append(made);
};

// A page in sight: what belongs to it is drawn, and the worker is told of it: by its id if it is one, as it is now.
// `isNew`: it did not come by the worker, which has not seen it therefore.
const look = async (isNew) => {
  dress();
  if (!document.querySelector("[rel=manifest]")) link("manifest", "/manifest.webmanifest");
  const registration = await navigator.serviceWorker.ready;
  const script = import.meta.url.slice(location.origin.length);
  const seen = document.body.matches(".page:not([data-kept])") && page();
  await say({ type: "look", page: seen, script: script, address: page() && isNew ? location.href : "" });
  await Promise.all([paint(), mark(), count(), offerNews(registration), forget(registration)]);
};

const begin = async () => {
  const isOurs = performance.getEntriesByType("navigation")[0]?.workerStart;
  dress();
  draw([]); // That a page is the last one seen is said before anybody can have begun to tap.
  await register();
  await start();
  await look(!isOurs);
  // An answer brings a page of its own.
  new MutationObserver(() => look(true)).observe(document, { childList: true });
};

if (navigator.serviceWorker && self.indexedDB && navigator.locks && self.BroadcastChannel) begin();
