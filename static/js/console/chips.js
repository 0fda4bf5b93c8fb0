// What a text can name, offered under the field that is written in: a press puts it where the cursor stands.

function fits(row, holds) {
  if (holds === "text") return row.hasAttribute("data-texts");
  return !row.dataset.after || row.dataset.after === holds;
}

function chip(row) {
  const button = document.createElement("button");
  const [code, what, looks] = [...row.cells].map((cell) => cell.firstChild?.textContent.trim() ?? "");
  button.type = "button";
  button.className = "btn s chip";
  button.dataset.write = row.dataset.write;
  button.title = code;
  button.textContent = looks ? `${what}: ${looks}` : what;
  return button;
}

export function holdChips(form) {
  const box = document.createElement("details");
  const row = document.createElement("div");
  let field = null;
  let pressed = false;
  let wanted = null;

  box.className = "chips more-fields";
  box.innerHTML = "<summary><b>Put in</b> <span>a fact or a name</span></summary>";
  row.className = "samples";
  box.append(row);

  function fill() {
    const rows = [...form.querySelectorAll("[data-part=placeholders] tbody tr")];
    row.replaceChildren(...rows.filter((one) => fits(one, field.dataset.holds)).map(chip));
  }

  function place() {
    if (!wanted || wanted === field) return;
    field = wanted;
    field.after(box);
    if (box.open) fill();
  }

  // While a button is held down nothing may move away from under the pointer.
  form.addEventListener("focusin", (event) => {
    if (!event.target.matches("[data-holds]")) return;
    wanted = event.target;
    if (!pressed) place();
  });
  form.addEventListener("pointerdown", () => (pressed = true));
  window.addEventListener("pointerup", () => {
    pressed = false;
    place();
  });
  box.addEventListener("toggle", () => box.open && fill());
  row.addEventListener("click", (event) => {
    const button = event.target.closest("[data-write]");
    if (!button) return;
    field.setRangeText(button.dataset.write, field.selectionStart, field.selectionEnd, "end");
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
