// The worker of one table's view: reads the file, filters, sorts, writes CSV; the page only draws.  One question at a
// time: a new one ends the one before.

import { count_chart } from "./chart-count.js";
import { find_places } from "./map-points.js";
import { read_of_one, show, Table, Trouble } from "./rows.js";
import { start_file } from "./view-files.js";
import { find_rows, list_values, MOST_COUNTED, sort_rows } from "./view-query.js";

/** @typedef {{id: number, ask: "view" | "values" | "file" | "chart" | "places" | "cells" | "stop", query: any, column?: string, wish?: any, plan?: any, rows?: number[]}} Question */

const FILE_ROWS = 20_000;
const FEW = 200;

let opened = /** @type {Promise<Table> | null} */ (null);
let running = new AbortController();
let matched = { key: "", rows: /** @type {Uint32Array | null} */ (null) };
let sorted = { key: "", rows: /** @type {Uint32Array | null} */ (null) };

addEventListener("message", async (/** @type {MessageEvent<Question & {url: string, bytes: number}>} */ event) => {
  const { id, ask, url, bytes } = event.data;
  const aside = ask !== "view" && ask !== "file" && ask !== "stop";
  if (!aside) running.abort();
  if (ask === "stop") return;
  const mine = aside ? new AbortController() : (running = new AbortController());
  try {
    const answer = { view: answer_view, values: answer_values, file: answer_file, chart: answer_chart, places: answer_places, cells: answer_cells }[ask];
    postMessage({ id, ...await read_of_one(async () => answer(await open(url, bytes), event.data, mine.signal), forget) });
  } catch (error) {
    if (mine.signal.aborted) postMessage({ id, stopped: true });
    else if (error instanceof Trouble) postMessage({ id, trouble: error.code, args: error.args });
    else {
      console.warn(error);
      postMessage({ id, trouble: "unreadable", args: {} });
    }
  }
});

/** @param {string} url  @param {number} bytes */
function open(url, bytes) {
  return opened ??= new Table(url, bytes).open(new AbortController().signal).catch((error) => {
    forget();
    throw error;
  });
}

/** Forgets the file: one that has changed is read from its start. */
function forget() {
  opened = null;
  matched = { key: "", rows: null };
  sorted = { key: "", rows: null };
}

/** A pause in which messages (a new question, a stop) are heard. */
const breathe = () => new Promise((resolve) => setTimeout(resolve));

/** @param {Table} table  @param {Question} question  @param {AbortSignal} signal */
async function answer_view(table, { id, query }, signal) {
  const columns = pick_columns(table, query.columns);
  let shown = false;
  const rows = await rows_of(table, query, signal, async (done, total, found) => {
    await breathe();
    postMessage({ id, done, total });
    const enough = found && !query.sort && !shown ? found() : null;
    if (enough && enough.length >= query.from + query.count && done < total) {
      shown = true;
      const cells = await table.readRows(enough.subarray(query.from, query.from + query.count), columns, signal);
      postMessage({ id, part: true, ...lay_out(cells, columns, enough.length, query.from), rows: Array.from(enough.subarray(query.from, query.from + query.count)) });
    }
  });
  const total = rows ? rows.length : table.rows;
  const from = Math.min(query.from, Math.max(0, Math.ceil(total / query.count) - 1) * query.count);
  const chosen = rows ? rows.subarray(from, from + query.count) : Uint32Array.from({ length: Math.min(query.count, total - from) }, (_, n) => from + n);
  const cells = await table.readRows(chosen, columns, signal);
  return { ...lay_out(cells, columns, total, from), rows: Array.from(chosen), columns: describe(table) };
}

/** @param {any[][]} cells  @param {import("./rows.js").Column[]} columns  @param {number} total  @param {number} from */
function lay_out(cells, columns, total, from) {
  return { cells: cells.map((values, n) => values.map((value) => (value === null ? null : show(value, columns[n])))), count: total, from };
}

/** @param {Table} table  @param {any} query  @param {AbortSignal} signal  @param {import("./view-query.js").Tell} tell */
async function rows_of(table, query, signal, tell) {
  const key = JSON.stringify([query.search, query.filters]);
  if (matched.key !== key) matched = { key, rows: await find_rows(table, query, signal, tell) };
  const column = table.columns.find((each) => each.name === query.sort);
  if (!column) return matched.rows;
  const order = JSON.stringify([key, query.sort, query.down]);
  if (sorted.key !== order) sorted = { key: order, rows: await sort_rows(table, matched.rows, column, query.down, signal, tell) };
  return sorted.rows;
}

/** @param {Table} table  @param {string[]} names */
function pick_columns(table, names) {
  const chosen = names.map((name) => table.columns.find((column) => column.name === name)).filter((column) => column !== undefined);
  return chosen.length ? chosen : table.columns;
}

/** @param {Table} table */
function describe(table) {
  return table.columns.map((column) => {
    const bounds = table.groups.map((_, group) => table.bounds(group, column));
    const known = bounds.every((each) => each && (each.least !== undefined || each.empty !== undefined));
    const held = known ? bounds.filter((each) => each && each.least !== undefined) : [];
    const ends = (/** @type {"least" | "most"} */ which, /** @type {number} */ sign) =>
      held.map((each) => /** @type {any} */ (each)[which]).reduce((a, b) => ((a < b ? -1 : 1) === sign ? b : a), held[0] ? /** @type {any} */ (held[0])[which] : null);
    const ordered = !["text", "list", "boolean"].includes(column.kind);
    return { name: column.name, kind: column.kind, least: ordered ? show(ends("least", 1), column) : "", most: ordered ? show(ends("most", -1), column) : "" };
  });
}

/** @param {Table} table  @param {Question} question  @param {AbortSignal} signal */
async function answer_values(table, { column: name, query }, signal) {
  const column = table.columns.find((each) => each.name === name);
  if (!column) return { values: null, columns: describe(table) };
  const rows = query && table.rows <= MOST_COUNTED ? await find_rows(table, query, signal, breathe) : null;
  return { values: await list_values(table, column, rows, FEW, signal), columns: describe(table) };
}

/** @param {Table} table  @param {Question} question  @param {AbortSignal} signal */
async function answer_chart(table, { query, plan }, signal) {
  const filters = [...query.filters, ...Object.entries(plan.where ?? {}).map(([column, value]) => ({ column, op: "in", value: [value] }))];
  const rows = await find_rows(table, { search: query.search, filters, sort: "", down: false }, signal, () => {});
  return { groups: await count_chart(table, rows, plan, signal) };
}

/** Where the rows are that a map shows.  @param {Table} table  @param {Question} question  @param {AbortSignal} signal */
async function answer_places(table, { query, wish }, signal) {
  const rows = await find_rows(table, { search: query.search, filters: query.filters, sort: "", down: false }, signal, () => {});
  return { found: await find_places(table, rows, wish, signal) };
}

/** The cells of single rows.  @param {Table} table  @param {Question} question  @param {AbortSignal} signal */
async function answer_cells(table, { rows = [], query }, signal) {
  const columns = pick_columns(table, query.columns);
  return lay_out(await table.readRows(rows, columns, signal), columns, rows.length, 0);
}

/** @param {Table} table  @param {Question} question  @param {AbortSignal} signal */
async function answer_file(table, { id, query, wish }, signal) {
  const columns = pick_columns(table, query.columns);
  const rows = await rows_of(table, query, signal, async (done, total) => {
    await breathe();
    postMessage({ id, done, total: total * 2 });
  });
  const count = rows ? rows.length : table.rows;
  const file = start_file(wish, columns, count);
  for (let from = 0; from < count; from += FILE_ROWS) {
    const length = Math.min(FILE_ROWS, count - from);
    const chosen = rows ? rows.subarray(from, from + length) : Uint32Array.from({ length }, (_, n) => from + n);
    file.take(await table.readRows(chosen, columns, signal), length);
    await breathe();
    signal.throwIfAborted();
    postMessage({ id, done: count + from + length, total: count * 2 });
  }
  return { file: await file.end() };
}
