// SQL over the tables of a dataset: an editor, its answer as a table, and the query in the address.  The engines run in
// workers, which are only fetched when a query is run: a small one, and DuckDB where the catalogue has it.

import { write_csv } from "./csv.js";
import { make } from "./element.js";
import { read_words } from "./say.js";
import { plan_chart } from "./sql-chart.js";
import { list_words, quote, start as complete } from "./sql-complete.js";
import { list_functions, make_help } from "./sql-help.js";
import { list_named, read_dataset, share_columns, write_join } from "./sql-others.js";

/** @typedef {import("./sql-others.js").Source} Source */

const SHOWN = 200; // rows of an answer that are drawn
const HELPED = ["heavy", "window", "function", "function_like", "syntax", "union", "query"]; // what the small engine can't, but DuckDB may

/** @param {HTMLElement} element */
export function start(element) {
  const say = read_words("sql_say_");
  const items = /** @type {HTMLElement[]} */ ([...element.querySelectorAll("[data-name]")]);
  const sources = items.map(read_source);
  const read_address = () => new URLSearchParams(location.search).get("sql");
  const asked = read_address();
  const query = make("textarea", { rows: 7, spellcheck: false, autocapitalize: "off", ariaLabel: say("label"), value: asked ?? items[0].dataset.query });
  const run = make("button", { className: "button" }, say("run"));
  const full = make("button", { type: "button", hidden: true });
  const anyway = make("button", { type: "button", hidden: true }, say("anyway"));
  const stop = make("button", { type: "button", hidden: true }, say("stop"));
  const meter = make("progress", { hidden: true, ariaLabel: say("running") });
  const status = make("p", { className: "view-status", role: "status" });
  const alert = make("p", { className: "view-alert", role: "alert" });
  const answer = make("div", {});
  const form = make("form", {}, query, make("div", { className: "sql-run" }, run, full, stop, meter, status), alert, anyway);
  element.after(make_help());
  for (const item of items) {
    const example = make("button", { type: "button", className: "sql-example" }, say("example"));
    example.addEventListener("click", () => {
      query.value = item.dataset.query ?? "";
      query.focus();
    });
    item.querySelector("details")?.append(example);
  }
  element.append(form, answer);
  complete(query, () => list_offers(sources), say);
  const tables = new Others(element, sources, say, (text) => {
    query.value = text;
    query.focus();
  });

  let worker = /** @type {Worker | null} */ (null);
  let engine = "light", engine_bytes = 0;
  if (element.dataset.duckdb !== undefined) {
    import("./duckdb-size.js").then(({ BYTES }) => {
      engine_bytes = BYTES;
      full.append(say("full", { size: (BYTES / 1e6).toFixed(1) }));
      full.hidden = false;
    });
  }
  const rest = (/** @type {string} */ words) => {
    stop.hidden = meter.hidden = true;
    run.disabled = full.disabled = false;
    status.textContent = words;
  };
  const refuse = (/** @type {import("./sql-mistakes.js").Mistake} */ { trouble, args, at, nowhere }) => {
    const where = at ? say("place", args) : "";
    const helps = engine === "light" && HELPED.includes(trouble) && !nowhere;
    const help = helps ? say(engine_bytes ? "help_full" : trouble === "heavy" ? "help_heavy" : "help_light") : "";
    alert.textContent = [where, say(`error_${trouble}`, args), help].filter(Boolean).join(" ");
    anyway.hidden = trouble !== "heavy";
    query.setAttribute("aria-invalid", String(Boolean(at)));
    if (at && document.activeElement === query) query.setSelectionRange(at[0], at[1]);
    rest("");
  };
  const begin = async (/** @type {{anyway?: boolean}} */ options = {}) => {
    const started = performance.now();
    const address = new URL(location.href);
    address.searchParams.set("sql", query.value);
    if (query.value !== read_address()) history.pushState(history.state, "", address);
    alert.textContent = "";
    anyway.hidden = true;
    query.removeAttribute("aria-invalid");
    status.textContent = say("running");
    stop.hidden = meter.hidden = false;
    run.disabled = full.disabled = true;
    meter.removeAttribute("value");
    const missing = await tables.add_named(query.value);
    if (missing) return refuse({ trouble: "dataset", args: { name: missing } });
    worker ??= new Worker(engine === "light" ? new URL("./sql-worker.js", import.meta.url) : new URL("./sql-duckdb.js", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }) => {
      if (data.done !== undefined) {
        [meter.max, meter.value] = [data.total, data.done];
        if (data.engine) status.textContent = say("loading", { done: (data.done / 1e6).toFixed(1), total: (data.total / 1e6).toFixed(1) });
        else if (engine !== "light") status.textContent = say("running");
        return;
      }
      if (data.trouble) {
        refuse(data);
        return;
      }
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      rest(say("result", { n: data.rows.length, seconds }));
      answer.replaceChildren(...draw_chart(data, say, element), ...draw_answer(data, say, `${element.dataset.save}-sql.csv`));
    };
    worker.onerror = () => {
      alert.textContent = say("error_worker");
      worker = null;
      rest("");
    };
    worker.postMessage({ query: query.value, sources: sources.map(({ name, url, bytes }) => ({ name, url, bytes })), engine: engine_bytes, anyway: options.anyway });
  };
  const change = (/** @type {string} */ other) => {
    if (engine === other) return;
    worker?.terminate();
    worker = null;
    engine = other;
  };
  full.addEventListener("click", () => {
    change("duckdb");
    begin();
  });
  anyway.addEventListener("click", () => begin({ anyway: true }));
  stop.addEventListener("click", () => {
    worker?.terminate();
    worker = null;
    rest(say("stopped"));
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    begin();
  });
  query.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  addEventListener("popstate", () => {
    const now = read_address();
    if (now === query.value) return;
    query.value = now ?? items[0].dataset.query ?? "";
    if (now) begin();
    else answer.replaceChildren();
  });
  if (asked) begin();
}

/** A table of this dataset, as the page lists it.  @param {HTMLElement} item  @returns {Source} */
function read_source(item) {
  const { name = "", parquet = "", bytes } = item.dataset;
  const fields = /** @type {HTMLElement[]} */ ([...item.querySelectorAll("[data-column]")]);
  const columns = fields.map(({ dataset }) => ({ name: dataset.column ?? "", type: "", title: dataset.title ?? "" }));
  return { name, url: new URL(parquet, location.href).href, bytes: Number(bytes), columns, title: item.querySelector("summary")?.lastChild?.textContent?.trim() ?? "" };
}

/** @param {Source[]} sources  @returns {import("./sql-complete.js").Offer[]} */
function list_offers(sources) {
  return [
    ...sources.map(({ name, title }) => ({ text: quote(name), about: title, kind: /** @type {const} */ ("table") })),
    ...sources.flatMap(({ name: table, columns }) => columns.map(({ name, title }) => ({ text: quote(name), about: title === name ? "" : title, kind: /** @type {const} */ ("column"), table }))),
    ...list_functions().map((name) => ({ text: `${name}(`, about: "", kind: /** @type {const} */ ("function") })),
    ...list_words(),
  ];
}

/** Tables of other datasets, which are added to the list of those that a query may name. */
class Others {
  /** @param {HTMLElement} element  @param {Source[]} sources  @param {ReturnType<typeof read_words>} say  @param {(text: string) => void} show */
  constructor(element, sources, say, show) {
    this.sources = sources;
    this.mine = element.dataset.save ?? "";
    this.own = /** @type {Source[] | null} */ (null);
    this.say = say;
    this.show = show;
    this.base = new URL("../", new URL(element.dataset.package ?? "", location.href)).href;
    this.list = element.querySelector(".sql-tables");
    const names = make("datalist", { id: "sql-datasets" });
    const field = make("input", { type: "text", autocomplete: "off", spellcheck: false });
    field.setAttribute("list", "sql-datasets");
    const add = make("button", { type: "button", className: "sql-example" }, say("others_add"));
    const told = make("span", { role: "status" });
    field.addEventListener("focus", async () => {
      const response = await fetch(new URL("../api/3/action/package_list", this.base)).catch(() => null);
      const all = /** @type {string[]} */ (response?.ok ? (await response.json()).result : []);
      names.replaceChildren(...all.filter((name) => name !== element.dataset.save).map((value) => make("option", { value })));
    }, { once: true });
    const go = async () => {
      const name = field.value.trim();
      if (!name || this.sources.some((each) => each.name.startsWith(`${name}.`))) return;
      const count = await this.add(name);
      told.textContent = count === null ? say("error_dataset", { name }) : say("others_added", { n: count, name });
      if (count !== null) field.value = "";
    };
    add.addEventListener("click", go);
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") go();
    });
    this.list?.after(make("div", { className: "sql-others" }, make("label", {}, say("others"), " ", field), " ", add, " ", told, names));
  }

  /** Adds a dataset's tables; how many, or null where there is no such dataset.  @param {string} dataset */
  async add(dataset) {
    const found = await read_dataset(this.base, dataset);
    if (!found) return null;
    this.own ??= (await read_dataset(this.base, this.mine, false) ?? []).map((each) => ({ ...each, name: each.name.slice(this.mine.length + 1).replace(/\W/g, "_") }));
    for (const source of found) {
      this.sources.push(source);
      this.list?.append(this.draw(source));
    }
    return found.length;
  }

  /** Adds the datasets that a query names; the name of one that isn't there.  @param {string} query */
  async add_named(query) {
    for (const dataset of list_named(query, (name) => this.sources.some((each) => each.name === name))) {
      if (await this.add(dataset) === null) return dataset;
    }
    return null;
  }

  /** @param {Source} source */
  draw(source) {
    const joins = (this.own ?? []).flatMap((mine) => {
      const shared = share_columns(mine.columns, source.columns);
      if (!shared.length) return [];
      const example = make("button", { type: "button", className: "sql-example" }, this.say("join"));
      example.addEventListener("click", () => this.show(write_join(mine.name, source.name, shared, quote)));
      return [make("li", {}, this.say("shared", { table: mine.name, columns: shared.join(this.say("comma")) }), " ", example)];
    });
    const columns = source.columns.map(({ name, type, title }) => make("li", {}, make("code", {}, name), ` ${type}`, title && title !== name ? `${this.say("comma")}${title}` : ""));
    return make("li", {}, make("details", { open: joins.length > 0 }, make("summary", {}, make("code", {}, quote(source.name)), ` ${source.title}`), make("ul", {}, ...joins, ...columns)));
  }
}

/** A button that draws the answer, where it can be drawn.  @param {{columns: string[], numeric: boolean[], rows: (string | null)[][]}} data
 * @param {ReturnType<typeof read_words>} say  @param {HTMLElement} element */
function draw_chart(data, say, element) {
  const plan = element.dataset.charts !== undefined ? plan_chart(data) : null;
  if (!plan) return [];
  const box = make("div", {}), button = make("button", { type: "button", className: "button quiet" }, say("chart"));
  const say_chart = read_words("chart_say_");
  button.setAttribute("aria-expanded", "false");
  button.addEventListener("click", async () => {
    const open = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!open));
    button.textContent = say(open ? "chart" : "chart_close");
    if (open) return box.replaceChildren();
    const { make_figure } = await import("./sql-figure.js");
    const { figure, draw } = make_figure(plan, say, say_chart);
    box.replaceChildren(figure);
    draw();
  });
  return [make("p", {}, button), box];
}

/** @param {{columns: string[], numeric: boolean[], rows: (string | null)[][], more: boolean}} data  @param {ReturnType<typeof read_words>} say  @param {string} name */
function draw_answer({ columns, numeric, rows, more }, say, name) {
  const cell = (/** @type {string | null} */ text, /** @type {number} */ c) => make("td", { className: numeric[c] ? "n" : "" }, text ?? "");
  const table = make("table", { className: "preview" },
    make("caption", {}, say("caption")),
    make("thead", {}, make("tr", {}, ...columns.map((column, c) => make("th", { scope: "col", className: numeric[c] ? "n" : "" }, column)))),
    make("tbody", {}, ...rows.slice(0, SHOWN).map((cells) => make("tr", {}, ...cells.map(cell)))));
  const notes = [
    ...(rows.length > SHOWN ? [make("p", { className: "small" }, say("part", { shown: SHOWN }))] : []),
    ...(more ? [make("p", { className: "small" }, say("more", { n: rows.length }))] : []),
  ];
  const mark = make("input", { type: "checkbox" });
  const save = make("button", { type: "button", className: "button quiet" }, say("save"));
  save.addEventListener("click", () => {
    const link = make("a", { href: URL.createObjectURL(write_csv(columns, rows, mark.checked)), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  });
  return [make("div", { className: "scroll", role: "region", tabIndex: 0, ariaLabel: say("caption") }, table), ...notes,
    make("p", {}, save), make("p", {}, make("label", { className: "view-choice" }, mark, " ", say("mark")))];
}
