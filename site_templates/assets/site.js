// Every page loads this module.  Pages are whole without it: scripts only add.  What a page needs more is fetched
// only where the page has its element: one row here for each.

/** Elements, and the modules that bring them to life by `start(element)`.  @type {[string, () => Promise<{start(element: HTMLElement): void}>][]} */
const PARTS = [
  ["[data-find]", () => import("./find.js")],
  ["[data-fresh], [data-late]", () => import("./fresh.js")],
  ["[data-quality]", () => import("./quality.js")],
  ["[data-copy]", () => import("./copy.js")],
  ["[data-today]", () => import("./today.js")],
  ["[data-whence]", () => import("./whence.js")],
  ["[data-try]", () => import("./try.js")],
];

/** The same for what is heavy: each element comes to life once it is about to be seen.  @type {typeof PARTS} */
const NEAR = [
  ["[data-view]", () => import("./table.js")],
  ["[data-chart]", () => import("./chart.js")],
  ["[data-map]", () => import("./map.js")],
  ["[data-sql]", () => import("./sql.js")],
  ["[data-compare]", () => import("./compare.js")],
];

// What they say is on its way before the first of them asks.
if (document.querySelector(NEAR.map(([selector]) => selector).join())) import("./say.js");

for (const [selector, load] of PARTS) {
  const elements = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(selector));
  if (elements.length) {
    load().then((part) => elements.forEach((element) => part.start(element)));
  }
}

// Whoever comes by a link sees at once what it shows; after a reload or "Back" the browser knows the place.
const [visit] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
let arrives = visit?.type === "navigate";

for (const [selector, load] of NEAR) {
  const watch = new IntersectionObserver((seen) => {
    for (const { isIntersecting, target } of seen) {
      if (!isIntersecting) continue;
      watch.unobserve(target);
      load().then((part) => part.start(/** @type {HTMLElement} */ (target)));
    }
  }, { rootMargin: "200px" });
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(selector))) {
    // An address that says how a table is shown opens it, wherever it is on the page.
    const { view, chart, figure, sql } = element.dataset, name = view ? `${view}.` : chart || figure ? `figure-${chart || figure}.` : "";
    const own = (/** @type {string} */ key) => (name ? key.startsWith(name) : key === "sql" && sql !== undefined);
    const asked = [...new URLSearchParams(location.search).keys()].some(own);
    if (asked) {
      element.closest("details")?.setAttribute("open", "");
      load().then((part) => {
        part.start(element);
        if (arrives && !location.hash) (element.querySelector("form") ?? element).scrollIntoView();
        arrives = false;
      });
    } else watch.observe(element);
  }
}

// What the address says of a page's state goes along to the other language.
for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll("a.other-language"))) {
  for (const event of ["pointerdown", "focus"]) {
    link.addEventListener(event, () => {
      link.search = location.search;
      link.hash = location.hash;
    });
  }
}
