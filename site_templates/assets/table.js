// The view of one table: its preview becomes a table that sorts, filters, searches and pages through the whole Parquet
// file.  What is shown stands in the address, so that it can be shared.  The reading is done by a worker, which starts
// at the first question.

import { make } from "./element.js";
import { load_errata, mark_wrong } from "./errata.js";
import { fold, group_digits, mark_hits } from "./fold.js";
import { read_words } from "./say.js";

/** @typedef {import("./table-filter.js").Filter} Filter */
/** @typedef {import("./table-filter.js").Column} Column */
/** @typedef {{search: string, filters: Filter[], sort: string, down: boolean, page: number, size: number, show: string[]}} State */

const SIZES = [10, 25, 50, 100];
const OPS = ["has", "lacks", "eq", "in", "out", "ge", "le", "empty", "filled", "within"];
const IN_ENGLISH = document.documentElement.lang === "en", JAPANESE = /[\u3040-\u30ff\u3400-\u9fff\uff66-\uff9d]/;
const PATIENCE = 400; // milliseconds before progress is shown

const views = /** @type {WeakMap<HTMLElement, View>} */ (new WeakMap());

/** The view of an element, drawn once.  @param {HTMLElement} element */
export function start(element) {
  let view = views.get(element);
  if (!view) {
    views.set(element, (view = new View(element)));
    view.draw_frame();
  }
  return view;
}

export class View {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    this.name = element.dataset.view ?? "";
    this.say = read_words("view_");
    this.table = /** @type {HTMLTableElement} */ (element.querySelector("table"));
    /** @type {Column[]} */
    this.columns = JSON.parse(element.dataset.columns ?? "[]").map((/** @type {any[]} */ [name, title, unit, number, grouped]) => (
      { name, title, unit, grouped, kind: number ? "number" : "text", least: "", most: "" }));
    this.preset = Array.from(this.table.tHead?.rows[0].cells ?? [], (cell) => cell.dataset.name ?? "");
    const sort = element.dataset.sort ?? "";
    this.order = { sort: sort.replace(/^-/, ""), down: sort.startsWith("-") };
    this.described = false;
    this.total = Number(element.dataset.rows);
    this.count = this.total;
    this.first = this.table.tBodies[0].rows.length;
    this.state = this.read_address();
    /** @type {Map<string, string> | null} the errata of cells, by "row column" */
    this.wrong = null;
    /** @type {Worker | null} */
    this.worker = null;
    this.asked = 0;
    this.followed = ""; // what table-follow.js offers to follow, as JSON
    /** @type {Map<number, {answer: (data: any) => void, tell: (data: any) => void}>} */
    this.waiting = new Map();
    // A chart of this table asks for numbers of the rows that are left.
    element.addEventListener("chart", (event) => {
      const { plan, answer } = /** @type {CustomEvent} */ (event).detail, { search, filters } = this.state;
      answer(search || filters.length ? this.ask({ ask: "chart", plan, query: { search, filters: JSON.parse(JSON.stringify(filters)) } }) : null);
    });
  }

  // ---- the address ---------------------------------------------------------------------------------------------

  /** What the address says of this table: `schedule.sort=-date&schedule.has.station=宿`.  @returns {State} */
  read_address() {
    const state = /** @type {State} */ ({ search: "", filters: [], sort: "", down: false, page: 1, size: 0, show: [] });
    for (const [key, value] of new URLSearchParams(location.search)) {
      if (!key.startsWith(`${this.name}.`)) continue;
      const rest = key.slice(this.name.length + 1), dot = rest.indexOf(".");
      const what = dot < 0 ? rest : rest.slice(0, dot), column = dot < 0 ? "" : rest.slice(dot + 1);
      if (what === "q") state.search = value;
      else if (what === "sort") [state.sort, state.down] = value.startsWith("-") ? [value.slice(1), true] : [value, false];
      else if (what === "page") state.page = Math.max(1, Math.floor(Number(value)) || 1);
      else if (what === "size") state.size = [...SIZES, this.first].includes(Number(value)) ? Number(value) : 0;
      else if (what === "show") state.show.push(value);
      else if (OPS.includes(what) && this.columns.some((each) => each.name === column)) {
        const many = what === "in" || what === "out", same = many && state.filters.find((filter) => filter.op === what && filter.column === column);
        if (what === "within") this.read_within(state, column, value);
        else if (same) /** @type {string[]} */ (same.value).push(value);
        else state.filters.push({ column, op: what, value: many ? [value] : value });
      }
    }
    if (!this.columns.some((column) => column.name === state.sort)) state.sort = "";
    state.show = state.show.filter((name) => this.columns.some((column) => column.name === name));
    return state;
  }

  /** The condition "in this part of the map", if it is one of this table.  @param {State} state  @param {string} column  @param {string} value */
  read_within(state, column, value) {
    const place = /** @type {string[]} */ (JSON.parse(this.element.dataset.place || "[]")), box = value.split(",").map(Number);
    if (place[1] === column && box.length === 4 && box.every(Number.isFinite)) state.filters.push({ column, op: "within", value, place });
  }

  /** Returns the address that says what is shown. */
  write_address() {
    const { search, filters, sort, down, page, size, show } = this.state;
    const query = new URLSearchParams([...new URLSearchParams(location.search)].filter(([key]) => !key.startsWith(`${this.name}.`)));
    const put = (/** @type {string} */ key, /** @type {string | number} */ value) => query.append(`${this.name}.${key}`, String(value));
    if (search) put("q", search);
    for (const { column, op, value } of filters) for (const each of [value].flat()) put(`${op}.${column}`, each);
    if (sort) put("sort", (down ? "-" : "") + sort);
    if (page > 1) put("page", page);
    if (size) put("size", size);
    for (const name of show) put("show", name);
    const text = query.toString();
    return `${location.pathname}${text ? `?${text}` : ""}${location.hash}`;
  }

  /** Shows another state, which "Back" undoes; words that are typed on are one change, as is a map that is moved.
   * @param {Partial<State>} change  @param {string} what */
  change(change, what = Object.keys(change).join()) {
    const again = (what === "search" || what === "map") && this.changed === what;
    this.changed = what;
    this.state = { page: 1, ...Object.fromEntries(Object.entries(this.state).filter(([key]) => key !== "page")), ...change };
    history[again ? "replaceState" : "pushState"](history.state, "", this.write_address());
    return this.refresh();
  }

  /** Shows what the address says, after "Back" or "Forward". */
  follow() {
    const state = this.read_address();
    if (JSON.stringify(state) === JSON.stringify(this.state)) return;
    this.state = state;
    this.changed = "";
    this.search.value = state.search;
    this.refresh();
  }

  // ---- the worker ----------------------------------------------------------------------------------------------

  /** Asks the worker.  @param {any} question  @param {(data: any) => void} tell  @returns {Promise<any>} */
  ask(question, tell = () => {}) {
    if (!this.worker) {
      this.worker = new Worker(new URL("./view-worker.js", import.meta.url), { type: "module" });
      this.worker.onmessage = ({ data }) => {
        const wait = this.waiting.get(data.id);
        if (data.columns) this.describe(data.columns);
        if (data.total !== undefined || data.part) wait?.tell(data);
        else {
          this.waiting.delete(data.id);
          wait?.answer(data);
        }
      };
      this.worker.onerror = () => {
        for (const { answer } of this.waiting.values()) answer({ trouble: "worker", args: {} });
        this.waiting.clear();
      };
    }
    const id = ++this.asked;
    const { parquet, bytes } = this.element.dataset;
    this.worker.postMessage({ id, url: new URL(parquet ?? "", location.href).href, bytes: Number(bytes), ...question });
    return new Promise((answer) => this.waiting.set(id, { answer, tell }));
  }

  /** @param {Column[]} described */
  describe(described) {
    if (this.described) return;
    this.described = true;
    for (const column of this.columns) Object.assign(column, described.find((each) => each.name === column.name));
  }

  query() {
    const { search, filters, page } = this.state;
    const columns = this.shown().map((column) => column.name);
    return { search, filters: JSON.parse(JSON.stringify(filters)), ...this.sorted(), from: (page - 1) * this.size, count: this.size, columns };
  }

  /** The order of the rows: the one that was chosen, or that of the page. */
  sorted() {
    const { sort, down } = this.state;
    return sort ? { sort, down } : this.order;
  }

  /** Rows of a page: as many as the page came with, as long as it is only turned. */
  get size() {
    return this.state.size || (this.is_plain() && this.first ? this.first : 25);
  }

  is_plain() {
    const { search, filters, sort, show } = this.state;
    return !search && !filters.length && !sort && !show.length;
  }

  is_untouched() {
    return this.is_plain() && this.state.page === 1;
  }

  async refresh() {
    this.alert.textContent = "";
    if (this.element.dataset.errata) this.wrong ??= await load_errata(this.element.dataset.errata);
    const answer = await this.work({ ask: "view", query: this.query() }, (data) => this.draw_rows(data, true));
    if (answer.cells) {
      if (answer.from !== (this.state.page - 1) * this.size) {
        this.state.page = answer.from / this.size + 1;
        history.replaceState(history.state, "", this.write_address());
      }
      this.draw_rows(answer, false);
      const { filters } = this.state, alone = this.count === 1 && filters.length > 0 && filters.every(({ op }) => op === "eq");
      if (alone) await (await import("./table-record.js")).draw_record(this, this.record);
      else this.record.hidden = true;
    }
    this.draw_tools();
    this.element.dispatchEvent(new Event("filtered"));
  }

  /** Asks, and shows how far it is where that takes a while, and what went wrong.
   * @param {any} question  @param {(data: any) => void} part */
  async work(question, part = () => {}) {
    this.table.setAttribute("aria-busy", "true");
    const turn = this.turn = (this.turn ?? 0) + 1;
    const soon = setTimeout(() => {
      this.wait.hidden = false;
    }, PATIENCE);
    this.meter.removeAttribute("value");
    const answer = await this.ask(question, (data) => {
      if (data.part) part(data);
      else [this.meter.value, this.meter.max] = [data.done, data.total];
    });
    clearTimeout(soon);
    if (this.turn !== turn) return { stopped: true };
    this.wait.hidden = true;
    this.table.removeAttribute("aria-busy");
    if (answer.trouble) this.alert.textContent = this.say(`error_${answer.trouble}`, answer.args);
    return answer;
  }

  stop() {
    this.worker?.postMessage({ id: 0, ask: "stop" });
    this.wait.hidden = true;
    this.table.removeAttribute("aria-busy");
    this.status.textContent = this.say("stopped");
  }

  // ---- what is seen --------------------------------------------------------------------------------------------

  draw_frame() {
    const { say } = this;
    this.search = make("input", { type: "search", value: this.state.search, ariaLabel: say("search_label"), placeholder: say("search"), autocomplete: "off" });
    let typed = 0;
    this.search.addEventListener("input", () => {
      clearTimeout(typed);
      typed = setTimeout(() => this.change({ search: this.search.value.trim() }), 500);
    });
    const form = make("form", { className: "view-search" }, this.search);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      clearTimeout(typed);
      this.change({ search: this.search.value.trim() });
    });
    this.panel = make("div", { className: "view-panel", id: `view-panel-${this.name}`, hidden: true });
    this.filter = this.make_opener(async () => (await import("./table-filter.js")).draw_filter(this));
    this.chooser = this.make_opener(async () => (await import("./table-panels.js")).draw_columns(this));
    this.saver = this.make_opener(async () => (await import("./table-save.js")).draw_saver(this));
    this.tools = make("div", { className: "view-tools" }, form, this.filter, this.chooser, this.saver);
    this.panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.open_panel(null);
    });
    this.record = make("section", { className: "view-record", hidden: true });
    this.chips = make("ul", { className: "view-chips", hidden: true });
    this.status = make("p", { className: "view-status", role: "status" });
    this.alert = make("p", { className: "view-alert", role: "alert" });
    this.meter = make("progress", { ariaLabel: say("reading") });
    const stop = make("button", { type: "button" }, say("stop"));
    stop.addEventListener("click", () => this.stop());
    this.wait = make("div", { className: "view-wait", hidden: true }, say("reading"), this.meter, stop);
    this.table.parentElement?.before(this.tools, this.panel, this.chips, this.wait, this.alert, this.record);
    this.draw_pager();
    this.table.parentElement?.after(this.pager);
    this.draw_head();
    this.element.classList.add("live");
    addEventListener("popstate", () => this.follow());
    if (this.is_untouched() && !this.state.size) {
      this.add_openers(0);
      this.draw_tools();
    } else this.refresh();
  }

  /** A button that opens the panel, and closes it again.  @param {() => Promise<Node>} draw */
  make_opener(draw) {
    const button = make("button", { type: "button", "aria-expanded": "false", "aria-controls": this.panel.id });
    button.addEventListener("click", () => this.open_panel(button.getAttribute("aria-expanded") === "true" ? null : button, draw));
    return button;
  }

  /** @param {HTMLButtonElement | null} opener  @param {() => Promise<Node>} [draw] */
  async open_panel(opener, draw) {
    for (const button of [this.filter, this.chooser, this.saver]) {
      if (!opener && button.getAttribute("aria-expanded") === "true") button.focus();
      button.setAttribute("aria-expanded", String(button === opener));
    }
    this.panel.replaceChildren();
    const drawn = draw ? [await draw()] : [];
    if (opener && opener.getAttribute("aria-expanded") !== "true") return;
    this.panel.replaceChildren(...drawn);
    this.panel.hidden = !opener;
    this.drawn = opener === this.filter ? JSON.stringify([this.state.search, this.state.filters]) : "";
  }

  draw_pager() {
    const { say } = this;
    const turn = (/** @type {string} */ word, /** @type {number} */ by) => {
      const button = make("button", { type: "button" }, say(word));
      button.addEventListener("click", () => this.change({ page: this.state.page + by }));
      return button;
    };
    this.back = turn("back", -1);
    this.next = turn("next", 1);
    this.number = make("input", { type: "number", min: "1", inputMode: "numeric", ariaLabel: say("page") });
    this.number.addEventListener("change", () => this.change({ page: Math.max(1, Math.floor(Number(this.number.value)) || 1) }));
    this.pages = make("span", {});
    const sizes = [...new Set([this.first || 25, ...SIZES])].sort((a, b) => a - b);
    this.sizes = make("select", { ariaLabel: say("size") }, ...sizes.map((size) => make("option", { value: String(size) }, say("size_n", { n: size }))));
    this.sizes.addEventListener("change", () => this.change({ size: Number(this.sizes.value) }));
    this.pager = make("div", { className: "view-pager" }, this.status, this.back, make("label", {}, this.number, " / ", this.pages), this.next, this.sizes);
  }

  shown() {
    const { show } = this.state;
    return (show.length ? show : this.preset).map((name) => /** @type {Column} */ (this.columns.find((column) => column.name === name)));
  }

  draw_head() {
    const cells = this.shown().map((column) => {
      const button = make("button", { type: "button", className: "view-sort" }, column.title, column.unit ? make("small", {}, ` ${column.unit}`) : "");
      button.addEventListener("click", () => {
        const { sort, down } = this.sorted(), again = sort === column.name;
        this.change(!again ? { sort: column.name, down: false } : !down ? { sort, down: true } : this.order.sort === sort ? { sort, down: false } : { sort: "", down: false });
      });
      const cell = make("th", { scope: "col", className: is_number(column) ? "n" : "" }, button);
      cell.dataset.name = column.name;
      return cell;
    });
    this.table.tHead?.rows[0].replaceChildren(...cells);
    this.mark_sorted();
  }

  mark_sorted() {
    const { sort, down } = this.sorted();
    for (const cell of this.table.tHead?.rows[0].cells ?? []) {
      if (cell.dataset.name === sort) cell.setAttribute("aria-sort", down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    }
  }

  /** @param {{cells: (string | null)[][], count: number, from: number, rows: number[]}} answer  @param {boolean} more  whether more may be found */
  draw_rows({ cells, count, from, rows: numbers }, more) {
    this.count = count;
    const columns = this.shown();
    const { search, filters } = this.state, words = fold(search).split(/\s+/).filter(Boolean);
    const wanted = columns.map(({ name }) => [...words, ...filters.filter(({ column, op }) => column === name && op === "has").map(({ value }) => fold(String(value)))]);
    const rows = Array.from(cells[0] ?? [], (_, n) => make("tr", { "aria-rowindex": String(from + n + 2) }, ...cells.map((values, c) => {
      const text = values[n] ?? "", number = is_number(columns[c]);
      const lang = IN_ENGLISH && JAPANESE.test(text) ? "ja" : "";
      const shown = columns[c].grouped && !wanted[c].length ? [group_digits(text)] : mark_hits(text, wanted[c]);
      const cell = make(c ? "td" : "th", { className: number ? "n" : "", scope: c ? "" : "row", title: text.length > 40 ? text : "", lang }, ...shown);
      if (c && number) cell.dataset.label = columns[c].title;
      const wrong = this.wrong?.get(`${numbers[n] + 1} ${columns[c].name}`);
      if (wrong) cell.append(" ", mark_wrong(this.name, wrong, this.say("wrong")));
      return cell;
    })));
    this.table.setAttribute("aria-rowcount", String(count + 1));
    this.table.tBodies[0].replaceChildren(...rows);
    if (!more) this.add_openers(from);
    const names = this.shown().map((column) => column.name).join("\0");
    if (names !== Array.from(this.table.tHead?.rows[0].cells ?? [], (cell) => cell.dataset.name).join("\0")) this.draw_head();
    this.mark_sorted();
    const caption = this.say("caption", { table: this.element.dataset.title ?? this.name });
    if (this.table.caption) this.table.caption.textContent = caption;
    if (this.table.parentElement) this.table.parentElement.ariaLabel = caption;
    this.draw_count(from, rows.length, more);
  }

  /** Adds to each row what opens its record, where a key tells records apart.  @param {number} from  the place of the first of them */
  add_openers(from) {
    const key = /** @type {string[]} */ (JSON.parse(this.element.dataset.key || "[]"));
    if (!key.length || this.count < 2) return;
    Array.from(this.table.tBodies[0].rows, (row, n) => {
      const button = make("button", { type: "button", className: "view-open", ariaLabel: this.say("record_open", { name: row.cells[0].textContent ?? "" }) });
      button.addEventListener("click", async () => {
        const { cells } = await this.work({ ask: "view", query: { ...this.query(), from: from + n, count: 1, columns: key } });
        if (cells) this.change({ search: "", show: [], filters: key.map((column, k) => ({ column, op: "eq", value: cells[k][0] ?? "" })) });
      });
      row.cells[0].append(button);
    });
  }

  /** @param {number} from  @param {number} length  @param {boolean} more */
  draw_count(from, length, more) {
    const words = !this.count ? "none" : more ? "count_more" : this.count < this.total ? "count_of" : "count";
    this.status.textContent = this.say(words, { first: from + 1, last: from + length, n: this.count, all: this.total });
  }

  draw_tools() {
    const { say, state } = this;
    if (!this.status.textContent) this.draw_count(0, this.first, false);
    const last = Math.max(1, Math.ceil(this.count / this.size));
    this.number.value = String(state.page);
    this.number.max = String(last);
    this.pages.textContent = last.toLocaleString("en");
    this.back.disabled = state.page <= 1;
    this.next.disabled = state.page >= last;
    this.sizes.value = String(this.size);
    if (this.search !== document.activeElement) this.search.value = state.search;
    this.filter.textContent = state.filters.length ? say("filter_n", { n: state.filters.length }) : say("filter");
    this.chooser.textContent = state.show.length ? say("columns_n", { n: state.show.length, all: this.columns.length }) : this.preset.length < this.columns.length
      ? say("columns_n", { n: this.preset.length, all: this.columns.length }) : say("columns");
    this.saver.textContent = say("save");
    this.follow_filters();
    if (this.saver.getAttribute("aria-expanded") === "true") import("./table-save.js").then(({ draw_saver }) => this.saver.getAttribute("aria-expanded") === "true" && this.panel.replaceChildren(draw_saver(this)));
    this.chips.replaceChildren(...state.filters.map((filter) => {
      const words = this.tell_filter(filter);
      const button = make("button", { type: "button", ariaLabel: say("remove", { what: words }) }, words);
      button.addEventListener("click", () => this.change({ filters: state.filters.filter((each) => each !== filter) }));
      return make("li", {}, button);
    }));
    if (state.filters.length || state.search || state.sort || state.show.length) {
      const button = make("button", { type: "button", className: "view-reset" }, say("reset"));
      button.addEventListener("click", () => {
        this.search.value = "";
        this.change({ search: "", filters: [], sort: "", down: false, show: [] });
      });
      this.chips.append(make("li", {}, button));
    }
    this.chips.hidden = !this.chips.childElementCount;
    const followed = document.getElementById(`follow-${this.name}`);
    if (followed instanceof HTMLTemplateElement && (state.filters.length === 1 || this.followed)) import("./table-follow.js").then(({ draw_follow }) => draw_follow(this, followed));
  }

  /** Draws the form of the conditions again where they have changed under it. */
  follow_filters() {
    const drawn = this.filter.getAttribute("aria-expanded") === "true" ? JSON.stringify([this.state.search, this.state.filters]) : "";
    if (drawn && this.drawn && drawn !== this.drawn) {
      const within = this.panel.contains(document.activeElement);
      import("./table-filter.js").then(({ draw_filter }) => {
        this.panel.replaceChildren(draw_filter(this));
        if (within) /** @type {HTMLElement | null} */ (this.panel.querySelector("button.button"))?.focus();
      });
    }
    this.drawn = drawn;
  }

  /** @param {Filter} filter */
  tell_filter({ column: name, op, value }) {
    const column = this.columns.find((each) => each.name === name);
    return this.say(`filter_${op}`, { column: column?.title ?? name, value: [value].flat().join(this.say("or")) });
  }
}

/** @param {Column} column */
function is_number(column) {
  return column.kind === "integer" || column.kind === "number";
}
