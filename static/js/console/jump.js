// The jump box (Ctrl+K): screens and page types by their names, pages by what their customer is called.

import { postForJson, settled } from "./net.js";

const PAUSE = 120;

function places() {
  const links = document.querySelectorAll(".side .new, .side .room, .types .type");
  return [...links].map((link) => ({
    address: link.href,
    who: (link.querySelector("b") ?? link.querySelector("span")).textContent.trim(),
    what: link.matches(".type") ? "New page" : "Screen",
  }));
}

function row(hit, index) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  const name = document.createElement("span");
  const more = document.createElement("small");
  item.setAttribute("role", "presentation");
  link.setAttribute("role", "option");
  link.id = `jump-hit-${index}`;
  link.href = hit.address;
  link.tabIndex = -1;
  name.textContent = hit.who;
  more.textContent = [hit.what, hit.state].filter(Boolean).join(" · ");
  link.append(name, more);
  item.append(link);
  return item;
}

export function startJump(dialog) {
  const input = dialog.querySelector("input");
  const list = dialog.querySelector("ul");
  const none = dialog.querySelector(".none");
  let chosen = 0;
  let asked = null;

  const options = () => [...list.querySelectorAll("a")];

  function choose(index) {
    const all = options();
    chosen = all.length ? (index + all.length) % all.length : 0;
    all.forEach((option, at) => option.setAttribute("aria-selected", String(at === chosen)));
    all[chosen]?.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", all[chosen]?.id ?? "");
  }

  function show(hits) {
    list.replaceChildren(...hits.map(row));
    none.hidden = hits.length > 0;
    choose(0);
  }

  const near = (text) => places().filter((place) => place.who.toLowerCase().includes(text.toLowerCase()));

  async function search() {
    const text = input.value.trim();
    asked?.abort();
    if (!text) return show(places());
    asked = new AbortController();
    const form = new FormData();
    form.set("search", text);
    try {
      const { hits } = await postForJson(dialog.dataset.address, form, asked.signal);
      show([...near(text), ...hits]);
    } catch (error) {
      if (error.name !== "AbortError") show(near(text));
    }
  }

  function open() {
    input.value = "";
    show(places());
    dialog.showModal();
    input.focus();
  }

  for (const button of document.querySelectorAll(`[data-opens="${dialog.id}"]`)) {
    button.hidden = false;
    button.addEventListener("click", open);
  }
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "k") return;
    event.preventDefault();
    if (dialog.open) dialog.close();
    else open();
  });
  input.addEventListener("input", settled(PAUSE, search));
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      choose(chosen + step);
    } else if (event.key === "Enter") {
      event.preventDefault();
      options()[chosen]?.click();
    }
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
}
