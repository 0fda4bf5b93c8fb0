// Keyboard shortcuts: an element with data-key="n" is pressed, or focused if it can be written in, by that key.
// Plain keys are dead while somebody types and while a dialog is open; Ctrl combinations work while typing. No Alt.

const WRITABLE = "textarea, select, [contenteditable], input:not([type=radio], [type=checkbox], [type=submit])";

function combination(event) {
  const key = event.key.toLowerCase();
  return event.ctrlKey || event.metaKey ? `ctrl+${key}` : key;
}

function press(element) {
  if (element.matches(WRITABLE)) {
    element.focus();
    element.select?.();
  } else {
    element.click();
  }
}

export function listenToKeys(body) {
  body.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey || event.repeat || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]")) return;
    const pressed = combination(event);
    const isTyping = event.target.closest(WRITABLE) !== null;
    if (isTyping && pressed === "escape") event.target.blur();
    if (isTyping && !pressed.startsWith("ctrl+")) return;
    const element = body.querySelector(`[data-key="${CSS.escape(pressed)}"]`);
    if (element === null || element.hidden || element.disabled) return;
    event.preventDefault();
    press(element);
  });
}
