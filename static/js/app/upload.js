// Photos of a form: sent in parts as soon as they are chosen, going on where they stopped. Without this script the form
// takes them with it as it is.
import { WORDS } from "./made.js";

const FIRST_PAUSE = 2e3;
const LONGEST_PAUSE = 6e4;
const WHY = {
  too_large: "upload_too_large",
  pdf: "upload_pdf",
  empty: "upload_not_photo",
  unknown_kind: "upload_not_photo",
  too_many: "upload_too_many",
  too_many_pixels: "upload_too_many_pixels",
  broken: "upload_unreadable",
  too_hard: "upload_unreadable",
  lost: "upload_unreadable",
};
const pictures = {};
let boxes = [];

const make = (tag, look, ...parts) => {
  const made = document.createElement(tag);
  made.className = look;
  made.append(...parts);
  return made;
};

const ask = async (address, options) => {
  const reply = await fetch(address, { headers: { Accept: "application/json" }, cache: "no-store", ...options });
  const said = reply.status == 204 ? {} : await reply.json();
  if (reply.ok) return said;
  throw { status: reply.status, code: said.code };
};

const sleep = (time) => new Promise((resolve) => setTimeout(resolve, time));

// Where one upload is; what is behind the question mark says for which answer.
const at = (item, more) => item.box.place.replace("?", "/" + item.id + "?") + more;

const isOpen = (item) => ["coming", "waits"].includes(item.state);

const tell = (box, text) => (box.news.textContent = text);

const button = (word, name, work) => {
  const made = make("button", "", WORDS[word]);
  made.type = "button";
  made.setAttribute("aria-label", WORDS[word] + ": " + name);
  made.onclick = work;
  return made;
};

const draw = (item) => {
  const percent = Math.floor(100 * item.offset * item.size ** -1);
  const words = { coming: WORDS.coming + " " + percent + "%", waits: WORDS.waits, whole: WORDS.up };
  item.note.textContent = words[item.state] || WORDS[item.word];
  item.note.className = words[item.state] ? "" : "wrong";
  item.bar.hidden = !isOpen(item);
  item.bar.max = item.size;
  item.bar.value = item.offset;
  item.again.hidden = item.state != "failed";
};

const count = (box) => {
  const sent = box.items.filter((item) => item.state == "whole");
  box.value.value = sent.map((item) => item.id).join();
  // Somebody who has chosen photos is asked before the page is renewed: see worker.js.
  box.mark.value = box.items.length ? "1" : "";
  box.add.hidden = box.items.filter((item) => item.state != "refused").length >= box.most;
  box.add.textContent = box.items.length ? WORDS.more : WORDS.add;
  const waits = box.press;
  if (!waits || box.items.some(isOpen)) return;
  box.press = 0;
  waits.disabled = false;
  if (box.items.every((item) => item.state == "whole")) return waits.click();
  tell(box, WORDS.stuck);
};

const turn = (item, state, word) => {
  item.state = state;
  item.word = word;
  draw(item);
  if (!isOpen(item) || state == "waits") tell(item.box, item.name + ": " + item.note.textContent);
  count(item.box);
};

const refuse = (item, code) => {
  delete sessionStorage[item.key];
  item.id = "";
  turn(item, WHY[code] ? "refused" : "failed", WHY[code] || "failed");
};

const knows = async (item) => {
  item.id = item.id || sessionStorage[item.key];
  if (!item.id) return;
  return ask(at(item, "")).catch((error) => {
    if (error.status != 404) throw error;
    delete sessionStorage[item.key];
    item.id = "";
  });
};

const begin = (item) =>
  ask(item.box.place, {
    method: "POST",
    headers: { Accept: "application/json", "Content-Type": "application/json" },
    body: JSON.stringify({ size: item.size }),
  });

// One part after the other, from wherever the server says that it is.
const carry = async (item) => {
  let said = (await knows(item)) || (item.file ? await begin(item) : 0);
  if (!said) return;
  item.id = said.id;
  item.size = said.size;
  sessionStorage[item.key] = said.id;
  while (said.state == "coming" && item.file && !item.isGone) {
    item.offset = said.offset;
    turn(item, "coming");
    const part = item.file.slice(said.offset, said.offset + said.part);
    said = await ask(at(item, "&offset=" + said.offset), { method: "POST", body: part }).catch((error) => {
      if (error.status != 409) throw error;
      return ask(at(item, ""));
    });
    item.pause = FIRST_PAUSE;
  }
  return said;
};

// It may go with the answer now; whether it can be read is said a moment later.
const watch = async (item, said) => {
  let looks = 30;
  while (said.state == "received" && !item.isGone && looks) {
    looks -= 1;
    await sleep(1500);
    said = await ask(at(item, "")).catch(() => said);
  }
  if (said.state == "refused" && !item.isGone) refuse(item, said.reason);
  if (said.state == "ready" && !pictures[item.id]) item.picture.src = at(item, "").replace("/upload/", "/media/");
};

const remove = (item) => {
  item.isGone = true;
  clearTimeout(item.timer);
  delete sessionStorage[item.key];
  if (item.id) ask(at(item, ""), { method: "DELETE" }).catch(() => {});
  item.box.items = item.box.items.filter((other) => other != item);
  item.row.remove();
  tell(item.box, WORDS.removed);
  count(item.box);
  (item.box.add.hidden ? item.box.list : item.box.add).focus();
};

const run = async (item) => {
  clearTimeout(item.timer);
  try {
    const said = await carry(item);
    if (item.isGone) return;
    if (!said || said.state == "coming") {
      // Of a photo from before a reload nothing is left here; chosen again, it goes on.
      item.box.items = item.box.items.filter((other) => other != item);
      item.row.remove();
      return count(item.box);
    }
    if (item.file) pictures[said.id] = item.picture.src;
    if (said.state != "refused") turn(item, "whole");
    await watch(item, said);
  } catch (error) {
    if (item.isGone) return;
    if (error.status && error.status < 500 && error.status != 429) return refuse(item, error.code);
    turn(item, "waits");
    item.timer = setTimeout(() => run(item), item.pause);
    item.pause = Math.min(LONGEST_PAUSE, 2 * item.pause);
  }
};

const add = (box, file, id, key) => {
  box.number += 1;
  const name = WORDS.photo.replace("{number}", box.number);
  const item = { box: box, file: file, id: id, key: key, name: name, offset: 0, size: 1, pause: FIRST_PAUSE };
  item.state = "coming";
  item.size = file ? file.size || 1 : 1;
  item.picture = make("img", "blank");
  item.picture.alt = "";
  item.picture.onerror = () => item.picture.removeAttribute("src");
  if (file) item.picture.src = URL.createObjectURL(file);
  else if (pictures[id]) item.picture.src = pictures[id];
  item.bar = make("progress", "");
  item.bar.setAttribute("aria-label", name);
  item.note = make("small", "");
  item.again = button("retry", name, () => run(item));
  const away = button("remove", name, () => remove(item));
  item.row = make("li", "", item.picture, make("div", "", make("b", "", name), item.bar, item.note), item.again, away);
  box.items.push(item);
  box.list.append(item.row);
  draw(item);
  count(box);
  run(item);
};

const take = (box, files) => {
  const room = box.most - box.items.filter((item) => item.state != "refused").length;
  const chosen = [...files].slice(0, room);
  const keyOf = (file) => [box.start, file.size, file.lastModified, file.name].join(" ");
  const isNew = (file) => !box.items.some((item) => item.key == keyOf(file) && item.state != "refused");
  chosen.filter(isNew).forEach((file) => add(box, file, "", keyOf(file)));
  if (files.length > room) tell(box, WORDS.left_out.replace("{number}", box.most));
};

const input = (form, name) => {
  const made = make("input", "");
  made.hidden = true;
  if (name) made.setAttribute("form", form);
  made.name = name;
  return made;
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
  ids.filter((id) => !known.includes(id)).forEach((id) => add(box, 0, id, box.start + id));
  keys.forEach((key) => add(box, 0, sessionStorage[key], key));
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
