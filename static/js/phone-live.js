// New texts appear by themselves: asks for this very page each second, and takes over what is new in it.

const EVERY_MS = 1000;
const AFTER_FAILURE_MS = 4000;
const NEAR_THE_END_PX = 60;

let tag = "";
let timer = 0;

export function live(desk) {
  scrollToEnd(desk);
  schedule(desk, 0);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) schedule(desk, 0);
  });
  document.addEventListener("phone:sent", () => schedule(desk, 0));
}

function schedule(desk, wait) {
  clearTimeout(timer);
  timer = setTimeout(() => look(desk), wait);
}

async function look(desk) {
  if (document.hidden) return; // Seen again, it looks at once.
  let wait = EVERY_MS;
  try {
    const response = await fetch(location.pathname, {
      cache: "no-store",
      headers: tag ? { "If-None-Match": tag } : {},
    });
    if (response.status === 200) {
      take(desk, new DOMParser().parseFromString(await response.text(), "text/html"));
      tag = response.headers.get("ETag") ?? "";
    } else if (response.status !== 304) {
      wait = AFTER_FAILURE_MS;
    }
  } catch {
    wait = AFTER_FAILURE_MS; // The server restarts; the page goes on when it is back.
  }
  schedule(desk, wait);
}

function take(desk, fresh) {
  for (const name of ["count", "inboxes"]) {
    const here = part(desk, name);
    const there = part(fresh, name);
    if (here && there && !here.isEqualNode(there)) replace(here, there);
  }
  const here = part(desk, "texts");
  const there = part(fresh, "texts");
  if (here && there) append(here, there);
}

// The list is redrawn: what something came to last moves up. A keyboard's place in it is kept.
function replace(here, there) {
  const focused = here.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  here.replaceChildren(...there.childNodes);
  if (focused) [...here.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus();
}

// Texts are only ever added, so that a screen reader hears the new ones alone.
function append(here, there) {
  const scroller = here.parentElement;
  const follows = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_THE_END_PX;
  let added = false;
  for (const text of there.children) {
    if (document.getElementById(text.id)) continue;
    text.classList.add("arrived");
    here.append(document.importNode(text, true));
    added = true;
  }
  if (added && follows) scroller.scrollTop = scroller.scrollHeight;
}

function scrollToEnd(desk) {
  const scroller = part(desk, "texts")?.parentElement;
  if (scroller) scroller.scrollTop = scroller.scrollHeight;
}

function part(root, name) {
  return root.querySelector(`[data-live="${name}"]`);
}
