// Keeps a screen fresh: listens for what happens, asks for the screen again and puts its new parts in place.
// Without a stream (too many, or a proxy in the way) it asks every few seconds instead.

import { SignedOut, getDocument, getJson } from "./net.js";
import { replaceParts } from "./parts.js";

const LOOK_EVERY = 5000;
const A_MOMENT = 500;
const TRY_AGAIN = 60000;
const NOT_MORE_OFTEN = 400;
const TAB = "live.tab";

// The server keeps one stream for a tab, so screens left behind do not use its streams up.
function tab() {
  const known = sessionStorage.getItem(TAB) ?? String(Math.random()).slice(2);
  sessionStorage.setItem(TAB, known);
  return known;
}

export function start(pill) {
  const { address, head, page = "", refresh = location.href } = pill.dataset;
  let cursor = pill.dataset.since;
  let source = null;
  let looking = 0;
  let busy = false;
  let again = false;

  function tell(words, tone) {
    pill.hidden = false;
    pill.className = `pill live ${tone}`;
    pill.querySelector("span").textContent = words;
  }

  function stop() {
    source?.close();
    source = null;
    clearInterval(looking);
    looking = 0;
  }

  async function renew() {
    again = busy;
    if (busy) return;
    busy = true;
    let pause = NOT_MORE_OFTEN;
    try {
      replaceParts(await getDocument(refresh, { background: true }));
    } catch (error) {
      if (error instanceof SignedOut) signedOut();
      // What happened is told once: the screen stays behind until it is asked for again.
      else if (!(error.status < 500)) {
        again = true;
        pause = LOOK_EVERY;
      }
    }
    setTimeout(() => {
      busy = false;
      if (again) renew();
    }, pause);
  }

  function signedOut() {
    stop();
    tell("Signed out", "bad");
  }

  async function look() {
    try {
      const told = await getJson(head);
      if (told.cursor !== cursor) renew();
      cursor = told.cursor;
    } catch (error) {
      if (error instanceof SignedOut) signedOut();
    }
  }

  function lookByItself() {
    stop();
    tell("Looks every 5 seconds", "");
    looking = setInterval(look, LOOK_EVERY);
    setTimeout(() => looking && listen(), TRY_AGAIN);
    look();
  }

  function listen() {
    stop();
    source = new EventSource(`${address}?${new URLSearchParams({ tab: tab(), page, since: cursor })}`);
    source.addEventListener("open", () => tell("Live", "ok"));
    source.addEventListener("happened", (event) => {
      cursor = event.lastEventId;
      renew();
    });
    source.addEventListener("reload", renew);
    source.addEventListener("ended", signedOut);
    source.addEventListener("moved", () => {
      sessionStorage.removeItem(TAB);
      listen();
    });
    source.addEventListener("error", () => {
      if (source?.readyState !== EventSource.CLOSED) return tell("Connecting", "");
      // Leaving the screen closes the stream too; then this never comes to pass.
      setTimeout(() => source?.readyState === EventSource.CLOSED && lookByItself(), A_MOMENT);
    });
  }

  // A hidden tab gives its stream back: browsers allow only six to a server, and the server has not many more.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) stop();
    else if (!source && !looking) listen();
  });
  window.addEventListener("pagehide", stop);
  if (!document.hidden) listen();
}
