// Sends the form of a page type as it stands, and says what keeps it from being taken.

import { carry, noted } from "./carry.js";
import { SignedOut, takeToken } from "./net.js";

export const RIVAL = 409; // Somebody else has changed it.
const KEEPALIVE_BYTES = 60_000; // What browsers let a request carry that outlives its page.
// A key is not taken from a name while it is being written.
const NAMES = /^facts\.\d+\.label$|\.button\.en$|\.ask\.label\.en$|\.options\.\d+\.words\.en$/;

class Refused extends Error {}

function filled(form, more) {
  const all = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
  const field = document.activeElement;
  if (form.contains(field) && NAMES.test(field.name ?? "")) all.set("writing", field.name);
  for (const [name, value] of Object.entries(more)) all.set(name, value);
  return all.toString();
}

// Resolves to the screen that comes back; what was written meanwhile is in its form already.
export async function post(form, more) {
  const before = noted(form);
  const body = filled(form, more);
  const headers = { "Content-Type": "application/x-www-form-urlencoded", Accept: "text/html" };
  const answer = await fetch(form.action, { method: "POST", body, headers, keepalive: body.length < KEEPALIVE_BYTES });
  if (answer.status === 401) throw new SignedOut();
  const copy = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (answer.status === 403 && takeToken(copy)) return post(form, more);
  const fresh = copy.getElementById(form.id);
  if (!fresh) throw new Refused(copy.querySelector("[data-told]")?.textContent ?? `The server answered ${answer.status}.`);
  return { status: answer.status, isKept: answer.ok, copy, fresh, late: carry(before, fresh, more.do) };
}

function why(error) {
  if (error instanceof SignedOut) return "You are signed out, so this is not saved yet. Sign in in another tab, and it goes on here.";
  return error instanceof Refused ? error.message : "There is no connection, so this is not saved yet. It is tried again by itself.";
}

// Stays in sight until something is kept again; the same is not said twice.
export function tellTrouble(error) {
  const words = why(error);
  const place = document.querySelector("[data-part=refusal]");
  if (place.textContent.trim() === words) return;
  const note = document.getElementById("trouble").content.cloneNode(true);
  note.querySelector("p").textContent = words;
  place.replaceChildren(note);
}
