// Replies without a reload. Enter sends, Shift and Enter begins a line; without this module the form is a plain one.

export function reply(form) {
  const box = form.elements.body;
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form, box);
  });
}

async function send(form, box) {
  if (!box.value.trim() || form.ariaBusy === "true") return;
  form.ariaBusy = "true";
  tell(form, "");
  try {
    const response = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (!response.ok) throw new Error(String(response.status));
    box.value = "";
    document.dispatchEvent(new Event("phone:sent"));
  } catch {
    tell(form, "That didn't send. Try again.");
  }
  form.ariaBusy = "false";
  box.focus();
}

function tell(form, words) {
  form.querySelector("[role=alert]").textContent = words;
}
