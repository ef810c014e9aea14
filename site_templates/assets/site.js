// Every page loads this module.  Pages are whole without it: scripts only add.  What a page needs more is fetched
// only where the page has its element: one row here for each.

/** Elements, and the modules that bring them to life by `start(element)`.  @type {[string, () => Promise<{start(element: HTMLElement): void}>][]} */
const PARTS = [
  ["[data-fresh]", () => import("./fresh.js")],
  ["[data-copy]", () => import("./copy.js")],
  ["[data-pin]", () => import("./pin.js")],
];

for (const [selector, load] of PARTS) {
  const elements = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(selector));
  if (elements.length) {
    load().then((part) => elements.forEach((element) => part.start(element)));
  }
}
