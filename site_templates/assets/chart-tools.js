// What a chart is taken away by: files, addresses, and the element that shows it on another site.

import { write_csv } from "./csv.js";
import { make } from "./element.js";

/** @param {HTMLElement} panel  @param {HTMLElement} figure  @param {import("./chart-draw.js").Play} play  @param {import("./chart-draw.js").Say} say */
export function fill(panel, figure, play, say) {
  const button = (/** @type {string} */ word, /** @type {() => void} */ act) => {
    const made = make("button", { type: "button", className: "button quiet" }, say(word));
    made.addEventListener("click", act);
    return made;
  };
  const file = (/** @type {string} */ end) => `${figure.dataset.chart}.${end}`;
  const code = make("textarea", { readOnly: true, rows: 3, value: write_frame(figure) });
  const share = make("input", { type: "text", readOnly: true, value: location.href });
  for (const field of [code, share]) field.addEventListener("focus", () => field.select());
  document.addEventListener("chart-address", () => {
    share.value = location.href;
    code.value = write_frame(figure);
  });
  panel.append(
    make("p", { className: "chart-files" },
      button("csv", () => save(write_csv(...play.list_rows(), true), file("csv"))),
      button("svg", () => save(play.write_svg(), file("svg"))),
      button("png", () => play.write_png().then((body) => save(body, file("png"))))),
    make("p", {}, make("label", {}, say("share"), share)), make("p", {}, make("label", {}, say("code"), code)));
}

/** The element that shows the chart alone on a page of another site, with the lines that are seen here.  @param {HTMLElement} figure */
function write_frame(figure) {
  const escape = (/** @type {string} */ text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  const title = figure.querySelector("figcaption strong")?.textContent ?? "";
  const address = new URL(figure.querySelector(".chart-own a")?.getAttribute("href") ?? `#${figure.dataset.chart}`, location.href), own = `figure-${figure.dataset.chart}.hide`;
  for (const name of new URLSearchParams(location.search).getAll(own)) address.searchParams.append(own, name);
  return `<iframe src="${escape(address.href)}" title="${escape(title)}" width="100%" height="460" loading="lazy" style="border:0"></iframe>`;
}

/** @param {Blob} body  @param {string} name */
function save(body, name) {
  const link = make("a", { href: URL.createObjectURL(body), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
