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

function hidden([name, value]) {
  const input = document.createElement("input");
  input.type = "hidden";
  input.name = name;
  input.value = value;
  return input;
}

export function start(pane) {
  const form = document.getElementById(pane.dataset.form);
  const glass = pane.querySelector(".glass");
  const copy = document.createElement("form"); // Two panes may look at one form, which can go to one place at a time.
  const name = glass.querySelector("iframe").name; // There may be several panes on one screen.
  let count = 0;

  function show() {
    const old = [...glass.querySelectorAll("iframe")];
    // A fresh frame each time: posting into one that is already filled would add a step to the back button.
    const frame = old[0].cloneNode();
    frame.name = `${name}-${++count}`;
    frame.className = "coming";
    glass.append(frame);
    const mine = frame.name;
    frame.addEventListener("load", () => {
      if (mine !== `${name}-${count}`) return frame.remove();
      frame.className = "";
      old.forEach((one) => one.remove());
      glass.dataset.shown = String(count);
    });
    copy.target = frame.name;
    copy.replaceChildren(...[...new FormData(form)].filter(([, value]) => typeof value === "string").map(hidden));
    copy.submit();
  }

  copy.method = "post";
  copy.action = pane.dataset.address;
  copy.hidden = true;
  pane.append(copy);
  hideScrollBars(glass);
  const theme = pane.querySelector("[name=theme]");
  if (theme) theme.checked = matchMedia("(prefers-color-scheme: dark)").matches;
  form.addEventListener("input", settled(PAUSE, show));
  pane.addEventListener("change", show);
  show();
}
