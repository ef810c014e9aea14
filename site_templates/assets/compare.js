// Two versions of a table compared on the page: a form to choose them, and what differs as a table.  The list of published
// comparisons below stays, for whoever has no script.

import { make } from "./element.js";
import { read_words } from "./say.js";

/** @typedef {{version: string, package: string}} Version */

const SIZE = 25;
const KINDS = ["added", "removed", "changed"];

/** @param {HTMLElement} element */
export function start(element) {
  new Comparison(element).draw();
}

class Comparison {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    this.say = read_words("compare_");
    this.tell = read_words("view_");
    /** @type {Version[]} newest first */
    this.versions = JSON.parse(element.dataset.versions ?? "[]").map((/** @type {string[]} */ [version, place]) => ({ version, package: new URL(place, location.href).href }));
    /** @type {[string, string][]} */
    this.tables = JSON.parse(element.dataset.tables ?? "[]");
    this.from = 0;
    this.asked = 0;
    /** @type {any} */
    this.sides = null;
    /** @type {Worker | null} */
    this.worker = null;
  }

  draw() {
    const { say } = this, options = () => this.versions.map(({ version }) => new Option(version, version));
    this.before = make("select", { name: "before" }, ...options());
    this.after = make("select", { name: "after" }, ...options());
    this.before.value = this.versions[1].version;
    this.table = make("select", { name: "table" }, ...this.tables.map(([name, title]) => new Option(title, name)));
    this.what = make("select", { name: "what" }, new Option(say("all"), ""), ...KINDS.map((kind) => new Option(say(kind), kind)));
    this.column = make("select", { name: "column" }, new Option(say("all_columns"), ""));
    this.text = make("input", { type: "search", name: "text", autocomplete: "off" });
    const label = (/** @type {string} */ key, /** @type {HTMLElement} */ field) => make("label", {}, `${say(key)} `, field);
    this.status = make("p", { role: "status" });
    this.alert = make("p", { role: "alert" });
    this.meter = make("progress", { "aria-label": say("reading"), hidden: true });
    this.place = make("div", {});
    const chosen = make("form", { className: "compare-form" }, label("before", this.before), label("after", this.after), ...(this.tables.length > 1 ? [label("table", this.table)] : []), make("button", { type: "submit" }, say("go")));
    this.filters = make("form", { className: "compare-form", hidden: true }, label("what", this.what), label("column", this.column), label("text", this.text), make("button", { type: "submit" }, say("filter")));
    chosen.addEventListener("submit", (event) => {
      event.preventDefault();
      this.begin();
    });
    this.filters.addEventListener("submit", (event) => {
      event.preventDefault();
      this.turn(0);
    });
    for (const select of [this.what, this.column]) select.addEventListener("change", () => this.turn(0));
    this.element.prepend(chosen, this.filters, this.meter, this.status, this.alert, this.place);
  }

  /** Compares the versions that are chosen. */
  async begin() {
    this.alert.textContent = this.status.textContent = "";
    this.place.replaceChildren();
    const at = [this.before, this.after].map((select) => this.versions.findIndex(({ version }) => version === select?.value));
    const [old, now] = at[0] < at[1] ? [at[1], at[0]] : at;
    if (old === now) {
      this.alert.textContent = this.say("same");
      return;
    }
    if (this.filters && this.column && this.what && this.text) {
      this.filters.hidden = true;
      this.what.value = this.column.value = this.text.value = "";
    }
    this.busy(true);
    try {
      this.sides = await this.find(this.versions[old], this.versions[now], old === now + 1);
    } catch (error) {
      this.busy(false);
      this.alert.textContent = error instanceof Error && error.message ? error.message : this.tell("error_fetch", { status: 0 });
      return;
    }
    await this.turn(0, true);
  }

  /** Finds the files of a pair of versions.  @param {Version} old  @param {Version} now  @param {boolean} beside */
  async find(old, now, beside) {
    const name = this.table?.value ?? "", get = async (/** @type {string} */ place) => {
      const answer = await fetch(place);
      if (!answer.ok) throw new Error(this.tell("error_fetch", { status: answer.status }));
      return answer.json();
    };
    if (beside) {
      const folder = new URL(`../changes/${old.version}-${now.version}/`, now.package).href;
      const told = await get(`${folder}changes.json`), change = told.tables.find((/** @type {any} */ each) => each.table === name);
      const file = change?.files.find((/** @type {any} */ each) => each.path === `${name}.parquet`);
      this.structure = change?.structure ?? [];
      if (!change || file || !change.files.length) return { file: file ? { url: folder + file.path, bytes: file.bytes, marks: change.marks } : null, key: change?.key ?? [] };
    }
    const [mine, yours] = await Promise.all([old, now].map(async (version) => {
      const [described, listed] = await Promise.all([get(version.package), get(new URL("manifest.json", version.package).href)]);
      const file = listed.files.find((/** @type {any} */ each) => each.path === `${name}.parquet`);
      if (!file && listed.parts?.[name]) throw new Error(this.say("parted"));
      const resource = described.resources.find((/** @type {any} */ each) => each.name === name);
      if (!file || !resource) throw new Error(this.say("absent", { version: version.version }));
      return { file: { url: new URL(file.path, version.package).href, bytes: file.bytes }, key: /** @type {string[]} */ ([resource.schema.primaryKey ?? []].flat()), names: resource.schema.fields.map((/** @type {any} */ field) => field.name) };
    }));
    const list = (/** @type {string[]} */ names, /** @type {string[]} */ others, /** @type {string} */ what) => names.filter((each) => !others.includes(each)).map((column) => ({ what, column }));
    this.structure = [...list(yours.names, mine.names, "column-added"), ...list(mine.names, yours.names, "column-removed")];
    const key = mine.key.join("\n") === yours.key.join("\n") ? yours.key : [];
    return { before: mine.file, after: yours.file, key };
  }

  /** Shows differences from a number on.  @param {number} from  @param {boolean} fresh */
  async turn(from, fresh = false) {
    this.from = from;
    if (this.sides && !this.sides.before && !this.sides.file) {
      this.busy(false);
      this.show({ counts: { added: 0, removed: 0, changed: 0 }, cells: {}, total: 0, names: [], key: [], rows: [] }, fresh);
      return;
    }
    const answer = await this.ask({ ask: "page", from, count: SIZE });
    if (answer && !answer.stopped) this.show(answer, fresh);
  }

  /** Asks the worker.  @param {any} question  @returns {Promise<any>} */
  ask(question) {
    this.worker ??= new Worker(new URL("./compare-worker.js", import.meta.url), { type: "module" });
    const id = ++this.asked, { worker } = this;
    this.busy(true);
    worker.postMessage({ id, sides: this.sides, filter: { what: this.what?.value, column: this.column?.value, text: this.text?.value }, ...question });
    return new Promise((done) => {
      worker.onerror = () => done({ trouble: "worker", args: {} });
      worker.onmessage = ({ data }) => {
        if (data.id !== id) return;
        if (data.done !== undefined && this.meter) [this.meter.max, this.meter.value] = [data.total, data.done];
        else done(data);
      };
    }).then((/** @type {any} */ data) => {
      if (this.asked !== id) return null;
      this.busy(false);
      if (data.trouble && this.alert) this.alert.textContent = this.tell(`error_${data.trouble}`, data.args);
      return data.trouble ? null : data;
    });
  }

  /** @param {boolean} now */
  busy(now) {
    if (this.meter) {
      this.meter.hidden = !now;
      if (now) this.meter.removeAttribute("value");
    }
  }

  /** @param {any} answer  @param {boolean} fresh */
  show(answer, fresh) {
    const { say } = this, { counts, cells, total, names, key, rows } = answer;
    if (fresh && this.column && this.filters) {
      this.column.replaceChildren(new Option(say("all_columns"), ""), ...names.filter((/** @type {string} */ name) => cells[name]).map((/** @type {string} */ name) => new Option(`${this.title(name)} (${cells[name].toLocaleString("en")})`, name)));
      this.filters.hidden = !(counts.added + counts.removed + counts.changed);
    }
    const told = (this.structure ?? []).filter((/** @type {any} */ one) => one.what.startsWith("column-")).map((/** @type {any} */ one) => say(one.what.replace("-", "_"), { column: one.column, before: one.before ?? "" }));
    if (this.status) this.status.textContent = [say("counts", counts), ...(names.length && !key.length ? [say("no_key")] : []), ...told].join(say("stop"));
    const parts = /** @type {HTMLElement[]} */ ([]);
    if (rows.length) {
      const only = this.column?.value ?? "", chosen = only ? names.filter((/** @type {string} */ name) => name === only || key.includes(name)) : names;
      const places = chosen.map((/** @type {string} */ name) => names.indexOf(name));
      const head = make("tr", {}, make("th", { scope: "col" }, say("what")), ...chosen.map((/** @type {string} */ name) => make("th", { scope: "col" }, this.title(name))));
      const lines = rows.map((/** @type {any} */ row) => make("tr", { className: `compare-${row.kind}` }, make("th", { scope: "row" }, say(row.kind)), ...places.map((/** @type {number} */ n) => draw_cell(row, n, names[n]))));
      const caption = say("caption", { first: answer.from + 1, last: answer.from + rows.length, n: total });
      const scroll = make("div", { className: "scroll", tabindex: "0", role: "region", "aria-label": caption }, make("table", {}, make("caption", {}, caption), make("thead", {}, head), make("tbody", {}, ...lines)));
      parts.push(scroll, this.draw_tools(answer, total));
    } else if (total === 0 && names.length) parts.push(make("p", {}, say("none")));
    this.place?.replaceChildren(...parts);
  }

  /** @param {any} answer  @param {number} total */
  draw_tools(answer, total) {
    const button = (/** @type {string} */ key, /** @type {boolean} */ off, /** @type {() => void} */ act) => {
      const made = make("button", { type: "button", disabled: off }, this.say(key));
      made.addEventListener("click", act);
      return made;
    };
    return make("div", { className: "compare-form" },
      button("back", answer.from === 0, () => this.turn(Math.max(0, this.from - SIZE))), button("next", answer.from + SIZE >= total, () => this.turn(this.from + SIZE)),
      button("save", false, () => this.save(false)), button("save_mark", false, () => this.save(true)));
  }

  /** @param {boolean} mark */
  async save(mark) {
    const answer = await this.ask({ ask: "csv", mark });
    if (!answer?.csv) return;
    const link = make("a", { href: URL.createObjectURL(answer.csv), download: `${this.element.dataset.compare}-${this.table?.value}-${this.before?.value}-${this.after?.value}.csv` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  /** The title of a column, as the table on this page has it.  @param {string} name  @returns {string} */
  title(name) {
    const view = /** @type {HTMLElement | null} */ (document.querySelector(`[data-view="${this.table?.value}"]`));
    return JSON.parse(view?.dataset.columns ?? "[]").find((/** @type {string[]} */ each) => each[0] === name)?.[1] ?? name;
  }
}

/** A cell: what it was and what it is, where that differs.  @param {any} row  @param {number} n  @param {string} name */
function draw_cell(row, n, name) {
  if (row.kind === "changed" && row.columns.includes(name)) {
    return make("td", {}, ...(row.before[n] === null ? [] : [make("del", {}, row.before[n]), " "]), ...(row.after[n] === null ? [] : [make("ins", {}, row.after[n])]));
  }
  return make("td", {}, (row.kind === "removed" ? row.before[n] : row.after[n]) ?? "");
}
