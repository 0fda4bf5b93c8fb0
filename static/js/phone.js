// The development handset: starts the behaviours that the page names with data-module.

import { live } from "./phone-live.js";
import { reply } from "./phone-reply.js";

const modules = { live, reply };

for (const element of document.querySelectorAll("[data-module]")) {
  modules[element.dataset.module]?.(element);
}
