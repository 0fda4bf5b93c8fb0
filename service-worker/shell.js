// The shell: what every page needs and that is nobody's, one cache for each release.
import { BUILD, SHELL } from "./made.js";

const CACHE = "shell-" + BUILD;
const SCRIPT = "/app/";

export const isShell = (place) => place.startsWith(SCRIPT) || SHELL.includes(place);

// The same script as `place` names, of this release.
export const current = (place) => place.replace(/\?v=\w+/, "?v=" + BUILD);

// Fills this release's cache, with the pages' script in the languages that the last one held.
export const install = async () => {
  const names = await caches.keys();
  const held = await Promise.all(names.map((name) => caches.open(name).then((cache) => cache.keys())));
  const places = held.flat().map((request) => request.url.slice(location.origin.length));
  const scripts = places.filter((place) => place.startsWith(SCRIPT)).map(current);
  const cache = await caches.open(CACHE);
  await cache.addAll([...new Set([...SHELL, ...scripts])].map((place) => new Request(place, { cache: "reload" })));
};

// Deletes the shells of other releases.
export const clean = async () => {
  const names = await caches.keys();
  return Promise.all(names.filter((name) => name != CACHE).map((name) => caches.delete(name)));
};

// A file of the shell, from the cache where it is there.
export const serve = async (place) => {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(place, { ignoreVary: true });
  if (kept) return kept;
  const reply = await fetch(place);
  if (reply.ok && place == current(place)) await cache.put(place, reply.clone());
  return reply;
};
