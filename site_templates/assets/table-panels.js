// What opens above a table: the choice of columns.

import { make } from "./element.js";

/** @typedef {import("./table-filter.js").View} View */
/** @typedef {import("./table-filter.js").Column} Column */

/** Which columns are shown.  @param {View} view */
export function draw_columns(view) {
  const { say } = view;
  const shown = new Set(view.shown().map((column) => column.name));
  const boxes = view.columns.map((column) => make("input", { type: "checkbox", value: column.name, checked: shown.has(column.name) }));
  const change = () => {
    const names = boxes.filter((box) => box.checked).map((box) => box.value);
    view.change({ show: names.join() === view.preset.join() ? [] : names, page: view.state.page });
  };
  for (const box of boxes) {
    box.addEventListener("change", () => {
      if (boxes.every((each) => !each.checked)) box.checked = true;
      change();
    });
  }
  const all = make("button", { type: "button" }, say("columns_all"));
  all.addEventListener("click", () => {
    for (const box of boxes) box.checked = true;
    change();
  });
  return make("fieldset", { className: "view-values" }, make("legend", {}, say("columns_lead")),
    ...boxes.map((box, n) => make("label", { className: "view-choice" }, box, " ", view.columns[n].title)), make("p", {}, all));
}
