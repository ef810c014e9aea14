// What opens above a table: the form of a filter, the choice of columns.

import { make } from "./words.js";

/** @typedef {any} View  the view of `table.js` that opens the panel */
/** @typedef {{column: string, op: string, value: string | string[]}} Filter */
/** @typedef {{name: string, title: string, unit: string, kind: string, grouped: boolean, least: string, most: string}} Column */

const INPUTS = { date: "date", datetime: "datetime-local", time: "time" };

/** The form that sets the filters of one column at a time.  @param {View} view */
export function draw_filter(view) {
  const { say } = view;
  const choice = make("select", {}, ...view.columns.map((column) => make("option", { value: column.name }, column.title)));
  const first = view.state.filters[0]?.column ?? view.element.dataset.last;
  if (first) choice.value = first;
  const body = make("div", { className: "view-filter-body" });
  const form = make("form", { className: "view-filter" }, make("label", {}, say("filter_column"), " ", choice), body);
  let read = /** @type {() => Filter[]} */ (() => []);
  const draw = async () => {
    const name = view.element.dataset.last = choice.value;
    body.replaceChildren(make("p", {}, say("reading")));
    const { values, trouble, args } = await view.ask({ ask: "values", column: name });
    if (choice.value !== name) return;
    if (trouble) {
      body.replaceChildren(make("p", { className: "view-alert" }, say(`error_${trouble}`, args)));
      return;
    }
    const column = /** @type {Column} */ (view.columns.find((each) => each.name === name));
    const mine = view.state.filters.filter((filter) => filter.column === name);
    const [fields, reader] = draw_fields(view, column, values, mine);
    read = reader;
    const apply = make("button", { className: "button" }, say("filter_apply"));
    body.replaceChildren(...fields, make("p", {}, apply));
  };
  choice.addEventListener("change", draw);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const others = view.state.filters.filter((filter) => filter.column !== choice.value);
    view.change({ filters: [...others, ...read()] });
  });
  draw();
  return form;
}

/** The fields for a column, and what reads them.
 * @param {View} view  @param {Column} column  @param {[string, number | null][] | null} values  @param {Filter[]} filters
 * @returns {[HTMLElement[], () => Filter[]]} */
function draw_fields({ say }, column, values, filters) {
  const { name, kind } = column;
  const set = (/** @type {string} */ op) => filters.find((filter) => filter.op === op);
  const radios = (/** @type {string[]} */ ops) => ops.map((op) => {
    const input = make("input", { type: "radio", name: "op", value: op, checked: Boolean(set(op)) });
    return [input, make("label", { className: "view-choice" }, input, " ", say(`op_${op}`))];
  });
  if (values && kind !== "integer") {
    const picked = new Set([set("in")?.value ?? []].flat());
    const boxes = values.map(([value]) => make("input", { type: "checkbox", value, checked: picked.has(value) }));
    const list = make("fieldset", { className: "view-values" }, make("legend", {}, say("filter_pick")),
      ...boxes.map((box, n) => make("label", { className: "view-choice" }, box, " ", box.value,
        values[n][1] === null ? "" : make("small", {}, ` ${Number(values[n][1]).toLocaleString("en")}`))));
    const others = radios(["empty", "filled"]);
    const part = make("input", { type: "search", value: String(set("has")?.value ?? ""), autocomplete: "off" });
    const typed = kind === "boolean" ? [] : [make("p", {}, make("label", {}, say("op_has"), " ", part))];
    return [[list, ...typed, make("p", {}, ...others.map(([, label]) => label))], () => {
      const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
      return [
        ...(chosen.length ? [{ column: name, op: "in", value: chosen }] : []),
        ...(part.value.trim() ? [{ column: name, op: "has", value: part.value.trim() }] : []),
        ...checked(others, name),
      ];
    }];
  }
  const others = radios(["empty", "filled"]);
  if (kind === "text" || kind === "list") {
    const ops = make("select", { ariaLabel: say("filter_how") }, ...["has", "eq"].map((op) => make("option", { value: op }, say(`op_${op}`))));
    const mine = set("eq") ?? set("has");
    ops.value = mine?.op ?? "has";
    const input = make("input", { type: "search", value: String(mine?.value ?? ""), ariaLabel: say("filter_value"), autocomplete: "off" });
    return [[make("p", {}, ops, " ", input), make("p", {}, ...others.map(([, label]) => label))],
      () => [...(input.value.trim() ? [{ column: name, op: ops.value, value: input.value.trim() }] : []), ...checked(others, name)]];
  }
  const type = INPUTS[/** @type {keyof typeof INPUTS} */ (kind)];
  const exact = set("eq");
  const ends = /** @type {const} */ (["ge", "le"]).map((op) => {
    const input = make("input", { type: type ?? "text", value: String((set(op) ?? exact)?.value ?? "").replace(type ? /Z$/ : /$^/, ""), autocomplete: "off" });
    if (!type) input.inputMode = "decimal";
    if (type) [input.min, input.max] = [column.least, column.most].map((end) => end.replace(/Z$/, ""));
    else input.placeholder = op === "ge" ? column.least : column.most;
    if (type === "time" || type === "datetime-local") input.step = "1";
    return { op, input, label: make("label", {}, say(`op_${op}`), " ", input) };
  });
  const known = column.least ? [make("p", { className: "small" }, say("filter_bounds", { least: column.least, most: column.most }))] : [];
  return [[...known, make("p", { className: "view-range" }, ...ends.map(({ label }) => label)), make("p", {}, ...others.map(([, label]) => label))],
    () => [...ends.filter(({ input }) => input.value.trim()).map(({ op, input }) => ({ column: name, op, value: input.value.trim() })), ...checked(others, name)]];
}

/** @param {(HTMLInputElement | HTMLLabelElement)[][]} radios  @param {string} column  @returns {Filter[]} */
function checked(radios, column) {
  return radios.map(([input]) => /** @type {HTMLInputElement} */ (input)).filter((input) => input.checked)
    .map((input) => ({ column, op: input.value, value: "1" }));
}

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
