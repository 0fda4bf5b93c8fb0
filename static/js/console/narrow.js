// Leaves of a list of links those that have the letters typed above it; Enter follows the first.

export function start(box) {
  const input = box.querySelector("input");
  const items = [...box.querySelectorAll("li")];
  const none = box.querySelector(".none");
  const shown = () => items.filter((item) => !item.hidden);

  function narrow() {
    const wanted = input.value.trim().toLowerCase();
    for (const item of items) item.hidden = !item.textContent.toLowerCase().includes(wanted);
    none.hidden = shown().length > 0;
  }

  box.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  input.addEventListener("input", narrow);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      shown()[0]?.querySelector("a").click();
    }
  });
  narrow(); // Somebody may have typed before this was loaded.
}
