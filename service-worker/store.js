// What a phone keeps, in one IndexedDB: sealed pages, answers on their way, and what the worker has to know of itself.
// The worker and the pages use it alike.
const STORES = ["pages", "queue", "things"];
let opening;

const connect = () =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open("selfservice", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("pages", { keyPath: "id" });
      request.result.createObjectStore("queue", { keyPath: "id" });
      request.result.createObjectStore("things");
    };
    request.onsuccess = () => {
      request.result.onclose = () => (opening = null);
      request.result.onversionchange = () => {
        request.result.close();
        opening = null;
      };
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  });

// One step of one store, on the disk when it resolves: store("queue", "put", record).
export const store = async (name, method, ...values) => {
  opening ??= connect();
  const base = await opening.catch((error) => {
    opening = null;
    throw error;
  });
  return new Promise((resolve, reject) => {
    const mode = method.startsWith("get") ? "readonly" : "readwrite";
    const step = base.transaction(name, mode, { durability: "strict" });
    const request = step.objectStore(name)[method](...values);
    step.oncomplete = () => resolve(request.result);
    step.onabort = () => reject(step.error);
  });
};

// Nothing of anybody is left: pages, answers, keys.
export const wipe = () => Promise.all(STORES.map((name) => store(name, "clear")));
