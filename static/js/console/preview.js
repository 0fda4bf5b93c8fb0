// The phone beside the form: posts the form into a frame that stays behind the old one until it has loaded.

import { settled } from "./net.js";

const PAUSE = 250;

// Where scroll bars take room, the frame is that much wider and its bar lies behind the phone's edge.
export function hideScrollBars(glass) {
  const probe = document.createElement("div");
  probe.className = "probe";
  document.body.append(probe);
  glass.style.setProperty("--bar", `${probe.offsetWidth - probe.clientWidth}px`);
  probe.remove();
}

export function start(pane) {
  const form = document.getElementById(pane.dataset.form);
  const glass = pane.querySelector(".glass");
  const button = document.createElement("button");
  let count = 0;

  function show() {
    const old = [...glass.querySelectorAll("iframe")];
    // A fresh frame each time: posting into one that is already filled would add a step to the back button.
    const frame = old[0].cloneNode();
    frame.name = `preview-${++count}`;
    frame.className = "coming";
    glass.append(frame);
    const mine = frame.name;
    frame.addEventListener("load", () => {
      if (mine !== `preview-${count}`) return frame.remove();
      frame.className = "";
      old.forEach((one) => one.remove());
      glass.dataset.shown = String(count);
    });
    button.formTarget = frame.name;
    form.requestSubmit(button);
  }

  button.hidden = true;
  button.formAction = pane.dataset.address;
  form.append(button);
  hideScrollBars(glass);
  pane.querySelector("[name=theme]").checked = matchMedia("(prefers-color-scheme: dark)").matches;
  form.addEventListener("input", settled(PAUSE, show));
  pane.addEventListener("change", show);
  show();
}
