// The eye beside a password: shows it while pressed down for good, hides it again with the next press.

export function start(box) {
  const input = box.querySelector("input");
  const button = box.querySelector("button");
  button.hidden = false;
  button.addEventListener("click", () => {
    const shows = input.type === "password";
    input.type = shows ? "text" : "password";
    button.setAttribute("aria-pressed", String(shows));
    button.setAttribute("aria-label", shows ? "Hide the password" : "Show the password");
    input.focus();
  });
}
