// The subscription for pushes, handed to the server whenever it may have changed.
import { PUSH_KEY } from "./made.js";
import { post } from "./net.js";

const decode = (key) =>
  Uint8Array.from(atob(key.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));

const create = () =>
  registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: decode(PUSH_KEY) });

const afresh = async () => {
  const old = await registration.pushManager.getSubscription();
  await old?.unsubscribe();
  return create();
};

// Subscribes, or takes the subscription there is, and hands it over with what else is asked: `page` to be told of its
// customer's pages, `about` to learn whether that is so. A subscription that is for another key, or belongs to another
// device by now, is given up for a fresh one. Gives what the server says.
export const subscribe = async (asked) => {
  const hand = (subscription) => post("/push/subscriptions", JSON.stringify({ ...asked, subscription: subscription }));
  const reply = await hand(await create().catch(afresh));
  return (reply.status == 409 ? await hand(await afresh()) : reply).json();
};
