// How a type that is being composed is looked at: at once as it is kept, and in the stage, language and theme chosen.

import { hideScrollBars } from "./preview.js";

export const KEPT = "recipe:kept";

export function start(form) {
  const pane = form.closest(".pane");
  const glass = pane.querySelector(".glass");
  let count = 0;

  function tell() {
    const language = form.elements.namedItem("language")?.value ?? "en";
    for (const one of pane.querySelectorAll("[data-language]")) one.hidden = one.dataset.language !== language;
  }

  // A new frame loads behind the one that is shown; of several on their way the last one asked for is shown.
  function look() {
    const old = [...glass.querySelectorAll("iframe")];
    const mine = ++count;
    const fresh = old[0].cloneNode();
    fresh.className = "coming";
    fresh.src = `${form.action}?${new URLSearchParams(new FormData(form))}`;
    fresh.addEventListener("load", () => {
      if (mine !== count) return fresh.remove();
      fresh.className = "";
      old.forEach((one) => one.remove());
    });
    glass.append(fresh);
    tell();
  }

  hideScrollBars(glass);
  form.elements.namedItem("theme").checked = matchMedia("(prefers-color-scheme: dark)").matches;
  form.addEventListener("change", look);
  document.addEventListener(KEPT, look);
  look();
}
