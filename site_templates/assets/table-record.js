// One record of a table: all of its columns, an address of its own, its days for a calendar.

import { make } from "./element.js";
import { find_day, save_file } from "./table-save.js";

/** @typedef {import("./table-filter.js").View} View */
/** @typedef {import("./table-filter.js").Filter} Filter */

/** Draws the record that the view shows alone, or nothing.  @param {View} view  @param {HTMLElement} box */
export async function draw_record(view, box) {
  const key = /** @type {string[]} */ (JSON.parse(view.element.dataset.key || "[]")), { filters, search } = view.state;
  const alone = key.length > 0 && view.count === 1 && !search && filters.length === key.length && key.every((name) => filters.some((/** @type {Filter} */ each) => each.column === name && each.op === "eq"));
  box.hidden = !alone;
  if (!alone) return;
  const { say } = view, query = { ...view.query(), from: 0, count: 1, columns: view.columns.map((/** @type {any} */ each) => each.name) };
  const answer = await view.ask({ ask: "view", query });
  if (!answer.cells) return;
  const pairs = view.columns.map((/** @type {any} */ column, /** @type {number} */ n) => [column.title, answer.cells[n][0] ?? "", column.unit]).filter((/** @type {string[]} */ [, text]) => text);
  const address = make("input", { type: "text", readOnly: true, value: location.href, ariaLabel: say("record_address") });
  address.addEventListener("focus", () => address.select());
  const day = find_day(view), dated = day && answer.cells[view.columns.findIndex((/** @type {any} */ each) => each.name === day)][0];
  const calendar = make("button", { type: "button" }, say("record_ics"));
  calendar.addEventListener("click", () => save_file(view, "ics", { query, name: `${view.element.dataset.save}-${filters.map((/** @type {Filter} */ each) => each.value).join("-")}` }));
  box.replaceChildren(
    make("h3", {}, say("record_title")),
    make("dl", { className: "record" }, ...pairs.map(([title, text, unit]) => make("div", {}, make("dt", {}, title), make("dd", {}, text, unit ? make("small", {}, ` ${unit}`) : "")))),
    make("p", {}, make("label", {}, say("record_address"), address)), ...(dated ? [make("p", {}, calendar)] : []));
}
