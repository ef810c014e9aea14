// What opens above a table to choose rows: conditions on columns, as many as are wanted, all of which must hold.

import { make } from "./element.js";

/** @typedef {any} View  the view of `table.js` that opens the panel */
/** @typedef {{column: string, op: string, value: string | string[], place?: string[]}} Filter  `place` of `within`: how rows are placed on the earth */
/** @typedef {{name: string, title: string, unit: string, kind: string, grouped: boolean, least: string, most: string}} Column */

const INPUTS = { date: "date", datetime: "datetime-local", time: "time" };
const MANY = ["in", "out"]; // of one column there is one filter of each, with all its values

let numbered = 0;

/** The form of all conditions.  @param {View} view */
export function draw_filter(view) {
  const { say } = view;
  const conditions = /** @type {Condition[]} */ ([]);
  const list = make("div", {});
  const number = () => conditions.forEach((each, n) => each.number(n + 1, conditions.length > 1 || view.state.filters.length > 0));
  const add = (/** @type {string} */ column, /** @type {Filter[]} */ filters) => {
    const condition = new Condition(view, column, filters, () => {
      conditions.splice(conditions.indexOf(condition), 1);
      condition.element.remove();
      if (!conditions.length) add(view.columns[0].name, []);
      number();
      more.focus();
    });
    conditions.push(condition);
    list.append(condition.element);
    number();
    return condition;
  };
  const more = make("button", { type: "button" }, say("filter_add"));
  more.addEventListener("click", () => {
    const used = new Set(conditions.map((each) => each.choice.value));
    add((view.columns.find((/** @type {Column} */ column) => !used.has(column.name)) ?? view.columns[0]).name, []).choice.focus();
  });
  const mapped = view.state.filters.filter(is_mapped), groups = group_filters(view.state.filters.filter((/** @type {Filter} */ each) => !is_mapped(each)));
  for (const filters of groups) add(filters[0].column, filters);
  if (!groups.length) add(view.columns[0].name, []);
  const form = make("form", { className: "view-filter" }, list, make("p", { className: "view-filter-ends" }, more, " ", make("button", { className: "button" }, say("filter_apply"))));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    view.change({ filters: [...mapped, ...join_filters(conditions.flatMap((each) => each.read()))] });
  });
  return form;
}

/** Whether a filter was set on the map, and only there it changes.  @param {Filter} filter */
function is_mapped(filter) {
  return filter.op === "within";
}

/** Filters by the condition that sets them: those of one column, as long as they differ in kind.  @param {Filter[]} filters */
function group_filters(filters) {
  const groups = /** @type {Filter[][]} */ ([]);
  for (const filter of filters) {
    const mine = groups.find((group) => group[0].column === filter.column && group.every(({ op }) => op !== filter.op && !(is_word(op) && is_word(filter.op))));
    if (mine) mine.push(filter);
    else groups.push([filter]);
  }
  return groups;
}

/** @param {string} op */
function is_word(op) {
  return ["has", "lacks", "eq"].includes(op);
}

/** Filters as an address can say them: each once.  @param {Filter[]} filters */
function join_filters(filters) {
  const joined = /** @type {Filter[]} */ ([]);
  for (const { column, op, value } of filters) {
    const same = joined.find((each) => each.column === column && each.op === op && (MANY.includes(op) || each.value === value));
    if (!same) joined.push({ column, op, value });
    else if (MANY.includes(op)) same.value = [...new Set([...same.value, ...value])];
  }
  return joined;
}

/** One condition: a column, and what its values must be. */
class Condition {
  /** @param {View} view  @param {string} column  @param {Filter[]} filters  @param {() => void} leave */
  constructor(view, column, filters, leave) {
    this.view = view;
    this.filters = filters;
    this.read = /** @type {() => Filter[]} */ (() => filters);
    this.choice = make("select", {}, ...view.columns.map((/** @type {Column} */ each) => make("option", { value: each.name }, each.title)));
    this.choice.value = column;
    this.choice.addEventListener("change", () => {
      this.filters = [];
      this.draw();
    });
    this.body = make("div", { className: "view-filter-body" });
    this.legend = make("legend", {});
    this.remove = make("button", { type: "button" });
    this.remove.addEventListener("click", leave);
    this.element = make("fieldset", { className: "view-condition" }, this.legend, make("p", {}, make("label", {}, view.say("filter_column"), " ", this.choice), this.remove), this.body);
    this.draw();
  }

  /** @param {number} n  @param {boolean} removable */
  number(n, removable) {
    this.legend.textContent = this.view.say("filter_n_th", { n });
    this.remove.textContent = this.view.say("filter_remove");
    this.remove.ariaLabel = this.view.say("filter_remove_n", { n });
    this.remove.hidden = !removable;
  }

  /** Draws the fields for the column, with its values as the other conditions leave them. */
  async draw() {
    const { view } = this, name = this.choice.value, { search, filters } = view.state;
    this.read = () => this.filters;
    this.body.replaceChildren(make("p", {}, view.say("reading")));
    const others = filters.filter((/** @type {Filter} */ each) => each.column !== name);
    const { values, trouble, args } = await view.ask({ ask: "values", column: name, query: { search, filters: others } });
    if (this.choice.value !== name) return;
    if (trouble) {
      this.body.replaceChildren(make("p", { className: "view-alert" }, view.say(`error_${trouble}`, args)));
      return;
    }
    const column = /** @type {Column} */ (view.columns.find((/** @type {Column} */ each) => each.name === name));
    const [fields, read] = draw_fields(view, column, values, this.filters);
    this.read = read;
    this.body.replaceChildren(...fields);
  }
}

/** The fields for a column, and what reads them.
 * @param {View} view  @param {Column} column  @param {[string, number | null][] | null} every  @param {Filter[]} filters
 * @returns {[HTMLElement[], () => Filter[]]} */
function draw_fields({ say }, column, every, filters) {
  const { name, kind } = column, group = `op-${++numbered}`;
  const set = (/** @type {string} */ op) => filters.find((filter) => filter.op === op);
  const radios = (/** @type {string[]} */ ops) => ops.map((op) => {
    const input = make("input", { type: "radio", name: group, value: op, checked: Boolean(set(op)) });
    return [input, make("label", { className: "view-choice" }, input, " ", say(`op_${op}`))];
  });
  if (every && kind !== "integer") {
    const excluded = set("out"), picked = new Set([(set("in") ?? excluded)?.value ?? []].flat());
    const values = every.filter(([value, count]) => count !== 0 || picked.has(value));
    const boxes = values.map(([value]) => make("input", { type: "checkbox", value, checked: picked.has(value) }));
    const list = make("fieldset", { className: "view-values" }, make("legend", {}, say("filter_pick")),
      ...boxes.map((box, n) => make("label", { className: "view-choice" }, box, " ", box.value,
        values[n][1] === null ? "" : make("small", {}, ` ${Number(values[n][1]).toLocaleString("en")}`))));
    const others = radios(["empty", "filled"]);
    const part = make("input", { type: "search", value: String(set("has")?.value ?? ""), autocomplete: "off" });
    const none = make("input", { type: "checkbox", checked: Boolean(excluded) });
    const typed = kind === "boolean" ? [] : [make("p", {}, make("label", {}, say("op_has"), " ", part))];
    return [[list, make("p", {}, make("label", { className: "view-choice" }, none, " ", say("op_out"))), ...typed, make("p", {}, ...others.map(([, label]) => label))], () => {
      const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
      return [
        ...(chosen.length ? [{ column: name, op: none.checked ? "out" : "in", value: chosen }] : []),
        ...(part.value.trim() ? [{ column: name, op: "has", value: part.value.trim() }] : []),
        ...checked(others, name),
      ];
    }];
  }
  const others = radios(["empty", "filled"]);
  if (kind === "text" || kind === "list") {
    const ops = make("select", { ariaLabel: say("filter_how") }, ...["has", "lacks", "eq"].map((op) => make("option", { value: op }, say(`op_${op}`))));
    const mine = set("eq") ?? set("lacks") ?? set("has");
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
