// Puts the parts of a fresh copy of this screen (data-part="...") in the place of the old ones, and marks what is new.

import { startAll } from "./start.js";

const rows = (part) => new Map([...part.querySelectorAll("[data-row]")].map((row) => [row.dataset.row, row.dataset.state]));

// Nothing is taken from under somebody's hands: a part in use stays until the next time.
const isInUse = (part) => part.querySelector("details[open]") !== null || part.contains(document.activeElement);

function replace(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  const before = rows(old);
  for (const row of fresh.querySelectorAll("[data-row]")) {
    if (before.get(row.dataset.row) !== row.dataset.state) row.classList.add("fresh");
  }
  old.replaceWith(fresh);
  startAll(fresh);
}

function renewFrame(frame) {
  const fresh = frame.cloneNode();
  fresh.className = "coming";
  fresh.addEventListener("load", () => {
    fresh.className = "";
    frame.remove();
  });
  frame.after(fresh);
}

export function replaceParts(copy) {
  for (const fresh of copy.querySelectorAll("[data-part]")) {
    const old = document.querySelector(`[data-part="${fresh.dataset.part}"]`);
    if (old && !isInUse(old)) replace(old, document.adoptNode(fresh));
  }
  document.querySelectorAll("iframe[data-live]:not(.coming)").forEach(renewFrame);
}
