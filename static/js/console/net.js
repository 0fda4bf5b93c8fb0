// Requests to our own server: posts carry the session's token; background looks say that nobody pressed anything.

const bearer = (screen) => screen.querySelector("meta[name=csrf-token]");
const token = () => bearer(document).content;

export class SignedOut extends Error {}

async function checked(answer) {
  if (answer.status === 401) throw new SignedOut();
  if (!answer.ok) throw Object.assign(new Error(`The server answered ${answer.status}.`), { status: answer.status });
  return answer;
}

// Takes over the token of whoever signed in anew since this screen was shown; tells whether there is another one.
export function takeToken(copy) {
  const fresh = bearer(copy)?.content ?? token();
  if (fresh === token()) return false;
  bearer(document).content = fresh;
  for (const field of document.querySelectorAll("[name=csrf_token]")) field.value = fresh;
  return true;
}

export async function postForJson(address, form, signal) {
  const headers = { Accept: "application/json", "X-CSRF-Token": token() };
  const answer = await fetch(address, { method: "POST", body: form, headers, signal });
  return (await checked(answer)).json();
}

export async function getJson(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json", "X-Background": "1" } });
  return (await checked(answer)).json();
}

export async function getDocument(address, { background = false } = {}) {
  const headers = background ? { "X-Background": "1" } : {};
  const answer = await checked(await fetch(address, { headers }));
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

// Runs `act` once calls have stopped coming for `pause` milliseconds.
export function settled(pause, act) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(act, pause);
  };
}
