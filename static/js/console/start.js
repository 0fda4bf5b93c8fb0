// Hands every element with data-module="name" to start() of ./name.js, once. A module of its own, apart from main.js:
// the page asks for that one with the hash of its content, so a module that imported it would get a second copy.

const started = new WeakSet();

export function startAll(root) {
  const found = [...root.querySelectorAll("[data-module]")];
  if (root.matches?.("[data-module]")) found.unshift(root);
  for (const element of found) {
    if (started.has(element)) continue;
    started.add(element);
    for (const name of element.dataset.module.split(" ")) {
      import(`./${name}.js`).then((module) => module.start(element));
    }
  }
}
