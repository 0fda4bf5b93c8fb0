// A form that is sent once, however often its button is pressed.

export function start(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  // The browser's back button may show the form as it was left.
  window.addEventListener("pageshow", () => delete form.dataset.sent);
}
