// How a type that is being composed is looked at: its stage, language and theme, at once when one of them is chosen.

import { hideScrollBars } from "./preview.js";

export function start(form) {
  const pane = form.closest(".pane");
  const frame = () => pane.querySelector("iframe:not(.coming)");

  function tell() {
    const language = form.elements.namedItem("language")?.value ?? "en";
    for (const one of pane.querySelectorAll("[data-part=texts] [data-language]")) one.hidden = one.dataset.language !== language;
  }

  function look() {
    const address = new URL(form.action);
    address.search = new URLSearchParams(new FormData(form));
    const fresh = frame().cloneNode();
    fresh.className = "coming";
    fresh.src = address.href;
    fresh.addEventListener("load", () => {
      pane.querySelectorAll("iframe").forEach((one) => one !== fresh && one.remove());
      fresh.className = "";
    });
    frame().after(fresh);
    tell();
  }

  hideScrollBars(pane.querySelector(".glass"));
  new MutationObserver(tell).observe(pane.querySelector(".sticky"), { childList: true });
  form.elements.namedItem("theme").checked = matchMedia("(prefers-color-scheme: dark)").matches;
  form.addEventListener("change", look);
  look();
}
