// A page that is asked for: from the network, else as it was last seen, else the page that says one is offline.
import { isShell, serve } from "./shell.js";
import { note, recall } from "./vault.js";

const PATIENCE = 8e3;
const KEPT = "/inbox";
const OURS = ["/p/", "/inbox", "/verify", "/device", "/preferences"];

const offline = () => serve("/offline");

const last = (place) => recall(place).catch(() => null);

// Seals what comes, however late it comes. Of the inbox the form made for keeping is asked for.
const seal = async (place, reply) => {
  if (place != KEPT) return note(place, reply);
  if (reply.ok) return note(place, await fetch(KEPT + "?kept=1"));
};

const navigate = (event, place) => {
  const network = fetch(event.request);
  event.waitUntil(network.then((reply) => seal(place, reply.clone())).catch(() => {}));
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  // What is late and not kept is waited for: a slow line is no missing one.
  return Promise.race([network, late])
    .then(async (reply) => (!(reply?.status < 502) && (await last(place))) || reply || network)
    .catch(async () => (await last(place)) || offline());
};

// Whether the request is one of ours; answers it if so.
export const answer = (event) => {
  const url = new URL(event.request.url);
  if (event.request.method != "GET" || url.origin != location.origin) return;
  const place = url.pathname + url.search;
  if (event.request.mode != "navigate") return isShell(place) && event.respondWith(serve(place));
  if (url.pathname == KEPT || url.pathname.match(/^\/p\/\w+$/)) event.respondWith(navigate(event, url.pathname));
  else if (OURS.some((start) => url.pathname.startsWith(start))) event.respondWith(fetch(event.request).catch(offline));
};

// A page that was loaded before the worker was there, or that has changed since: fetched once more to be sealed.
export const look = async (address) => note(new URL(address).pathname, await fetch(address, { redirect: "manual" }));
