// The map of a table.  Its drawing of dots stays where the browser can't draw more; else the map comes when it is seen,
// or on a press where the reader wants to save data.

import { make } from "./element.js";
import { read_words } from "./say.js";

/** @param {HTMLElement} figure */
export function start(figure) {
  const say = read_words("map_"), status = figure.querySelector(".map-status");
  if (!can_draw()) {
    status?.append(say("still"));
    return;
  }
  let woken = false;
  const wake = async () => {
    if (woken) return;
    woken = true;
    status?.replaceChildren(say("coming"));
    try {
      await (await import("./map-live.js")).start(figure, say);
    } catch (error) {
      console.warn(error);
      figure.classList.remove("live");
      status?.replaceChildren(say("failed"));
    }
  };
  const connection = /** @type {any} */ (navigator).connection;
  if (connection?.saveData) {
    const button = make("button", { type: "button", className: "button quiet" }, say("open", { n: Number(figure.dataset.size) }));
    button.addEventListener("click", () => {
      button.remove();
      wake();
    });
    figure.querySelector(".map-tools")?.append(button);
    return;
  }
  const watch = new IntersectionObserver((seen) => {
    if (!seen.some((each) => each.isIntersecting)) return;
    watch.disconnect();
    wake();
  }, { threshold: 0.25 });
  const box = figure.querySelector(".map-box");
  if (box) watch.observe(box);
}

/** Whether the browser draws by WebGL, which maps need. */
function can_draw() {
  const context = document.createElement("canvas").getContext("webgl2");
  context?.getExtension("WEBGL_lose_context")?.loseContext();
  return Boolean(context);
}
