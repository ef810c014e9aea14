// The chart of an answer, drawn as the charts of the page are.

import { Play } from "./chart-draw.js";
import { make } from "./element.js";

class AnswerPlay extends Play {
  read() {
    return /** @type {any} */ (this.figure).model;
  }
}

/** The figure of a plan, to be put on the page, and what draws it there.  @param {NonNullable<ReturnType<typeof import("./sql-chart.js").plan_chart>>} plan
 * @param {(key: string, values?: Record<string, string | number>) => string} say  @param {import("./chart-draw.js").Say} say_chart */
export function make_figure(plan, say, say_chart) {
  const title = say("chart_title", { what: plan.what, by: plan.head[0] });
  const figure = make("figure", { className: `chart chart-${plan.kind}` }, make("figcaption", {}, make("strong", {}, title)));
  Object.assign(figure, { model: plan });
  Object.assign(figure.dataset, { kind: plan.kind, play: JSON.stringify({ kind: plan.kind, how: "value" }), chart: "sql" });
  if (plan.kind === "line") {
    const box = make("div", { className: "chart-box" });
    box.setAttribute("aria-label", title);
    figure.append(box);
  } else figure.append(make("table", { className: "bars", ariaLabel: title }, make("tbody", {})));
  const draw = () => {
    const play = new AnswerPlay(figure, say_chart);
    if (plan.kind === "bars") play.redraw();
    const files = make("p", { className: "chart-files" });
    for (const kind of ["svg", "png"]) {
      const button = make("button", { type: "button", className: "button quiet" }, say_chart(kind));
      button.addEventListener("click", async () => {
        const link = make("a", { href: URL.createObjectURL(kind === "svg" ? play.write_svg() : await play.write_png()), download: `sql.${kind}` });
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
      });
      files.append(button);
    }
    figure.append(files);
  };
  return { figure, draw };
}
