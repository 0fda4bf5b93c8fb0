// The subscription for pushes, handed to the server whenever it may have changed.
import { post } from "./net.js";

const decode = (key) =>
  Uint8Array.from(atob(key.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));

const isFor = (subscription, key) => {
  const own = subscription.options.applicationServerKey;
  return !own || String(new Uint8Array(own)) == String(decode(key));
};

const create = (manager, key) => manager.subscribe({ userVisibleOnly: true, applicationServerKey: decode(key) });

// Hands the subscription over, together with the page that asked for it if one did.
const hand = (subscription, page) =>
  post("/push/subscriptions", JSON.stringify({ subscription: subscription, page: page }));

// Subscribes, or takes the subscription there is, and hands it over. One that belongs to another device by now, or that
// is for another key, is given up for a fresh one. Says whether the server took it.
export const subscribe = async (manager, key, page) => {
  const kept = await manager.getSubscription();
  if (kept && !isFor(kept, key)) await kept.unsubscribe();
  const subscription = await create(manager, key);
  const reply = await hand(subscription, page);
  if (reply.status != 409) return reply.ok;
  await subscription.unsubscribe();
  const second = await hand(await create(manager, key), page);
  return second.ok;
};
