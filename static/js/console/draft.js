// The form of a new page: says what it would send and whom the number belongs to, and goes out once.

import { getDocument, postForJson, settled } from "./net.js";
import { say, signs } from "./draft_words.js";

const PAUSE = 250;
const KEPT = ["phone", "name", "email", "language", "case_ref"];
const STORE = "draft.customer";

const field = (form, name) => form.elements.namedItem(name);

function keep(form) {
  const kept = Object.fromEntries(KEPT.map((name) => [name, field(form, name)?.value ?? ""]));
  sessionStorage.setItem(STORE, JSON.stringify(kept));
}

// What was said about the customer stays when another page type is chosen; what it is about does not.
function restore(form) {
  const kept = JSON.parse(sessionStorage.getItem(STORE) ?? "{}");
  sessionStorage.removeItem(STORE);
  for (const [name, value] of Object.entries(kept)) {
    const input = field(form, name);
    if (!input || !value || (input.value && name !== "language")) continue;
    input.value = value;
    if (input.closest("details")) input.closest("details").open = true;
  }
}

async function fillWithSample(form, link) {
  const other = (await getDocument(link.href)).getElementById(form.id);
  for (const input of form.querySelectorAll("[name^=fact_]")) input.value = field(other, input.name).value;
  form.querySelectorAll("fieldset details").forEach((more) => (more.open = true));
  form.dispatchEvent(new Event("input", { bubbles: true }));
}

function takeOver(form, customer) {
  if (!customer?.known || form.dataset.known === customer.number) return;
  form.dataset.known = customer.number;
  const name = field(form, "name");
  if (customer.name && (!name.value || name.dataset.filled)) {
    name.value = customer.name;
    name.dataset.filled = "yes";
  }
  const language = field(form, "language");
  if (customer.language && language && !form.dataset.spoken) language.value = customer.language;
}

export function start(form) {
  let asked = null;

  async function look() {
    asked?.abort();
    asked = new AbortController();
    const filled = new FormData(form);
    for (const [name, value] of [...filled]) if (value instanceof File) filled.delete(name);
    try {
      const told = await postForJson(form.dataset.look, filled, asked.signal);
      const known = form.dataset.known;
      takeOver(form, told.customer);
      say(document, form, told);
      if (form.dataset.known !== known) form.dispatchEvent(new Event("input", { bubbles: true }));
    } catch (error) {
      if (error.name !== "AbortError") signs(document, "phone", "", false);
    }
  }

  restore(form);
  form.addEventListener("input", settled(PAUSE, look));
  form.addEventListener("change", (event) => {
    if (event.target.name === "language") form.dataset.spoken = "yes";
    if (event.target.name === "name") delete event.target.dataset.filled;
  });
  // Enter in a field is a slip on a call: only Ctrl+Enter and the button send.
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && event.target.matches("input")) event.preventDefault();
  });
  form.addEventListener("click", (event) => {
    const sample = event.target.closest("[data-sample]");
    if (!sample) return;
    event.preventDefault();
    fillWithSample(form, sample);
  });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.formTarget) return; // The preview goes into its frame, as often as it likes.
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => delete form.dataset.sent);
  for (const link of document.querySelectorAll(".types .type")) link.addEventListener("click", () => keep(form));
  const held = document.activeElement ?? document.body;
  const first = form.querySelector("[aria-invalid]") ?? form.querySelector("[autofocus]");
  // Whoever has begun elsewhere stays there.
  if (held.matches("body, [autofocus]")) first?.focus();
  look();
}
