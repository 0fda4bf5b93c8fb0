// The vault: personal pages, only sealed. With "link" the key is derived from the page's own link, of which nothing but
// a hash is kept, so what is on the disk opens for nobody who does not have the link. With "device" it is a key that
// stays in this browser, so that the list of pages can open them again.
import { current } from "./shell.js";
import { store } from "./store.js";

const SLACK = 3e5; // Clocks are set by minutes now and then.
const PAGE_ID = 4; // /p/ and the key's id stand before the 11 characters of the page's id.

const bytes = (text) => new TextEncoder().encode(text);

const hash = async (text) => {
  const digest = await crypto.subtle.digest("SHA-256", bytes(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
};

const linkKey = async (place, salt) => {
  const secret = await crypto.subtle.importKey("raw", bytes(place), "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: salt, info: bytes("page") };
  return crypto.subtle.deriveKey(how, secret, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
};

const deviceKey = async () => {
  if (!(await store("things", "get", "key"))) {
    const fresh = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    await store("things", "add", fresh, "key").catch(() => {}); // Two pages at once: the first key stays.
  }
  return store("things", "get", "key");
};

const keyOf = (record, place) => (record.seal == "link" ? linkKey(place, record.salt) : deviceKey());

// How a record is sealed; what stands beside it in the clear cannot be changed unnoticed.
const cipher = (record) => ({
  name: "AES-GCM",
  iv: record.iv,
  additionalData: bytes([record.id, record.seal, record.until].join()),
});

const over = async (name, now) => {
  const records = await store(name, "getAll");
  return Promise.all(records.filter((record) => record.until <= now).map((record) => store(name, "delete", record.id)));
};

// Drops what is over, and every page when the clock was turned back: expiry could not be trusted any more.
export const sweep = async () => {
  const now = Date.now();
  const last = await store("things", "get", "clock");
  if (now < last - SLACK) await store("pages", "clear");
  if (!(now <= last && now >= last - SLACK)) await store("things", "put", now, "clock");
  await Promise.all([over("pages", now), over("queue", now)]);
};

// Does with a page's reply what its X-Keep says: "link" or "device" and until when; otherwise nothing stays.
export const note = async (place, reply) => {
  const id = await hash(place);
  const words = (reply.headers.get("X-Keep") || "").split(" ");
  const until = words[1] * 1e3; // Only what may be kept has one.
  if (reply.ok && until > Date.now()) {
    const record = {
      id: id,
      seal: words[0],
      until: until,
      page: await hash(place.slice(PAGE_ID, PAGE_ID + 11)),
      salt: crypto.getRandomValues(new Uint8Array(16)),
      iv: crypto.getRandomValues(new Uint8Array(12)),
    };
    const text = JSON.stringify({ html: await reply.text(), headers: [...reply.headers] });
    record.box = await crypto.subtle.encrypt(cipher(record), await keyOf(record, place), bytes(text));
    await sweep();
    await store("pages", "put", record);
  } else if (reply.status < 300 || reply.status == 404 || reply.status == 410) {
    await store("pages", "delete", id);
  }
};

// The page as it was last seen; nothing if it is not kept or does not open. It is painted with its script, which says so
// above the rest before anybody can have begun to tap.
export const recall = async (place) => {
  await sweep();
  const record = await store("pages", "get", await hash(place));
  if (!record) return;
  const plain = await crypto.subtle.decrypt(cipher(record), await keyOf(record, place), record.box);
  const page = JSON.parse(new TextDecoder().decode(plain));
  let script;
  const html = page.html.replace(/\/app\/\w+.js\?v=\w+/, (old) => (script = current(old)));
  const body = `<script type=module blocking=render src="${script}"></script><body data-kept="1"`;
  return new Response(html.replace("<body", body), { headers: page.headers.filter((pair) => !pair[0].match(/^content-[el]/)) });
};

// Drops what is kept of a page, known by its id, when an answer's reply says that nothing may stay.
export const drop = async (page, reply) => {
  const words = (reply.headers.get("X-Keep") || "").split(" ");
  if (words[0] != "purge" && words[0] != "none") return;
  const digest = await hash(page);
  const records = await store("pages", "getAll");
  return Promise.all(records.filter((record) => record.page == digest).map((record) => store("pages", "delete", record.id)));
};
