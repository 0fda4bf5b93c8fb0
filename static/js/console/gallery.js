// While page types are being written, what is saved is shown at once: the screen is loaded anew when files have changed.

import { getJson, SignedOut } from "./net.js";

const EVERY = 1000;

export function start(root) {
  const look = async () => {
    if (document.hidden) return;
    try {
      const { signature } = await getJson("/console/types/signature");
      if (signature !== root.dataset.signature) location.reload();
    } catch (error) {
      if (error instanceof SignedOut) clearInterval(timer);
    }
  };
  const timer = setInterval(look, EVERY);
}
