// The page's side of the service worker: registering it, talking to it, and changing to a newer one when asked to.
import { WORDS } from "./made.js";
import { button, noteOf } from "./notes.js";

const container = navigator.serviceWorker;
const SETTLED = 1e3; // A worker that takes over by itself is no longer waiting by then.
let isWanted;

const hasController = () => !!container?.controller;

export const say = async (message, ports = []) => {
  const registration = await container.ready;
  registration.active?.postMessage({ v: 1, ...message }, ports);
};

// What the worker answers to a message.
export const ask = (message) =>
  new Promise((resolve) => {
    const line = new MessageChannel();
    line.port1.onmessage = (event) => event.data?.v == 1 && resolve(event.data);
    say(message, [line.port2]);
  });

const toast = (work) => {
  if (document.querySelector(".toast")) return;
  document.body.append(noteOf("toast", "swap", "", WORDS.update, button("ask", "update_button", work)));
};

const offer = (registration) => {
  if (!registration.waiting || !hasController()) return;
  toast(() => {
    isWanted = true;
    if (registration.waiting) registration.waiting.postMessage({ v: 1, type: "skip" });
    else location.reload();
  });
};

const isFilled = (field) => field.value != field.defaultValue || field.checked != field.defaultChecked;

// Shows the page as it is now; somebody who has filled something in, which would be lost, is asked first.
export const renew = () => {
  const reload = () => location.reload();
  if ([...document.querySelectorAll("input,textarea")].some(isFilled)) toast(reload);
  else reload();
};

export const register = async () => {
  container.addEventListener("controllerchange", () => {
    // It also changes when the worker is taken away; and one reload is enough.
    if (isWanted && container.controller) location.reload();
    isWanted = false;
  });
  container.addEventListener("message", (event) => {
    if (event.data?.v == 1 && event.data.type == "news") renew();
  });
  const registration = await container.register("/sw.js", { updateViaCache: "none" });
  registration.addEventListener("updatefound", () => {
    const fresh = registration.installing;
    fresh.addEventListener("statechange", () => setTimeout(() => offer(registration), SETTLED));
  });
  offer(registration);
};
