// Copies the text of the field beside the button and says so for a moment.

const SHOWN_FOR = 1600;

export function start(box) {
  const field = box.querySelector("[data-copy]");
  const button = box.querySelector("button");
  const label = button.querySelector("span");
  const before = label.textContent;
  button.hidden = false;
  if (box.dataset.ready !== undefined) button.focus();
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      document.execCommand("copy"); // Without https the newer way is not offered.
    }
    label.textContent = button.dataset.done;
    setTimeout(() => {
      label.textContent = before;
    }, SHOWN_FOR);
  });
}
