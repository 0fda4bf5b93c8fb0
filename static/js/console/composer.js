// The form of a page type: saves itself while it is written, and asks the server for whatever changes its shape.

import { renamed } from "./carry.js";
import { holdChips } from "./chips.js";
import { replaceParts } from "./parts.js";
import { RIVAL, post, tellTrouble } from "./posting.js";
import { KEPT } from "./seen.js";
import { startAll } from "./start.js";

const PAUSE = 700;
const AGAIN = 4000;
const SHAPES = /^(add|remove|up|down|beside):/;

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

// The form as the server drew it anew: what stood open stays open, and whoever went on elsewhere stays there.
function takeForm(form, { copy, fresh }, done, pressed) {
  const here = document.activeElement;
  const goesOn = here !== pressed && form.contains(here) && renamed(here.id, done);
  for (const one of form.querySelectorAll(".piece details[open]")) {
    fresh.querySelector(`[id="${renamed(one.closest("[id]").id, done)}"] > details`)?.setAttribute("open", "");
  }
  form.replaceChildren(...document.adoptNode(fresh).childNodes);
  take(copy);
  startAll(form);
  const field = (goesOn && document.getElementById(goesOn)) || form.querySelector("[autofocus]");
  (field ?? document.getElementById(pressed?.id))?.focus();
  if (goesOn && here.selectionStart != null) field?.setSelectionRange(here.selectionStart, here.selectionEnd);
}

export function start(form) {
  const left = new Set();
  let queue = Promise.resolve(); // One after the other: each carries the revision that the one before came to.
  let waiting = 0;
  let timer = 0;
  let isSaved = true;
  let isStopped = false;
  let isShaping = false;

  const tell = (words) => (document.querySelector("[data-part=kept]").textContent = words);

  // Resolves to whether what was sent is kept; what could not be sent is tried `again`.
  function inTurn(act, again) {
    clearTimeout(timer);
    waiting += 1;
    const took = ({ status, isKept, late }) => {
      isStopped = status === RIVAL; // Somebody else has changed it: staff choose whose it shall be.
      isSaved = isKept && !late.length;
      if (late.length) tell("Saving…");
      return isKept;
    };
    const failed = (error) => {
      tell("Not saved yet");
      tellTrouble(error);
      clearTimeout(timer);
      timer = setTimeout(again, AGAIN);
    };
    queue = queue.then(act).then(took, failed).finally(() => (waiting -= 1));
    return queue;
  }

  function save(more = {}) {
    return inTurn(async () => {
      const told = await post(form, { do: "save", ...more });
      if (more.quiet) tellLeft(form, told.copy, left);
      take(told.copy, Boolean(more.told));
      return told;
    }, save);
  }

  async function reshape(done, pressed) {
    if (isShaping) return;
    isShaping = true; // Until it is back, the numbers of the blocks may be about to change.
    form.setAttribute("aria-busy", "true");
    let late = [];
    await inTurn(
      async () => {
        const told = await post(form, { do: done });
        ({ late } = told);
        takeForm(form, told, done, pressed);
        return told;
      },
      () => reshape("save", pressed),
    );
    isShaping = false;
    form.removeAttribute("aria-busy");
    if (late.some((field) => field.matches("[data-shapes]"))) reshape("save", document.activeElement);
  }

  function note() {
    isSaved = false;
    if (isStopped) return;
    clearTimeout(timer);
    tell("Saving…");
    timer = setTimeout(save, PAUSE);
  }

  form.addEventListener("input", ({ target }) => target.name && note());
  form.addEventListener("change", ({ target }) => {
    if (!target.name) return;
    left.add(target.name);
    if (target.matches("[data-shapes]")) reshape("save", target);
    else if (!isStopped) save({ quiet: "on", ...(isToldAll() && { told: "on" }) }); // What is mended leaves the list.
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input")) event.preventDefault();
  });
  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    const press = () => form.requestSubmit([...form.elements].find((one) => one.isEqualNode(button)));
    if (SHAPES.test(button?.value ?? "")) {
      event.preventDefault();
      reshape(button.value, button);
    } else if (!isStopped && (waiting || !isSaved)) {
      // Beside a save that is under way it would be taken for somebody else's change, and refused it would take away
      // what is not kept yet.
      event.preventDefault();
      save().then((isKept) => isKept && press());
    } else {
      clearTimeout(timer);
      isStopped = true;
    }
  });
  window.addEventListener("pageshow", () => (isStopped = false));
  holdChips(form);
}
