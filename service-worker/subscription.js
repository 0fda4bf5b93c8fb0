// The subscription for pushes, handed to the server whenever it may have changed.
import { post } from "./net.js";

const decode = (key) =>
  Uint8Array.from(atob(key.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));

const create = (manager, key) => manager.subscribe({ userVisibleOnly: true, applicationServerKey: decode(key) });

// Hands the subscription over, together with the page that asked for it if one did.
const hand = (subscription, page) =>
  post("/push/subscriptions", JSON.stringify({ subscription: subscription, page: page }));

// Subscribes, or takes the subscription there is, and hands it over. One that is for another key, or belongs to another
// device by now, is given up for a fresh one. Says whether the server took it.
export const subscribe = async (manager, key, page) => {
  const afresh = async () => {
    const old = await manager.getSubscription();
    await old?.unsubscribe();
    return create(manager, key);
  };
  const reply = await hand(await create(manager, key).catch(afresh), page);
  return reply.status == 409 ? (await hand(await afresh(), page)).ok : reply.ok;
};
