// A chart that can be played with: what stands below it is made at once, the drawing itself when somebody first touches
// it, or where the address says how it is to be seen.

import { make, read_words } from "./words.js";
import { write_csv } from "./csv.js";

/** @typedef {import("./chart-draw.js").Play} Play */

/** @param {HTMLElement} figure */
export function start(figure) {
  const say = read_words(document.getElementById("chart-words")), name = figure.dataset.chart ?? "";
  let play = /** @type {Promise<Play> | null} */ (null);
  const wake = () => (play ??= import("./chart-draw.js").then((part) => new part.Play(figure, say)));
  const button = (/** @type {string} */ word, /** @type {() => void} */ act) => {
    const made = make("button", { type: "button", className: "button quiet" }, say(word));
    made.addEventListener("click", act);
    return made;
  };
  const file = (/** @type {string} */ end) => `${name}.${end}`;
  const panel = make("div", { className: "chart-panel" });
  const opener = make("details", { className: "chart-tools" }, make("summary", {}, say("tools")), panel);
  opener.addEventListener("toggle", () => {
    if (!opener.open || panel.childElementCount) return;
    const code = make("textarea", { readOnly: true, rows: 3, value: write_frame(figure) });
    const share = make("input", { type: "text", readOnly: true, value: location.href });
    for (const field of [code, share]) field.addEventListener("focus", () => field.select());
    document.addEventListener("chart-address", () => {
      share.value = location.href;
    });
    panel.append(
      make("p", { className: "chart-files" },
        button("csv", () => wake().then((each) => save(write_csv(...each.list_rows(), true), file("csv")))),
        button("svg", () => wake().then((each) => save(each.write_svg(), file("svg")))),
        button("png", () => wake().then((each) => each.write_png()).then((body) => save(body, file("png"))))),
      make("p", {}, make("label", {}, say("share"), share)), make("p", {}, make("label", {}, say("code"), code)));
  });
  const below = figure.querySelector(".chart-own");
  if (below) below.before(opener);
  else figure.append(opener);
  const view = document.querySelector(`[data-view="${CSS.escape(figure.dataset.table ?? "")}"]`);
  if (view) {
    const follow = make("input", { type: "checkbox", checked: asked(name, "follow") !== null });
    follow.addEventListener("change", () => wake().then((each) => each.follow(follow.checked)));
    opener.before(make("p", { className: "chart-follow" }, make("label", {}, follow, " ", say("follow")), make("span", { role: "status" })));
  }
  if (asked(name, "hide") !== null || asked(name, "follow") !== null) wake();
  const box = figure.querySelector(".chart-box");
  for (const event of ["pointerenter", "pointerdown", "focusin"]) box?.addEventListener(event, wake, { once: true });
  if (box instanceof HTMLElement) box.tabIndex = 0;
}

/** What the address says of a chart.  @param {string} name  @param {string} what */
function asked(name, what) {
  return new URLSearchParams(location.search).get(`figure-${name}.${what}`);
}

/** The element that shows the chart alone on a page of another site.  @param {HTMLElement} figure */
function write_frame(figure) {
  const escape = (/** @type {string} */ text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  const title = figure.querySelector("figcaption strong")?.textContent ?? "";
  const address = new URL(figure.dataset.own ?? "", location.href).href;
  return `<iframe src="${escape(address)}" title="${escape(title)}" width="100%" height="460" loading="lazy" style="border:0"></iframe>`;
}

/** @param {Blob} body  @param {string} name */
function save(body, name) {
  const link = make("a", { href: URL.createObjectURL(body), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
