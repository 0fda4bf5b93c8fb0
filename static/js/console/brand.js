// The form of a brand: says while it is filled in whether its colours can be read, which would do, and what hours read like.

import { postForJson, settled } from "./net.js";

const PAUSE = 200;

function put(element, text) {
  element.textContent = text;
  element.hidden = !text;
}

function judge(box, said) {
  const input = box.querySelector(".in");
  const offer = box.querySelector("[data-offer]");
  put(box.querySelector("[data-out=fault]"), said.fault);
  put(box.querySelector("[data-out=fine]"), said.fine);
  if (said.colour) box.querySelector("[type=color]").value = said.colour;
  offer.dataset.offer = said.offer;
  offer.hidden = !said.offer;
  offer.querySelector("[data-out=offer]").textContent = said.offer;
  input.toggleAttribute("aria-invalid", Boolean(said.fault));
  if (said.fault) input.setAttribute("aria-invalid", "true");
}

export function start(form) {
  const out = (name) => form.querySelector(`[data-out=${name}]`);
  let asked = null;

  async function look() {
    asked?.abort();
    asked = new AbortController();
    const filled = new FormData(form);
    filled.delete("logo");
    try {
      const told = await postForJson(form.dataset.look, filled, asked.signal);
      for (const box of form.querySelectorAll("[data-colour]")) judge(box, told[box.dataset.colour]);
      form.elements.namedItem("colour_dark").placeholder = told.proposed;
      out("hours-line").textContent = told.hours.line;
      out("hours").hidden = !told.hours.line;
      put(out("hours-fault"), told.hours.fault);
    } catch (error) {
      // Nothing is said then; saving says it.
    }
  }

  function choose(box, colour) {
    box.querySelector(".in").value = colour;
    box.querySelector(".in").dispatchEvent(new Event("input", { bubbles: true }));
  }

  for (const box of form.querySelectorAll("[data-colour]")) {
    const picker = box.querySelector("[type=color]");
    picker.hidden = false;
    picker.addEventListener("input", (event) => {
      event.stopPropagation();
      choose(box, picker.value);
    });
    box.querySelector("[data-offer]").addEventListener("click", (event) => choose(box, event.currentTarget.dataset.offer));
  }
  form.addEventListener("input", settled(PAUSE, look));
  look();
}
