// Draws a chart again in the browser: with the number under the pointer, lines that can be switched off, the rows that
// the table's filters leave, and as a picture.  Scales, steps of axes and periods are d3's.

import { scaleBand, scaleLinear, scaleUtc, line as draw_line, utcDay, utcMonth, utcYear } from "./d3.js";

/** @typedef {{kind: string, step: string, what: string, head: string[], marks: string[], names: string[], labels: string[], shown: string[], series: (number | null)[][], rest: number}} Model */
/** @typedef {(key: string, values?: Record<string, string | number>) => string} Say */

const LINES = 6, BARS = 12;
const HEIGHT = 240, TOP = 12, BOTTOM = 212, LEFT = 64, RIGHT = 14, ROW = 26;
const PERIODS = /** @type {Record<string, any>} */ ({ day: utcDay, month: utcMonth, year: utcYear });
const LANG = document.documentElement.lang;
const SVG = "http://www.w3.org/2000/svg";
const STYLED = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin", "font-size", "font-family", "font-weight", "opacity", "paint-order"];

/** @param {string} tag  @param {Record<string, string | number>} properties  @param {(Node | string)[]} content */
function draw(tag, properties, ...content) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(properties)) element.setAttribute(name, String(value));
  element.append(...content);
  return element;
}

/** @param {string} tag  @param {string} look  @param {(Node | string)[]} content */
function make(tag, look, ...content) {
  const element = document.createElement(tag);
  element.className = look;
  element.append(...content);
  return element;
}

export class Play {
  /** @param {HTMLElement} figure  @param {Say} say */
  constructor(figure, say) {
    this.figure = figure;
    this.say = say;
    this.name = figure.dataset.chart ?? "";
    this.plan = { kind: /chart-(\w+)/.exec(figure.className)?.[1] ?? "", marks: [], names: [], ...JSON.parse(figure.dataset.play ?? "{}") };
    this.whole = this.model = this.read();
    this.box = /** @type {HTMLElement | null} */ (figure.querySelector(".chart-box"));
    this.hidden = new Set(new URLSearchParams(location.search).getAll(`figure-${this.name}.hide`).filter((name) => this.model.names.includes(name)));
    this.at = -1;
    if (this.box) this.set_up(this.box);
    this.view = /** @type {HTMLElement | null} */ (document.querySelector(`[data-view="${CSS.escape(figure.dataset.table ?? "")}"]`));
    this.view?.addEventListener("filtered", () => this.recount());
    if (new URLSearchParams(location.search).has(`figure-${this.name}.follow`)) this.follow(true);
  }

  /** The numbers as the page has them: in the table below the chart, or in its bars.  @returns {Model} */
  read() {
    const { kind, marks, names, step = "", what = "" } = this.plan;
    const number = (/** @type {Element} */ cell) => (cell.textContent?.trim() ? parseFloat(cell.textContent.replaceAll(",", "")) : null);
    const rows = [...this.figure.querySelectorAll("tbody tr")];
    const shown = rows.map((row) => row.querySelector("th")?.textContent ?? "");
    const head = [...this.figure.querySelectorAll("thead th")].map((cell) => cell.textContent ?? "");
    const cells = rows.map((row) => [...row.querySelectorAll("td:not(.bar)")].map(number));
    const series = (cells[0] ?? []).map((_, s) => cells.map((each) => each[s]));
    return { kind, step, what, marks, names: names.length ? names : [""], labels: head.slice(1), shown, series, rest: 0,
      head: head.length ? head : [this.figure.querySelector("figcaption strong")?.textContent ?? "", what] };
  }

  // ---- the page --------------------------------------------------------------------------------------------------

  /** @param {HTMLElement} box */
  set_up(box) {
    const label = box.getAttribute("aria-label") ?? "";
    box.setAttribute("role", "group");
    box.classList.add("played");
    box.removeAttribute("tabindex");
    this.plot = draw("svg", { class: "chart-live", role: "img", "aria-label": `${label} ${this.say("keys")}`, tabindex: 0, height: HEIGHT });
    this.tip = make("div", "chart-tip");
    this.tip.setAttribute("role", "status");
    this.legend = make("ul", "chart-legend");
    this.legend.setAttribute("aria-label", this.say("lines"));
    const focused = document.activeElement === box;
    box.replaceChildren(this.plot, this.tip, this.legend);
    this.plot.addEventListener("pointermove", (event) => this.point(this.nearest(/** @type {PointerEvent} */ (event).offsetX)));
    this.plot.addEventListener("pointerleave", () => this.point(-1));
    this.plot.addEventListener("blur", () => this.point(-1));
    this.plot.addEventListener("keydown", (event) => {
      const key = /** @type {KeyboardEvent} */ (event).key, last = this.model.marks.length - 1;
      const next = { ArrowRight: this.at + 1, ArrowLeft: this.at < 0 ? last : this.at - 1, Home: 0, End: last, Escape: -1 }[key];
      if (next === undefined) return;
      event.preventDefault();
      this.point(Math.min(Math.max(next, key === "Escape" ? -1 : 0), last));
    });
    this.redraw();
    let width = box.clientWidth;
    new ResizeObserver(() => {
      if (box.clientWidth === width) return;
      width = box.clientWidth;
      this.redraw();
    }).observe(box);
    if (focused) this.plot.focus();
  }

  redraw() {
    if (this.plot && this.box) {
      const width = Math.max(this.box.clientWidth, 260);
      this.plot.setAttribute("width", String(width));
      this.plot.replaceChildren(...this.paint(width));
      this.draw_legend();
      this.point(-1);
    } else this.draw_bars();
  }

  draw_legend() {
    const { model, legend } = this;
    if (!legend || model.kind !== "line" || model.names.length < 2) return legend?.replaceChildren();
    const had = [...legend.children].findIndex((item) => item.contains(document.activeElement));
    legend.replaceChildren(...model.names.map((name, n) => {
      const button = /** @type {HTMLButtonElement} */ (make("button", "", draw("svg", { width: 26, height: 10, "aria-hidden": "true" }, draw("path", { class: `line s${n + 1}`, d: "M1 5H25" })), model.labels[n]));
      button.type = "button";
      button.setAttribute("aria-pressed", String(!this.hidden.has(name)));
      button.addEventListener("click", () => {
        if (!this.hidden.delete(name)) this.hidden.add(name);
        if (this.hidden.size === model.names.length) this.hidden.clear();
        this.write_address();
        this.redraw();
      });
      return make("li", "", button);
    }));
    if (had >= 0) legend.children[had]?.querySelector("button")?.focus();
  }

  /** The table of bars, with other numbers.  */
  draw_bars() {
    const [old] = this.figure.querySelectorAll("table.bars tbody"), { model } = this;
    if (!old) return;
    const values = model.series[0] ?? [], most = Math.max(...values.map((value) => Math.abs(value ?? 0)), 1e-300);
    old.replaceChildren(...values.map((value, n) => {
      const head = make("th", "", model.shown[n]);
      head.setAttribute("scope", "row");
      const bar = draw("svg", { "aria-hidden": "true", width: "100%", height: 10 }, draw("rect", { width: `${(100 * Math.abs(value ?? 0)) / most}%`, height: 10, rx: 2 }));
      return make("tr", "", head, make("td", "bar", bar), make("td", "n", this.spell_bar(value)));
    }));
  }

  /** @param {number | null} value */
  spell_bar(value) {
    const whole = (this.model.series[0] ?? []).reduce((/** @type {number} */ sum, each) => sum + (each ?? 0), 0);
    const share = this.model.kind === "parts" && whole ? `${((100 * (value ?? 0)) / whole).toFixed(1)}%` : "";
    return spell(value ?? 0) + (share ? (LANG === "ja" ? `（${share}）` : ` (${share})`) : "");
  }

  write_address() {
    const query = new URLSearchParams(location.search), mine = `figure-${this.name}.`;
    for (const key of [...query.keys()]) if (key.startsWith(mine)) query.delete(key);
    for (const name of this.hidden) query.append(`${mine}hide`, name);
    if (this.followed) query.append(`${mine}follow`, "1");
    const text = query.toString();
    history.replaceState(history.state, "", `${location.pathname}${text ? `?${text}` : ""}${location.hash}`);
    document.dispatchEvent(new Event("chart-address"));
  }

  // ---- the drawing -----------------------------------------------------------------------------------------------

  /** @param {number} width  @returns {Node[]} */
  paint(width) {
    if (this.model.kind === "line") return this.paint_lines(width);
    return this.model.kind === "spread" ? this.paint_spread(width) : this.paint_bars(width);
  }

  /** The axis of numbers, and its lines.  @param {number[]} numbers  @param {number} width */
  paint_axis(numbers, width) {
    const low = Math.min(...numbers), high = Math.max(...numbers);
    const from_zero = low >= 0 && (low < 0.6 * high || ["count", "sum"].includes(this.plan.how) || this.model.kind !== "line");
    const up = scaleLinear().domain(low === high ? [Math.min(low, 0), Math.max(high, 0) || 1] : [from_zero ? 0 : low, high]).nice(4).range([BOTTOM, TOP]);
    const steps = up.ticks(4).flatMap((/** @type {number} */ step) => [
      draw("line", { class: "grid", x1: 0, x2: width, y1: up(step), y2: up(step) }), draw("text", { class: "step", x: 0, y: up(step) - 4 }, short(step))]);
    return { up, steps };
  }

  /** @param {number} width */
  paint_lines(width) {
    const { marks, names, series, step } = this.model;
    const open = names.map((name, n) => ({ n, values: series[n] })).filter(({ n }) => !this.hidden.has(names[n]));
    const numbers = open.flatMap(({ values }) => values.filter((value) => value !== null));
    const times = marks.map(read_time), period = PERIODS[step] ?? utcYear;
    const across = this.across = scaleUtc().domain([times[0], times.at(-1)]).range([LEFT, width - RIGHT]);
    const { up, steps } = this.paint_axis(numbers.length ? numbers : [0, 1], width);
    const wanted = across.ticks(Math.max(2, Math.floor(width / 110))).filter((/** @type {Date} */ time) => +period.floor(time) === +time);
    let year = "", taken = -Infinity;
    const ticks = (wanted.length > 1 ? wanted : [times[0], times.at(-1)]).flatMap((/** @type {Date} */ time) => {
      const mark = time.toISOString(), text = spell_time(mark, step, mark.slice(0, 4) !== year), wide = measure(text);
      const at = across(time), anchor = at < LEFT + 30 ? "start" : at > width - RIGHT - 40 ? "end" : "middle";
      const left = at - { start: 0, middle: wide / 2, end: wide }[anchor];
      if (left < taken + 8) return [];
      taken = left + wide;
      year = mark.slice(0, 4);
      return [draw("text", { x: at, y: BOTTOM + 20, "text-anchor": anchor }, text)];
    });
    const joins = find_joins(times, period, step);
    const lines = open.flatMap(({ n, values }) => {
      const path = draw_line().defined((/** @type {any} */ each) => each[1] !== null);
      const points = values.flatMap((value, at) => [...(joins[at] ? [] : [[0, null]]), [across(times[at]), value === null ? null : up(value)]]);
      const alone = marks.length <= 31 || values.includes(null) || joins.includes(false);
      const dots = alone ? points.filter(([, y]) => y !== null).map(([x, y]) => `M${x} ${y}h0`).join("") : "";
      return [draw("path", { class: `line s${n + 1}`, d: path(/** @type {any} */ (points)) ?? "" }), ...(dots ? [draw("path", { class: `dots s${n + 1}`, d: dots })] : [])];
    });
    this.places = times.map((time) => across(time));
    this.rule = draw("line", { class: "chart-rule", y1: TOP, y2: BOTTOM, x1: -9, x2: -9 });
    return [...steps, ...ticks, this.rule, ...lines];
  }

  /** @param {number} width */
  paint_spread(width) {
    const { marks, series } = this.model, counts = series[0].map((value) => value ?? 0);
    const across = scaleBand().domain(marks).range([LEFT, width - RIGHT]).paddingInner(0.04);
    const { up, steps } = this.paint_axis([0, ...counts], width);
    const lows = marks.map((mark) => mark.split("..")[0]), every = Math.ceil(marks.length / Math.max(2, Math.floor(width / 90)));
    const ticks = lows.flatMap((low, n) => (low && n % every === (lows[0] ? 0 : 1 % every) ? [draw("text", { x: across(marks[n]), y: BOTTOM + 20, "text-anchor": "middle" }, short(Number(low)))] : []));
    const bars = marks.map((mark, n) => draw("rect", { class: "bin", x: across(mark), width: across.bandwidth(), y: up(counts[n]), height: BOTTOM - up(counts[n]) }));
    this.places = marks.map((mark) => across(mark) + across.bandwidth() / 2);
    this.rule = draw("line", { class: "chart-rule", y1: TOP, y2: BOTTOM, x1: -9, x2: -9 });
    return [...steps, ...ticks, ...bars, this.rule];
  }

  /** Bars as a picture; on the page they are a table.  @param {number} width */
  paint_bars(width) {
    const { shown, series } = this.model, values = series[0].map((value) => value ?? 0), names = 180, room = 130;
    const long = scaleLinear().domain([0, Math.max(...values.map(Math.abs), 1e-300)]).range([0, width - names - room]);
    return shown.flatMap((name, n) => [
      draw("text", { x: 0, y: n * ROW + 20 }, name.length > 14 ? `${name.slice(0, 13)}…` : name),
      draw("rect", { class: "bin", x: names, y: n * ROW + 10, height: 12, width: long(Math.abs(values[n])) }),
      draw("text", { x: width, y: n * ROW + 20, "text-anchor": "end" }, this.spell_bar(values[n]))]);
  }

  // ---- the number under the pointer ------------------------------------------------------------------------------

  /** @param {number} x */
  nearest(x) {
    return (this.places ?? []).reduce((best, place, n, all) => (Math.abs(place - x) < Math.abs(all[best] - x) ? n : best), 0);
  }

  /** @param {number} at  the number of a mark; -1 for none */
  point(at) {
    if (!this.tip || !this.places || !this.rule || (at === this.at && at >= 0)) return; // a change below a resting pointer moves it again
    this.at = at;
    const { names, labels, series, shown } = this.model, x = at < 0 ? -9 : this.places[at];
    this.rule.setAttribute("x1", String(x));
    this.rule.setAttribute("x2", String(x));
    const told = names.flatMap((name, n) => (this.hidden.has(name) ? [] : [[names.length > 1 ? labels[n] : "", series[n][at]]]));
    this.tip.replaceChildren(...(at < 0 ? [] : [make("strong", "", shown[at]), ...told.map(([label, value]) => make("span", "", label ? `${label} ` : "", make("b", "", value === null ? this.say("none") : spell(Number(value)))))]));
    const width = this.box?.clientWidth ?? 0, right = x > width / 2;
    this.tip.classList.toggle("right", right);
    this.tip.style.left = right ? "auto" : `${x + 10}px`;
    this.tip.style.right = right ? `${width - x + 10}px` : "auto";
  }

  // ---- the filters of the table ----------------------------------------------------------------------------------

  /** @param {boolean} on */
  follow(on) {
    this.followed = on;
    this.write_address();
    return this.recount();
  }

  async recount() {
    const told = this.figure.querySelector(".chart-follow [role=status]");
    if (this.followed === undefined) return;
    let asked = /** @type {Promise<any> | null} */ (null);
    if (this.followed) this.view?.dispatchEvent(new CustomEvent("chart", { detail: { plan: this.plan, answer: (/** @type {any} */ answer) => (asked = answer) } }));
    const turn = this.turn = (this.turn ?? 0) + 1, answer = await asked;
    if (this.turn !== turn) return;
    const counted = answer?.groups ? this.gather(answer.groups) : null;
    const rows = (answer?.groups ?? []).reduce((/** @type {number} */ sum, /** @type {any[]} */ group) => sum + group[2], 0);
    this.model = counted ?? this.whole;
    if (told) told.textContent = !this.followed ? "" : !answer ? this.say("unfiltered") : !answer.groups ? this.say("failed") : counted ? this.say("followed", { n: rows }) : this.say("nothing");
    this.redraw();
  }

  /** Groups that were counted as a chart of the same kind; null if there is nothing to draw.
   * @param {[string, string, number, number, number, number][]} groups  @returns {Model | null} */
  gather(groups) {
    const { whole, plan } = this, { kind } = whole;
    const of = (/** @type {any[]} */ [, , count, sum, least, most]) => ({ count, mean: sum / count, min: least, max: most })[/** @type {"count"} */ (plan.how)] ?? sum;
    const label = (/** @type {string} */ name, /** @type {string[]} */ known, /** @type {string[]} */ labels) => labels[known.indexOf(name)] ?? (name || this.say("empty"));
    if (kind === "line" || kind === "spread") {
      const kept = groups.filter(([mark]) => whole.marks.includes(mark)), sizes = /** @type {Map<string, number>} */ (new Map());
      for (const group of kept) sizes.set(group[1], (sizes.get(group[1]) ?? 0) + Math.abs(of(group)));
      if (!kept.length) return null;
      const names = plan.by ? [...sizes.keys()].sort((a, b) => (sizes.get(b) ?? 0) - (sizes.get(a) ?? 0) || (a < b ? -1 : 1)).slice(0, LINES) : whole.names;
      const blank = plan.how === "count" ? 0 : null;
      const series = names.map((name) => whole.marks.map((mark) => {
        const group = kept.find((each) => each[0] === mark && each[1] === name);
        return group ? of(group) : blank;
      }));
      return { ...whole, names, labels: plan.by ? names.map((name) => label(name, whole.names, whole.labels)) : whole.labels, series };
    }
    const ranked = groups.map((group) => ({ mark: group[0], value: of(group) })).sort((a, b) => b.value - a.value || (a.mark < b.mark ? -1 : 1));
    if (!ranked.length) return null;
    const shown = ranked.slice(0, BARS), rest = kind === "parts" ? ranked.slice(BARS).reduce((sum, { value }) => sum + value, 0) : 0;
    return { ...whole, marks: shown.map(({ mark }) => mark), shown: [...shown.map(({ mark }) => label(mark, whole.marks, whole.shown)), ...(rest ? [this.say("rest")] : [])],
      series: [[...shown.map(({ value }) => value), ...(rest ? [rest] : [])]] };
  }

  // ---- to take away ----------------------------------------------------------------------------------------------

  /** The numbers as they are drawn, as names of columns and rows of text.  @returns {[string[], string[][]]} */
  list_rows() {
    const { head, labels, marks, shown, series, names, kind } = this.model;
    const open = names.map((_, n) => n).filter((n) => !this.hidden.has(names[n]));
    const first = (/** @type {number} */ at) => (kind === "line" ? marks[at] : shown[at]);
    return [[head[0], ...open.map((n) => labels[n] ?? head[1])], shown.map((_, at) => [first(at), ...open.map((n) => String(series[n][at] ?? ""))])];
  }

  /** The chart as a picture that needs no style sheet, with its title and source.  */
  write_svg() {
    return new Blob([this.draw_picture().text], { type: "image/svg+xml" });
  }

  draw_picture() {
    const width = 800, plot = this.model.kind === "line" || this.model.kind === "spread" ? HEIGHT : this.model.shown.length * ROW + 10;
    const text = (/** @type {string} */ selector) => this.figure.querySelector(selector)?.textContent?.trim() ?? "";
    const named = this.model.kind === "line" && this.model.names.length > 1 ? this.model.names.map((name, n) => ({ name, n })).filter(({ name }) => !this.hidden.has(name)) : [];
    const kept = [this.places, this.rule, this.across];
    const legend = named.map(({ n }, at) => draw("g", { transform: `translate(${(at % 3) * 260} ${plot + 70 + Math.floor(at / 3) * 20})` }, draw("path", { class: `line s${n + 1}`, d: "M0 -4H26" }), draw("text", { x: 34 }, this.model.labels[n])));
    const height = plot + 74 + Math.ceil(named.length / 3) * 20 + 20;
    const svg = draw("svg", { xmlns: SVG, width, height, viewBox: `0 0 ${width} ${height}` }, draw("rect", { class: "chart-paper", width, height }),
      draw("text", { class: "chart-title", x: 0, y: 18 }, text("figcaption strong")), draw("text", { x: 0, y: 38 }, text("figcaption span")),
      draw("g", { transform: "translate(0 50)" }, ...this.paint(width)), ...legend, draw("text", { x: 0, y: height - 6 }, document.querySelector("link[rel=canonical]")?.getAttribute("href") ?? location.href));
    [this.places, this.rule, this.across] = kept;
    svg.classList.add("chart-picture");
    this.figure.append(svg);
    for (const element of [svg, ...svg.querySelectorAll("*")]) {
      const style = getComputedStyle(element);
      for (const name of STYLED) if (element !== svg) element.setAttribute(name, style.getPropertyValue(name));
    }
    for (const element of svg.querySelectorAll(".chart-rule")) element.remove();
    svg.remove();
    for (const element of [svg, ...svg.querySelectorAll("[class]")]) element.removeAttribute("class");
    return { text: new XMLSerializer().serializeToString(svg), width, height };
  }

  /** @returns {Promise<Blob>} */
  async write_png() {
    const { text, width, height } = this.draw_picture();
    const picture = new Image(), canvas = document.createElement("canvas");
    picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
    await picture.decode();
    [canvas.width, canvas.height] = [width * 2, height * 2];
    canvas.getContext("2d")?.drawImage(picture, 0, 0, width * 2, height * 2);
    return new Promise((done, fail) => canvas.toBlob((body) => (body ? done(body) : fail(new Error("no picture"))), "image/png"));
  }
}

/** @param {string} mark */
function read_time(mark) {
  const [year, month = 1, day = 1] = mark.split("-").map(Number);
  return new Date(new Date(Date.UTC(year, month - 1, day)).setUTCFullYear(year));
}

/** Tells for each mark whether a line may lead to it, as the page does: not over periods without any row.
 * @param {Date[]} times  @param {any} period  @param {string} step */
function find_joins(times, period, step) {
  const far = times.slice(1).map((time, n) => period.count(times[n], time)), often = /** @type {Map<number, number>} */ (new Map());
  for (const each of far) often.set(each, (often.get(each) ?? 0) + 1);
  const [usual = 1] = [...often].sort(([a, n], [b, m]) => m - n || a - b)[0] ?? [];
  return [true, ...far.map((each) => each <= Math.max(1.5 * usual, step === "day" ? 4 : 0))];
}

/** @param {string} mark  @param {string} step  @param {boolean} whole */
function spell_time(mark, step, whole) {
  const [year, month, day] = [mark.slice(0, 4), Number(mark.slice(5, 7)), Number(mark.slice(8, 10))];
  if (LANG === "ja") return step === "day" ? `${whole ? `${year}年` : ""}${month}月${day}日` : step === "month" ? `${year}年${month}月` : `${year}年`;
  const name = new Date(Date.UTC(2000, month - 1)).toLocaleDateString("en", { month: "short", timeZone: "UTC" });
  return step === "day" ? `${day} ${name}${whole ? ` ${year}` : ""}` : step === "month" ? `${name} ${year}` : year;
}

/** @param {number} value */
function spell(value) {
  return value.toLocaleString("en", { maximumSignificantDigits: 10 });
}

/** About how wide a label of 12 pixels is.  @param {string} text */
function measure(text) {
  return [...text].reduce((sum, letter) => sum + (/[\u2e80-\uffef]/.test(letter) ? 12 : 7), 0);
}

/** A number of an axis: 15万, 15k.  @param {number} value */
function short(value) {
  const sizes = /** @type {[number, string, number][]} */ (LANG === "ja" ? [[1e12, "兆", 1e12], [1e8, "億", 1e8], [1e4, "万", 1e4]] : [[1e12, "T", 1e12], [1e9, "B", 1e9], [1e6, "M", 1e6], [1e4, "k", 1e3]]);
  const found = sizes.find(([size]) => Math.abs(value) >= size);
  return found ? `${Number((value / found[2]).toPrecision(4)).toLocaleString("en")}${found[1]}` : spell(value);
}
