// The key of a new page type follows its name until somebody writes one.

const plain = (name) => name.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "").slice(0, 40).replace(/_+$/, "");

export function start(form) {
  const name = form.elements.namedItem("name");
  const key = form.elements.namedItem("key");
  const isKey = /^[a-z][a-z0-9_]{1,39}$/;
  let proposed = key.value;

  name.addEventListener("input", () => {
    if (key.value !== proposed) return;
    proposed = isKey.test(plain(name.value)) ? plain(name.value) : "";
    key.value = proposed;
  });
}
