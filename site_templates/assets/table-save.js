// Taking away what a table shows: as a file of the form that is wanted, or as an address.

import { make } from "./element.js";

/** @typedef {import("./table-filter.js").View} View */
/** @typedef {import("./table-filter.js").Column} Column */

/** The forms of files that a table can be saved in.  @param {View} view */
function list_formats(view) {
  return ["csv", "xlsx", "json", ...(view.element.dataset.place ? ["geojson"] : []), ...(find_day(view) ? ["ics"] : [])];
}

/** The column with the day of a row, "" without one.  @param {View} view */
export function find_day(view) {
  const columns = /** @type {Column[]} */ (view.columns);
  return (columns.find(({ kind, name }) => kind === "date" || kind === "datetime" || (!view.described && (view.element.dataset.days ?? "").split(" ").includes(name))) ?? { name: "" }).name;
}

/** @param {View} view */
export function draw_saver(view) {
  const { say } = view, formats = list_formats(view);
  const mark = make("input", { type: "checkbox", checked: true });
  const marks = make("p", {}, make("label", { className: "view-choice" }, mark, " ", say("save_mark")));
  const choices = formats.map((format) => make("input", { type: "radio", name: `save-${view.name}`, value: format, checked: format === (view.saved ?? "csv") }));
  const about = make("p", { className: "small" });
  const chosen = () => choices.find((each) => each.checked)?.value ?? "csv";
  const follow = () => {
    view.saved = chosen();
    marks.hidden = view.saved !== "csv";
    about.textContent = say(`save_about_${view.saved}`);
  };
  for (const each of choices) each.addEventListener("change", follow);
  follow();
  const save = make("button", { type: "button", className: "button" }, say("save_file"));
  save.addEventListener("click", () => save_file(view, chosen(), { mark: mark.checked }));
  const address = make("input", { type: "text", readOnly: true, value: location.href, ariaLabel: say("share") });
  address.addEventListener("focus", () => address.select());
  return make("div", {},
    make("p", {}, say("save_lead", { n: view.count, columns: view.shown().length })),
    make("fieldset", { className: "view-values" }, make("legend", {}, say("save_format")),
      ...choices.map((each) => make("label", { className: "view-choice" }, each, " ", say(`save_${each.value}`)))),
    about, marks, make("p", {}, save), make("p", {}, make("label", {}, say("share"), address)));
}

/** Makes a file of the rows of a query and gives it to the browser.  @param {View} view  @param {string} format  @param {{mark?: boolean, query?: any, name?: string, address?: string}} how */
export async function save_file(view, format, { mark = false, query = view.query(), name = "", address = location.href } = {}) {
  const { place, save } = view.element.dataset, words = Object.fromEntries(["rows", "dictionary", "column", "name", "type", "unit", "about"].map((each) => [each, view.say(`sheet_${each}`)]));
  const wanted = { ...query };
  const [, ...located] = JSON.parse(place || "[]"), day = find_day(view);
  for (const column of [...(format === "geojson" ? located : []), ...(format === "ics" ? [day] : [])]) if (!wanted.columns.includes(column)) wanted.columns = [...wanted.columns, column];
  const label = view.shown().find((/** @type {Column} */ each) => each.name !== day && !is_plain_number(each))?.name ?? "";
  const fields = format === "xlsx" || format === "ics" ? await read_fields(view) : [];
  const wish = { format, mark, place: JSON.parse(place || "[]"), fields, title: view.element.dataset.title ?? view.name, address, words, label, day };
  const answer = await view.work({ ask: "file", query: wanted, wish });
  if (!answer.file) return;
  const link = make("a", { href: URL.createObjectURL(answer.file), download: `${name || save}.${format}` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** @param {Column} column */
function is_plain_number(column) {
  return ["number", "integer"].includes(column.kind);
}

/** What the columns mean, by the descriptor of the version that is shown.  @param {View} view */
async function read_fields(view) {
  const english = document.documentElement.lang === "en";
  const told = (/** @type {any} */ each, /** @type {string} */ key) => (english && each[`${key}@en`]) || each[key] || "";
  try {
    const answer = await fetch(new URL("datapackage.json", new URL(view.element.dataset.parquet ?? "", location.href)));
    const { resources } = await answer.json();
    const { schema } = resources.find((/** @type {any} */ each) => each.name === view.name);
    return schema.fields.map((/** @type {any} */ each) => ({ name: each.name, title: told(each, "title"), unit: each.unit ?? "", type: each.type, about: told(each, "description") }));
  } catch {
    return view.columns.map((/** @type {Column} */ { name, title, unit, kind }) => ({ name, title, unit, type: kind, about: "" }));
  }
}
