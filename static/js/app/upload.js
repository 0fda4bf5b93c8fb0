// Photos of a form: sent as soon as they are chosen, so that the answer goes at once. Without this script the form takes
// them with it as it is.
import { WORDS } from "./made.js";
import { add, isOpen, make, run, take, tell } from "./upload_items.js";
import { ask, at } from "./upload_parts.js";

let boxes = [];

const input = (form, name) => {
  const made = make("input", "");
  made.hidden = true;
  if (name) made.setAttribute("form", form);
  made.name = name;
  return made;
};

// What is whole already, from before a reload or with an answer that was refused. Of one that is not, nothing is left
// here; chosen again, it goes on where it was.
const restore = async (box, id, key) => {
  const said = await ask(at({ box: box, id: id }, "")).catch((error) => error);
  if (said.status == 404) delete sessionStorage[key];
  if (!["received", "ready"].includes(said.state) || box.items.some((item) => item.key == key)) return;
  add(box, 0, id, key);
};

// Takes over one field from the plain form.
const start = (list) => {
  const field = list.parentElement.querySelector("[type=file]");
  const box = { list: list, place: list.dataset.upload, most: +list.dataset.most, items: [], number: 0, press: 0 };
  box.start = "photo " + box.place.split("?")[0] + " ";
  box.form = field.form;
  box.value = input(field.getAttribute("form"), field.name);
  box.mark = input("", "");
  box.news = make("p", "");
  box.news.setAttribute("role", "status");
  box.add = make("button", "btn quiet", WORDS.add);
  box.add.type = "button";
  box.add.onclick = () => field.click();
  const about = field.getAttribute("aria-describedby");
  if (about) box.add.setAttribute("aria-describedby", about);
  list.tabIndex = -1;
  field.removeAttribute("name");
  field.hidden = true;
  field.after(box.add, box.news, box.value, box.mark);
  field.onchange = () => {
    take(box, [...field.files]);
    field.value = "";
  };
  boxes.push(box);
  const ids = [...list.querySelectorAll("input")].map((kept) => kept.value);
  list.replaceChildren();
  const keys = Object.keys(sessionStorage).filter((key) => key.startsWith(box.start));
  const known = keys.map((key) => sessionStorage[key]);
  ids.filter((id) => !known.includes(id)).forEach((id) => restore(box, id, box.start + id));
  keys.forEach((key) => restore(box, sessionStorage[key], key));
  take(box, [...field.files]);
  field.value = "";
  box.form.querySelectorAll("[data-after]").forEach((press) => (press.dataset.token = press.dataset.after));
};

const look = () => {
  boxes = boxes.filter((box) => box.list.isConnected);
  document.querySelectorAll("[data-upload]").forEach((list) => boxes.some((box) => box.list == list) || start(list));
};

// The answer waits until all photos are there.
addEventListener(
  "submit",
  (event) => {
    const press = event.submitter;
    const box = boxes.find((one) => one.form == event.target);
    if (!box || !press?.dataset.after) return;
    if (box.items.every((item) => item.state == "whole")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!box.items.some(isOpen)) return tell(box, WORDS.stuck);
    box.press = press;
    press.disabled = true;
    tell(box, WORDS.busy);
  },
  true,
);

addEventListener("online", () =>
  boxes.forEach((box) => box.items.filter((item) => item.state == "waits").forEach((item) => run(item))),
);

look();
// An answer brings a page of its own.
new MutationObserver(look).observe(document, { childList: true });
