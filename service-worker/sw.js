// The service worker: what happens leads to who deals with it, and nothing else. Answers that pages post pass it by.
import { answer, look } from "./pages.js";
import { badge, clicked, decided, hush, pushed, sync } from "./push.js";
import { flush } from "./sending.js";
import { clean, install, serve } from "./shell.js";
import { subscribe } from "./subscription.js";
import { sweep } from "./vault.js";

const send = async () => {
  // Thrown, so that the browser tries once more by itself.
  if (await flush(decided)) throw new Error("waiting");
};

const messages = {
  skip: () => skipWaiting(),
  flush: () => flush(decided).then((waits) => waits && sync()),
  // A page that was loaded while the worker began is not its own yet.
  look: (said) =>
    Promise.all([
      clients.claim(),
      said.script && serve(said.script),
      said.address && look(said.address),
      hush(said.page),
    ]),
  badge: (said) => badge(said.count),
  tell: (said, port) =>
    subscribe(said.asked)
      .catch(() => {})
      .then((reply) => port.postMessage({ ...reply, v: 1, type: "told" })),
};

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(Promise.all([clean(), sweep()]).then(() => clients.claim())));
addEventListener("fetch", answer);
addEventListener("sync", (event) => event.waitUntil(send()));
addEventListener("push", (event) => event.waitUntil(pushed(event)));
addEventListener("notificationclick", (event) => event.waitUntil(clicked(event)));
addEventListener("pushsubscriptionchange", (event) => event.waitUntil(subscribe()));
addEventListener("message", (event) => {
  const said = event.data;
  if (said?.v == 1 && messages[said.type]) event.waitUntil(messages[said.type](said, event.ports[0]));
});
