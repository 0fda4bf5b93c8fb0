// What somebody writes while a fresh copy of their form is on its way goes over into the copy, wherever its field is by
// then.

const isTicked = (field) => field.matches("[type=checkbox], [type=radio]");
const state = (field) => (isTicked(field) ? field.checked : field.value);

const swapped = (own, upper) => (own === upper ? upper + 1 : own === upper + 1 ? upper : own);
const NUMBERS = {
  remove: (own, gone) => (own === gone ? NaN : own > gone ? own - 1 : own),
  up: (own, moved) => swapped(own, moved - 1),
  down: swapped,
};

// What a field or a block is called once `done` has moved or removed a block of its list; empty if it went with that.
export function renamed(name, done) {
  const [, what, list, number] = /^(remove|up|down):(.+)\.(\d+)$/.exec(done) ?? [];
  if (!what || !name.startsWith(`${list}.`)) return name;
  const [own, ...rest] = name.slice(list.length + 1).split(".");
  const now = NUMBERS[what](Number(own), Number(number));
  return Number.isNaN(now) ? "" : [list, now, ...rest].join(".");
}

export function noted(form) {
  return new Map([...form.elements].filter((field) => field.name).map((field) => [field, state(field)]));
}

// A text whose field is not shown any more goes along unseen.
function twinOf(field, name, fresh) {
  const isTwin = (one) => one.name === name && (one.type !== "radio" || one.value === field.value);
  const found = [...fresh.elements].find(isTwin);
  if (found || isTicked(field)) return found;
  const unseen = fresh.ownerDocument.createElement("input");
  unseen.type = "hidden";
  unseen.name = name;
  return fresh.appendChild(unseen);
}

// Returns the fields of the copy that say what was written since `before` was noted.
export function carry(before, fresh, done) {
  const late = [];
  for (const [field, was] of before) {
    const name = renamed(field.name, done);
    const twin = name && state(field) !== was && twinOf(field, name, fresh);
    if (!twin) continue;
    twin[isTicked(twin) ? "checked" : "value"] = state(field);
    late.push(twin);
  }
  return late;
}
