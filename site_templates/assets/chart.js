// A chart that can be played with: what stands below it is made at once, the drawing itself when somebody first touches
// it, or where the address says how it is to be seen.

import { make } from "./element.js";
import { read_words } from "./say.js";

/** @typedef {import("./chart-draw.js").Play} Play */

/** @param {HTMLElement} figure */
export function start(figure) {
  const say = read_words("chart_say_"), name = figure.dataset.chart ?? "";
  let play = /** @type {Promise<Play> | null} */ (null);
  const wake = () => (play ??= import("./chart-draw.js").then((part) => new part.Play(figure, say)));
  const panel = make("div", { className: "chart-panel" });
  const opener = make("details", { className: "chart-tools" }, make("summary", {}, say("tools")), panel);
  opener.addEventListener("toggle", () => Promise.all([import("./chart-tools.js"), wake()]).then(([part, made]) => part.fill(panel, figure, made, say)), { once: true });
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
