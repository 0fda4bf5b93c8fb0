// This device: how many of its pages wait, and forgetting it.
import { wipe } from "../../../service-worker/store.js";
import { pageOf } from "../../../service-worker/queue.js";
import { waiting } from "./answers.js";
import { WORDS } from "./made.js";
import { make, noteOf, put } from "./notes.js";

const ERASED_WITHIN = 5e3;

// The number on the app's icon: as the list of pages says it, or asked for where it is seen.
export const count = async () => {
  if (!navigator.setAppBadge) return;
  const said = document.body.dataset.open;
  if (said == null && !matchMedia("(display-mode: standalone)").matches) return;
  const open = said ?? (await (await fetch("/inbox/count")).json()).open;
  await navigator.setAppBadge(+open);
};

// Says in the list which pages have an answer that is still on this phone.
export const mark = async () => {
  const records = await waiting();
  records.map(pageOf).forEach((id) => {
    document.querySelector(`[data-of="${id}"] small`)?.replaceChildren(make("b", "", WORDS.unsent));
  });
};

const erase = async (registration) => {
  const subscription = await registration.pushManager?.getSubscription();
  await subscription?.unsubscribe();
  const names = await caches.keys();
  await Promise.all([wipe(), ...names.map((name) => caches.delete(name))]);
  await registration.unregister();
};

// What this phone keeps goes before the server forgets the device.
export const forget = async (registration) => {
  const form = document.querySelector("form[data-forget]");
  if (!form) return;
  if ((await waiting()).length) put(noteOf("", "alert", "", WORDS.forget_unsent));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const late = new Promise((resolve) => setTimeout(resolve, ERASED_WITHIN));
    Promise.race([erase(registration).catch(() => {}), late]).then(() => form.submit());
  });
};
