// The worker that answers SQL: a query engine over published Parquet files, of which it reads the columns, and where
// a condition allows the pages, that the query needs.

import { read_of_one, show, Table, Trouble } from "./rows.js";
import { refuse_foreign } from "./sql-foreign.js";
import { count_groups, is_aggregate, plan_groups } from "./sql-groups.js";
import { explain } from "./sql-mistakes.js";
import { find_top, plan_top } from "./sql-top.js";
import { derivedAlias, executeSql, parseSql } from "./squirreling.js";
import { keep_rows } from "./view-query.js";

/** @typedef {import("./rows.js").Column} Column */
/** @typedef {import("./view-query.js").Test} Test */

const MOST = 100_000; // rows of an answer that are kept
const HEAVY = 150_000; // rows that the engine is given without asking first: it takes some seconds for them
const tables = /** @type {Map<string, Table>} */ (new Map());
const signal = new AbortController().signal; // whoever wants to stop ends the worker

addEventListener("message", async ({ data }) => {
  try {
    refuse_foreign(data.query);
    postMessage(await read_of_one(() => answer(data.query, data.sources, data.anyway), () => tables.clear()));
  } catch (error) {
    const mistake = explain(error, data.query, { moved: quote_names(data.query) });
    if (/^function/.test(mistake.trouble)) {
      const { FUNCTIONS } = await import("./sql-functions.js");
      mistake.nowhere = !FUNCTIONS.has(String(mistake.args?.name).toLowerCase());
    }
    postMessage(mistake);
  }
});

/** @param {string} query  @param {{name: string, url: string, bytes: number}[]} sources  @param {boolean} anyway  however long it takes */
async function answer(query, sources, anyway) {
  query = quote_names(query);
  const known = /** @type {Record<string, any>} */ ({});
  for (const { name, url, bytes } of sources) {
    if (!new RegExp(`(?<!\\w)${name}(?!\\w)`).test(query)) {
      known[name] = { columns: [], scan: () => ({ rows: async function* () {}, appliedWhere: true, appliedLimitOffset: true }) };
      continue;
    }
    const table = tables.get(name) ?? await new Table(url, bytes).open(signal);
    tables.set(name, table);
    known[name] = make_source(table);
  }
  const statement = /** @type {any} */ (parseSql({ query }));
  push_down(statement, known);
  const quick = await answer_groups(statement, known) ?? await answer_top(statement, known);
  const result = quick ?? executeSql({ tables: known, query }); // finds mistakes; rows are read later
  const held = quick || anyway ? 0 : await weigh(statement, known);
  if (held > HEAVY) throw new Trouble("heavy", { rows: held });
  const rows = [];
  let more = false;
  for await (const row of result.rows()) {
    if (rows.length === MOST) {
      more = true;
      break;
    }
    const cells = [];
    for (const name of result.columns) cells.push(write(row.resolved && name in row.resolved ? row.resolved[name] : await row.cells[name]?.()));
    rows.push(cells);
  }
  const numeric = result.columns.map((_, c) => rows.length > 0 && rows.every((cells) => cells[c] === null || cells[c].number) && rows.some((cells) => cells[c]));
  return { columns: result.columns, numeric, rows: rows.map((cells) => cells.map((cell) => cell && cell.text)), more };
}

/** The query with names of other letters than ASCII in quotation marks, without which the engine doesn't read them.
 * @param {string} query */
function quote_names(query) {
  return query.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[^]*?\*\/|[\p{L}\p{N}\p{M}_ー]+/gu, (part) => (/^[\p{L}_]/u.test(part) && /[^\x00-\x7f]/.test(part) ? `"${part}"` : part));
}

/** The answer where it can be counted while reading; null where the engine has to see every row.
 * @param {any} statement  @param {Record<string, any>} known */
async function answer_groups(statement, known) {
  const { source, table, tests } = ready(statement, known);
  if (!tests) return null;
  const plan = plan_groups(statement, source.by_name, derivedAlias);
  if (!plan) return null;
  const pick = (/** @type {string} */ name) => source.by_name.get(name);
  const rows = await count_groups(table, plan.keys.map(pick), plan.sums.map(pick), tests, signal, tell);
  if (!rows) return null;
  const columns = [...plan.keys, "\0rows", ...plan.sums.flatMap((name) => ["values", "sum", "least", "most"].map((part) => `\0${part} ${name}`))];
  return executeSql({ tables: { [statement.from.table]: hold(rows, columns) }, query: plan.query });
}

/** The answer where only the first rows in an order are asked for; null where the engine has to see every row.
 * @param {any} statement  @param {Record<string, any>} known */
async function answer_top(statement, known) {
  const { source, table, tests } = ready(statement, known);
  const plan = tests ? plan_top(statement, source.by_name) : null;
  if (!plan || !tests) return null;
  const found = await find_top(table, plan.terms, plan.most, tests, signal, tell);
  const chosen = plan.names.map((name) => source.by_name.get(name));
  const values = await table.readRows(found, chosen.map(({ column }) => column), signal);
  const rows = found.map((_, n) => Object.fromEntries(chosen.map(({ read }, c) => [plan.names[c], read(values[c][n])])));
  return executeSql({ tables: { [statement.from.table]: hold(rows, plan.names) }, query: { ...statement, where: undefined } });
}

/** The one table of a statement, and its conditions as tests of single columns; no tests where that can't be had.
 * @param {any} statement  @param {Record<string, any>} known  @returns {{source: any, table: any, tests: Test[] | null}} */
function ready(statement, known) {
  const source = known[statement.from?.table], table = tables.get(statement.from?.table);
  const parts = statement.where ? split_and(statement.where) : [];
  const tests = source?.by_name && table ? parts.map((part) => compile(part, source.by_name)) : [null];
  return { source, table, tests: tests.includes(null) ? null : /** @type {Test[]} */ (tests) };
}

/** The rows that the engine would be given, of which it keeps every one; 0 where it lets them pass.
 * @param {any} statement  @param {Record<string, any>} known */
async function weigh(statement, known) {
  let rows = 0;
  for (const node of walk(statement)) {
    if (node.type !== "select") continue;
    const read = [node.from, ...node.joins].filter(({ table }) => known[table]?.by_name);
    const alone = read.length === 1 && !node.joins.length;
    const parts = alone && node.where ? split_and(node.where) : [];
    const tests = parts.map((part) => compile(part, known[read[0].table].by_name)).filter((test) => test !== null);
    const passes = alone && tests.length === parts.length && !node.groupBy.length && !node.orderBy.length && !node.distinct
      && ![...walk(node.columns)].some(({ type, funcName }) => type === "window" || (type === "function" && is_aggregate(funcName)));
    if (passes && node === statement) continue;
    const most = passes && node.limit !== undefined ? node.limit + (node.offset ?? 0) : Infinity;
    const counts = [];
    for (const { table: name } of read) counts.push(Math.min(most, await count_rows(/** @type {Table} */ (tables.get(name)), [...known[name].pushed, ...tests])));
    const none = counts.includes(0) && node.joins.every((/** @type {any} */ join) => join.joinType === "INNER"); // nothing to join
    rows += none ? 0 : counts.reduce((sum, count) => sum + count, 0);
  }
  return rows;
}

/** How many rows pass.  @param {Table} table  @param {Test[]} tests */
async function count_rows(table, tests) {
  if (!tests.length) return table.rows;
  let count = 0;
  for (let group = 0; group < table.groups.length; group++) {
    let rows = /** @type {Uint32Array | null} */ (null);
    for (const test of tests) if (!rows || rows.length) rows = await keep_rows(table, group, rows, test, signal);
    count += rows?.length ?? 0;
  }
  return count;
}

/** A table in memory, for the engine.  @param {Record<string, any>[]} rows  @param {string[]} columns */
function hold(rows, columns) {
  return {
    numRows: rows.length, columns,
    scan: () => ({
      async *rows() {
        for (const row of rows) yield { columns, cells: Object.fromEntries(columns.map((name) => [name, async () => row[name]])), resolved: row };
      },
      appliedWhere: true, appliedLimitOffset: false,
    }),
  };
}

/** @param {any} value */
function write(value) {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return { text: value.toISOString(), number: false };
  if (typeof value === "object") return { text: JSON.stringify(value, (_, part) => (typeof part === "bigint" ? String(part) : part)), number: false };
  return { text: String(value), number: typeof value === "number" || typeof value === "bigint" };
}

// ---- tables for the engine -------------------------------------------------------------------------------------

/** Values as SQL sees them: days and times as ISO text.  @param {Column} column */
function reader_of(column) {
  if (!["date", "time", "datetime"].includes(column.kind)) return (/** @type {any} */ value) => value ?? null;
  const known = new Map();
  return (/** @type {any} */ value) => {
    if (value === null || value === undefined) return null;
    let text = known.get(value);
    if (text === undefined) known.set(value, text = show(value, column));
    return text;
  };
}

/** @param {Table} table */
function make_source(table) {
  const by_name = new Map(table.columns.map((column) => [column.name, { column, read: reader_of(column) }]));
  const pushed = /** @type {Test[]} */ ([]);
  return {
    by_name, pushed,
    numRows: table.rows,
    columns: table.columns.map((column) => column.name),
    scan({ columns: names, where, limit, offset = 0 }) {
      const chosen = (names ?? table.columns.map((column) => column.name)).map((name) => /** @type {any} */ (by_name.get(name)));
      const parts = where ? split_and(where) : [];
      const tests = parts.map((part) => compile(part, by_name)).filter((test) => test !== null);
      const whole = tests.length === parts.length;
      return {
        rows: () => scan_rows(table, chosen, [...pushed, ...tests], whole ? offset : 0, whole ? limit : undefined),
        appliedWhere: whole,
        appliedLimitOffset: whole,
      };
    },
    async *scanColumn({ column: name, limit = Infinity, offset = 0 }) {
      const { column, read } = /** @type {any} */ (by_name.get(name));
      for (let group = 0; group < table.groups.length && limit > 0; group++) {
        const { rows } = table.groups[group];
        if (offset >= rows) {
          offset -= rows;
          continue;
        }
        await table.loadLayouts([[group, column]], signal);
        const pages = table.layout(group, column).pages;
        const wanted = table.pagesOf(group, column).filter((_, page) => pages[page].end > offset && pages[page].first < offset + limit);
        const page = await table.readPages(wanted, signal);
        for (const [, , n] of wanted) {
          const values = page(group, column, n).map(read).slice(Math.max(0, offset - pages[n].first), offset + limit - pages[n].first);
          limit -= values.length;
          yield values;
        }
        offset = 0;
        tell(group + 1, table.groups.length);
      }
    },
  };
}

/** @param {Table} table  @param {{column: Column, read: (value: any) => any}[]} chosen  @param {Test[]} tests  @param {number} skip  @param {number} [limit] */
async function* scan_rows(table, chosen, tests, skip, limit = Infinity) {
  const names = chosen.map(({ column }) => column.name);
  for (let group = 0; group < table.groups.length && limit > 0; group++) {
    const { start, rows: length } = table.groups[group];
    let rows = /** @type {Uint32Array | null} */ (null);
    for (const test of tests) if (!rows || rows.length) rows = await keep_rows(table, group, rows, test, signal);
    const count = rows ? rows.length : length;
    if (skip >= count) {
      skip -= count;
      continue;
    }
    const picked = Array.from({ length: Math.min(count - skip, limit) }, (_, n) => start + (rows ? rows[n + skip] : n + skip));
    skip = 0;
    const values = await table.readRows(picked, chosen.map(({ column }) => column), signal);
    for (let c = 0; c < chosen.length; c++) values[c] = values[c].map(chosen[c].read);
    for (let n = 0; n < picked.length; n++) {
      const resolved = /** @type {Record<string, any>} */ ({}), cells = /** @type {Record<string, () => Promise<any>>} */ ({});
      for (let c = 0; c < names.length; c++) {
        const value = resolved[names[c]] = values[c][n];
        cells[names[c]] = () => Promise.resolve(value);
      }
      yield { columns: names, cells, resolved };
    }
    limit -= picked.length;
    tell(group + 1, table.groups.length);
  }
}

/** @param {number} done  @param {number} total */
function tell(done, total) {
  postMessage({ done, total });
}

// ---- conditions that are tried while reading --------------------------------------------------------------------

/** @param {any} node  @returns {any[]} */
function split_and(node) {
  return node.type === "binary" && node.op === "AND" ? [...split_and(node.left), ...split_and(node.right)] : [node];
}

/** Lets the tables of a join leave out rows, before the engine joins what is left, that its WHERE would refuse anyway.
 * @param {any} statement  @param {Record<string, any>} known */
function push_down(statement, known) {
  if (!statement.joins?.length || !statement.where || statement.with) return;
  const sides = [{ ...statement.from, joinType: "" }, ...statement.joins].map(({ table, alias, joinType }) => ({ table, alias: alias ?? table, joinType, source: known[table] }));
  // What an outer join keeps without a partner must not lose its partner here; a table that is read twice is not the same table.
  const plain = sides.every(({ joinType }) => ["", "INNER", "LEFT"].includes(joinType));
  const named = [...walk(statement)].filter((node) => node.table !== undefined && node.type !== "star").map((node) => node.table);
  const open = sides.filter(({ table, joinType, source }) => plain && joinType !== "LEFT" && source?.pushed && named.filter((name) => name === table).length === 1);
  for (const part of split_and(statement.where)) {
    const owners = new Set([...walk(part)].filter((node) => node.type === "identifier").map(({ prefix, name }) => {
      const owning = sides.filter(({ alias, source }) => (prefix ? alias === prefix : !source || source.columns.includes(name)));
      return owning.length === 1 ? owning[0] : null;
    }));
    const [side] = owners;
    if (owners.size !== 1 || !side || !open.includes(side)) continue;
    const test = compile(part, side.source.by_name);
    if (!test) continue;
    side.source.pushed.push(test);
    side.source.scanColumn = undefined; // reads a column as it is
  }
}

/** All nodes of a statement.  @param {any} node  @returns {Generator<any>} */
function* walk(node) {
  if (!node || typeof node !== "object") return;
  yield node;
  for (const child of Object.values(node)) yield* walk(child);
}

/** A condition on one column as a test of its values and bounds, as the engine would judge; null if it is not one.
 * @param {any} node  @param {Map<string, {column: Column, read: (value: any) => any}>} by_name  @returns {Test | null} */
function compile(node, by_name) {
  const found = new Set();
  const judge = compile_value(node, found);
  if (!judge || found.size !== 1) return null;
  const known = by_name.get([...found][0]);
  if (!known) return null;
  const { column, read } = known;
  return { column, can: bounds_test(node, column, read), is: (value) => judge(read(value)) };
}

const COMPARE = /** @type {Record<string, (a: any, b: any) => boolean>} */ ({
  "=": (a, b) => a == b, "==": (a, b) => a == b, "!=": (a, b) => a != b, "<>": (a, b) => a != b,
  "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b,
});
const TURNED = /** @type {Record<string, string>} */ ({ "<": ">", "<=": ">=", ">": "<", ">=": "<=" });

/** @param {any} node  @param {Set<string>} found  @returns {((value: any) => boolean) | null} */
function compile_value(node, found) {
  if (node.type === "binary" && (node.op === "AND" || node.op === "OR")) {
    const left = compile_value(node.left, found), right = compile_value(node.right, found);
    if (!left || !right) return null;
    return node.op === "AND" ? (value) => left(value) && right(value) : (value) => left(value) || right(value);
  }
  if (node.type === "unary" && (node.op === "IS NULL" || node.op === "IS NOT NULL") && node.argument.type === "identifier") {
    found.add(node.argument.name);
    return node.op === "IS NULL" ? (value) => value === null : (value) => value !== null;
  }
  if (node.type === "in valuelist" && node.expr.type === "identifier" && node.values.every((/** @type {any} */ each) => each.type === "literal" && each.value !== null)) {
    found.add(node.expr.name);
    const values = node.values.map((/** @type {any} */ each) => each.value);
    return (value) => value !== null && values.some((/** @type {any} */ each) => each == value);
  }
  if (node.type === "binary" && node.op === "LIKE" && node.left.type === "identifier" && node.right.type === "literal" && node.right.value !== null) {
    found.add(node.left.name);
    const pattern = String(node.right.value).replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/%/g, ".*").replace(/_/g, ".");
    const like = new RegExp(`^${pattern}$`, "i"); // as the engine's own LIKE
    return (value) => value !== null && like.test(String(value));
  }
  const sides = comparison(node);
  if (!sides) return null;
  found.add(sides.name);
  const compare = COMPARE[sides.op];
  return (value) => value !== null && compare(value, sides.value);
}

/** `column op literal`, whichever way round.  @param {any} node */
function comparison(node) {
  if (node.type !== "binary" || !COMPARE[node.op]) return null;
  const { left, right, op } = node;
  const plain = (/** @type {any} */ each) => each.type === "literal" && each.value !== null && typeof each.value !== "object";
  if (left.type === "identifier" && plain(right)) return { name: left.name, op, value: right.value };
  if (right.type === "identifier" && plain(left)) return { name: right.name, op: TURNED[op] ?? op, value: left.value };
  return null;
}

/** Whether values within bounds can meet a condition.  @param {any} node  @param {Column} column  @param {(value: any) => any} read */
function bounds_test(node, column, read) {
  const sides = comparison(node);
  const text = !["integer", "number"].includes(column.kind);
  if (!sides || column.kind === "list" || column.kind === "boolean" || typeof sides.value !== (text ? "string" : "number")) return () => true;
  // Parquet orders text by its UTF-8, which is the order of JavaScript but for rare characters: those aren't judged.
  if (text && /[\uD800-\uDFFF\uE000-\uFFFF]/.test(sides.value)) return () => true;
  const { op, value } = sides;
  return (/** @type {any} */ bounds) => {
    if (bounds.least === undefined) return bounds.empty === undefined;
    const least = read(bounds.least), most = read(bounds.most);
    if (text && /[\uD800-\uDFFF\uE000-\uFFFF]/.test(least + most)) return true;
    if (op === "=" || op === "==") return least <= value && most >= value;
    if (op === "<" || op === "<=") return COMPARE[op](least, value);
    return op === ">" || op === ">=" ? COMPARE[op](most, value) : true;
  };
}
