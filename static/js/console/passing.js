// A note about what was just done: a reload does not tell it again.

export function start() {
  history.replaceState(null, "", location.pathname);
}
