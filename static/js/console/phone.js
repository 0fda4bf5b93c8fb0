// A phone with a page in it: its scroll bar stays out of sight.

import { hideScrollBars } from "./preview.js";

export function start(phone) {
  hideScrollBars(phone.querySelector(".glass"));
}
