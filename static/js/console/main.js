// Starts every behaviour: an element with data-module="name" is handed to start() of ./name.js, once.

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

startAll(document);
