// The photos of one field: how far each is, and what can be done about it.
import { WORDS } from "./made.js";
import { FIRST_PAUSE, WHY, ask, at, carry, sleep } from "./upload_parts.js";

const LONGEST_PAUSE = 6e4;
const pictures = {};

export const make = (tag, look, ...parts) => {
  const made = document.createElement(tag);
  made.className = look;
  made.append(...parts);
  return made;
};

export const isOpen = (item) => ["coming", "waits"].includes(item.state);

export const tell = (box, text) => (box.news.textContent = text);

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

export const run = async (item) => {
  clearTimeout(item.timer);
  try {
    const said = await carry(item, () => turn(item, "coming"));
    if (item.isGone) return;
    if (!said) return remove(item);
    if (item.file) pictures[said.id] = item.picture.src;
    if (said.state != "refused") turn(item, "whole");
    await watch(item, said);
  } catch (error) {
    if (item.isGone) return;
    if (error.status && error.status < 500 && ![408, 429].includes(error.status)) return refuse(item, error.code);
    turn(item, "waits");
    item.timer = setTimeout(() => run(item), item.pause);
    item.pause = Math.min(LONGEST_PAUSE, 2 * item.pause);
  }
};

export const add = (box, file, id, key) => {
  box.number += 1;
  const name = WORDS.photo.replace("{number}", box.number);
  const item = { box: box, file: file, id: id, key: key, name: name, offset: 0, size: 1, pause: FIRST_PAUSE };
  item.state = "coming";
  item.part = Infinity;
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

export const take = (box, files) => {
  const room = box.most - box.items.filter((item) => item.state != "refused").length;
  const chosen = [...files].slice(0, room);
  const keyOf = (file) => [box.start, file.size, file.lastModified, file.name].join(" ");
  const isNew = (file) => !box.items.some((item) => item.key == keyOf(file) && item.state != "refused");
  chosen.filter(isNew).forEach((file) => add(box, file, "", keyOf(file)));
  if (files.length > room) tell(box, WORDS.left_out.replace("{number}", box.most));
};
