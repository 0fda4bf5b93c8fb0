// Pushes: each is shown, whatever it holds; its buttons answer, its body opens the page.
import { BADGE, ICON } from "./made.js";
import { post } from "./net.js";
import { alone, pageOf } from "./queue.js";
import { again, flush } from "./sending.js";
import { store } from "./store.js";
import { drop } from "./vault.js";

const SHAPE = 8030; // Declarative Web Push, RFC 8030 being push itself.
const PLAIN = { title: "You have a new message", navigate: "/inbox" };

const show = (title, options) =>
  registration.showNotification(title, { ...options, icon: ICON, badge: BADGE });

const receipt = (data, what) =>
  data?.receipt && post("/push/receipts/" + data.receipt, JSON.stringify({ what: what })).catch(() => {});

// What a push says, or plain words where it cannot be read.
const read = (event) => {
  try {
    const push = event.data.json();
    const said = push.notification;
    const isHere = new URL(said.navigate).origin == location.origin;
    if (push.web_push == SHAPE && said.title.trim() && isHere) return push;
  } catch {
    // Told in plain words below.
  }
  return { notification: PLAIN };
};

export const badge = (count) => {
  if (navigator.setAppBadge && count >= 0) return navigator.setAppBadge(+count).catch(() => {});
};

export const pushed = async (event) => {
  const push = read(event);
  const said = push.notification;
  const data = { ...said.data, navigate: said.navigate };
  const actions = (said.actions || []).filter((action) => data.answers?.[action.action]);
  const options = {
    ...said,
    navigate: undefined, // A browser that knows it would ask nobody about a press.
    renotify: !!said.tag,
    actions: actions.slice(0, Notification.maxActions || 0),
    data: data,
  };
  const shown = show(said.title, options).then(() => receipt(data, "shown"));
  await Promise.all([receipt(data, "delivered"), shown, badge(push.app_badge), flush(decided)]);
};

// What became of an answer that was given from a notification is told by one, in the place of the first. The link is
// taken from the one that is shown, or was pressed: it is kept nowhere else.
const report = async (record, word, pressed) => {
  if (!record.words) return;
  const standing = await registration.getNotifications({ tag: pageOf(record) });
  return show(record.words[word], {
    body: record.label,
    lang: record.lang,
    dir: record.dir,
    tag: pageOf(record),
    data: { ...(pressed || standing[0]?.data), answers: {} },
  });
};

// Told of each answer that the server has decided about.
export const decided = async (record, reply, pressed) => {
  await report(record, reply.ok ? "sent" : "failed", pressed);
  await drop(pageOf(record), reply);
};

export const sync = () => registration.sync?.register("answers").catch(() => {});

const give = async (answer, shown) => {
  const record = {
    id: answer.key,
    url: answer.url,
    body: JSON.stringify({ input: {}, revision: answer.revision }),
    label: answer.said,
    at: Date.now(),
    state: "waiting",
    tries: 0,
    next: 0,
    words: shown.data.words,
    lang: shown.lang,
    dir: shown.dir,
  };
  await alone(record.id, async () => {
    // Pressed twice, it is one answer.
    await store("queue", "add", record).catch(() => {});
    const told = (kept, reply) =>
      Promise.all([decided(kept, reply, shown.data), reply.ok && receipt(shown.data, "answered")]);
    const word = await again(record.id, told, record);
    if (word) await Promise.all([report(record, word, shown.data), sync()]);
  });
};

const open = async (place) => {
  const url = new URL(place, location.origin);
  const pages = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const same = pages.find((page) => new URL(page.url).pathname == url.pathname);
  same?.postMessage({ v: 1, type: "news" });
  return same ? same.focus() : clients.openWindow(url.href);
};

export const clicked = (event) => {
  const shown = event.notification;
  const answer = shown.data?.answers?.[event.action];
  if (answer) return give(answer, shown);
  shown.close();
  return Promise.all([open(shown.data?.navigate || PLAIN.navigate), receipt(shown.data, "clicked")]);
};

// Shown notifications of a page that is looked at have nothing more to say. Without a page all would be meant.
export const hush = async (page) => {
  const shown = page ? await registration.getNotifications({ tag: page }) : [];
  shown.forEach((one) => one.close());
};
