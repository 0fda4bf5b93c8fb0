// The form of a page type: saves itself while it is written, and asks the server for whatever changes its shape.

import { holdChips } from "./chips.js";
import { SignedOut } from "./net.js";
import { replaceParts } from "./parts.js";
import { KEPT } from "./seen.js";
import { startAll } from "./start.js";

const PAUSE = 700;
const AGAIN = 4000;
const KEEPALIVE_BYTES = 60_000; // What browsers let a request carry that outlives its page.
const SHAPES = /^(add|remove|up|down|beside):/;
// A key is not taken from a name while it is being written.
const NAMES = /^facts\.\d+\.label$|\.button\.en$|\.ask\.label\.en$|\.options\.\d+\.words\.en$/;

function filled(form, more) {
  const all = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
  const field = document.activeElement;
  if (form.contains(field) && NAMES.test(field.name ?? "")) all.set("writing", field.name);
  for (const [name, value] of Object.entries(more)) all.set(name, value);
  return all.toString();
}

async function post(form, more) {
  const body = filled(form, more);
  const headers = { "Content-Type": "application/x-www-form-urlencoded", Accept: "text/html" };
  const answer = await fetch(form.action, { method: "POST", body, headers, keepalive: body.length < KEEPALIVE_BYTES });
  if (answer.status === 401) throw new SignedOut();
  if (answer.status >= 500) throw new Error(`The server answered ${answer.status}.`);
  return { isKept: answer.ok, copy: new DOMParser().parseFromString(await answer.text(), "text/html") };
}

// What is wrong with a field that somebody has been to and left is said quietly below it.
function tellLeft(form, copy, left) {
  for (const slot of form.querySelectorAll("[data-slot]")) {
    const fresh = left.has(slot.dataset.slot) && copy.querySelector(`[data-slot="${slot.dataset.slot}"]`);
    if (!fresh) continue;
    slot.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
    slot.classList.add("quiet");
    if (!slot.childElementCount) document.getElementById(slot.dataset.slot)?.removeAttribute("aria-invalid");
  }
}

function isToldAll() {
  return Boolean(document.querySelector("[data-part=mend]")?.childElementCount);
}

function take(copy, isAsked = false) {
  const mend = copy.querySelector("[data-part=mend]");
  if (!isAsked && !mend?.childElementCount) mend?.remove(); // What was told stays until it is asked again.
  replaceParts(copy);
  document.dispatchEvent(new Event(KEPT));
}

// The form as the server drew it anew; what stood open stays open, unless its number now means another block.
function takeForm(form, copy, keepsNumbers) {
  const fresh = document.adoptNode(copy.getElementById(form.id));
  const open = [...form.querySelectorAll(".piece details[open]")].map((one) => one.closest("[id]").id);
  for (const id of keepsNumbers ? open : []) fresh.querySelector(`[id="${id}"] > details`)?.setAttribute("open", "");
  form.replaceChildren(...fresh.childNodes);
  take(copy);
  startAll(form);
}

export function start(form) {
  const left = new Set();
  let queue = Promise.resolve(); // One after the other: each carries the revision that the one before came to.
  let waiting = 0;
  let timer = 0;
  let isStopped = false;
  let isShaping = false;

  const tell = (words) => (document.querySelector("[data-part=kept]").textContent = words);

  function inTurn(act) {
    clearTimeout(timer);
    waiting += 1;
    queue = queue.then(act).catch(fail).finally(() => (waiting -= 1));
    return queue;
  }

  function fail(error) {
    if (error instanceof SignedOut) return tell("Not saved: you are signed out. Sign in in another tab.");
    tell("Not saved yet: there is no connection.");
    timer = setTimeout(save, AGAIN);
  }

  function save(more = {}) {
    return inTurn(async () => {
      if (isStopped) return;
      const { isKept, copy } = await post(form, { do: "save", ...more });
      isStopped = !isKept; // Somebody else has changed it: staff choose whose it shall be.
      if (more.quiet) tellLeft(form, copy, left);
      take(copy, Boolean(more.told));
    });
  }

  function reshape(wanted, focus = "") {
    if (isShaping) return;
    isShaping = true; // Until it is back, the numbers of the blocks may be about to change.
    form.setAttribute("aria-busy", "true");
    inTurn(async () => {
      const { isKept, copy } = await post(form, { do: wanted });
      isStopped = !isKept;
      takeForm(form, copy, !/^(remove|up|down):/.test(wanted));
      const field = form.querySelector("[autofocus]") ?? document.getElementById(focus);
      field?.focus();
    }).finally(() => {
      isShaping = false;
      form.removeAttribute("aria-busy");
    });
  }

  form.addEventListener("input", (event) => {
    if (!event.target.name) return;
    clearTimeout(timer);
    tell("Saving…");
    timer = setTimeout(save, PAUSE);
  });
  form.addEventListener("change", ({ target }) => {
    if (!target.name) return;
    left.add(target.name);
    if (target.matches("[data-shapes]")) reshape("save", target.id);
    else save({ quiet: "on", ...(isToldAll() && { told: "on" }) }); // What is mended leaves the list.
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input")) event.preventDefault();
  });
  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (SHAPES.test(button?.value ?? "")) {
      event.preventDefault();
      reshape(button.value);
    } else if (waiting) {
      // Sent beside a save that is under way, it would be taken for somebody else's change.
      event.preventDefault();
      queue.then(() => form.requestSubmit(button));
    } else {
      clearTimeout(timer);
      isStopped = true;
    }
  });
  window.addEventListener("pageshow", () => (isStopped = false));
  holdChips(form);
}
