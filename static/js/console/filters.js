// Narrows the list as soon as a filter is chosen; words are searched for with Enter.

export function start(form) {
  form.addEventListener("change", (event) => {
    if (event.target.type !== "search") form.requestSubmit();
  });
}
