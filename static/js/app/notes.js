// Notes on top of the page, made of what its style sheet has already.
import { PICTURES, WORDS } from "./made.js";

const RULES =
  "@media all{.ask{min-height:44px;margin-block:10px 4px;padding:0 14px;border:1.5px solid;border-radius:13px;" +
  "background:none;color:inherit;font:inherit;font-weight:600;cursor:pointer}.note b,.note span{display:block}" +
  ".toast{position:fixed;inset:12px 12px auto;z-index:4;max-width:28rem;margin:auto;box-shadow:var(--lift);" +
  "background:var(--card);color:var(--ink)}" +
  ".tell.person{grid-area:auto}[data-waits] form.dock,[data-waits] [data-token]{display:none!important}}";

// Again after each answer: the page that comes with it brings a style sheet of its own.
export const dress = () => {
  const rules = document.styleSheets[0]?.cssRules || [];
  const last = rules[rules.length - 1];
  if (last && last.media?.mediaText != "all") document.styleSheets[0].insertRule(RULES, rules.length);
};

export const make = (tag, look, ...parts) => {
  const made = document.createElement(tag);
  made.className = look;
  made.append(...parts);
  return made;
};

export const picture = (name) => new DOMParser().parseFromString(PICTURES[name], "text/html").body.firstChild;

export const button = (look, word, work) => {
  const made = make("button", look, WORDS[word]);
  made.onclick = work;
  return made;
};

// A note with a head, a line below it (either may be empty) and, if there is something to do, a button.
export const noteOf = (look, sign, head, line, ...more) => {
  const text = make("div", "", make("b", "", head), make("span", "", line), ...more);
  const made = make("div", "note " + look, picture(sign), text);
  made.setAttribute("role", "status");
  made.tabIndex = -1;
  return made;
};

export const put = (made) => {
  made.dataset.app = "";
  (document.querySelector(".notes") || document.querySelector("main")).prepend(made);
};

export const clear = () => document.querySelectorAll("[data-app]").forEach((made) => made.remove());
