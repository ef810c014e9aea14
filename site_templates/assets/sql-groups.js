// Aggregates over one table, counted while it is read.  The engine keeps every row of a group in memory; here a query
// such as `SELECT a, AVG(b) FROM t GROUP BY a` is turned into one over a small table that holds counts, sums and bounds
// for each `a`, so that a million rows take no more memory than their groups.

import { keep_rows } from "./view-query.js";

/** @typedef {import("./rows.js").Column} Column */
/** @typedef {import("./rows.js").Table} Table */
/** @typedef {{column: Column, read: (value: any) => any}} Known */
/** @typedef {{values: number, sum: number, least: any, most: any}[]} Sums */

const MOST = 200_000; // groups
const AGGREGATES = ["COUNT", "SUM", "AVG", "MIN", "MAX"];

/** What a statement asks of its one table, and the statement over the small one; null where that can't be told.
 * @param {any} statement  parsed; it is changed  @param {Map<string, Known>} by_name  @param {(expr: any) => string} name_of */
export function plan_groups(statement, by_name, name_of) {
  const { type, from, joins, columns } = statement;
  if (type !== "select" || from.type !== "table" || joins.length) return null;
  const keys = /** @type {Set<string>} */ (new Set()), sums = /** @type {Set<string>} */ (new Set());
  const aliases = new Set([from.table, from.alias, undefined]);
  let found = false;
  for (const column of columns) {
    if (column.type !== "derived") return null;
    column.alias ??= name_of(column.expr);
  }
  const literal = (/** @type {any} */ value) => ({ type: "literal", value, positionStart: 0, positionEnd: 0 });
  const column = (/** @type {string} */ name) => ({ type: "identifier", name, positionStart: 0, positionEnd: 0 });
  const call = (/** @type {string} */ funcName, /** @type {any[]} */ ...args) => ({ type: "function", funcName, args, positionStart: 0, positionEnd: 0 });

  /** The node as it is asked of the small table; null where it can't be.  @param {any} node  @returns {any} */
  const turn = (node) => {
    if (Array.isArray(node)) {
      const turned = node.map(turn);
      return turned.includes(null) ? null : turned;
    }
    if (!node || typeof node !== "object") return node;
    if (["subquery", "in", "exists", "not exists", "window", "select", "star"].includes(node.type)) return null;
    if (node.type === "identifier") {
      if (!aliases.has(node.prefix)) return null;
      if (by_name.has(node.name)) keys.add(node.name);
      else if (node.prefix) return null;
      return node;
    }
    if (node.type === "function" && is_aggregate(node.funcName)) {
      const name = node.funcName.toUpperCase(), [arg] = node.args;
      if (!AGGREGATES.includes(name) || node.filter || node.args.length !== 1) return null;
      found = true;
      if (arg.type === "star" && name === "COUNT" && !node.distinct) return call("COALESCE", call("SUM", column("\0rows")), literal(0));
      const known = arg.type === "identifier" && aliases.has(arg.prefix) ? by_name.get(arg.name) : undefined;
      if (!known) return null;
      if (node.distinct) {
        keys.add(arg.name);
        return node;
      }
      if ((name === "SUM" || name === "AVG") && !["integer", "number"].includes(known.column.kind)) return null;
      if (name === "SUM" && known.column.wide) return null;
      if (known.column.kind === "list") return null;
      sums.add(arg.name);
      const of = (/** @type {string} */ part) => column(`\0${part} ${arg.name}`);
      if (name === "COUNT") return call("COALESCE", call("SUM", of("values")), literal(0));
      if (name === "SUM") return call("SUM", of("sum"));
      if (name === "MIN") return call("MIN", of("least"));
      if (name === "MAX") return call("MAX", of("most"));
      return { type: "binary", op: "/", left: call("SUM", of("sum")), right: call("SUM", of("values")), positionStart: 0, positionEnd: 0 };
    }
    const made = /** @type {Record<string, any>} */ ({});
    for (const [name, value] of Object.entries(node)) {
      const turned = value && typeof value === "object" ? turn(value) : value;
      if (turned === null && value !== null) return null;
      made[name] = turned;
    }
    return made;
  };
  const query = { ...statement, where: undefined };
  for (const part of ["columns", "groupBy", "having", "orderBy"]) {
    query[part] = turn(statement[part]);
    if (query[part] === null) return null;
  }
  return found || statement.groupBy.length ? { query, keys: [...keys], sums: [...sums] } : null;
}

/** @param {string} name */
export function is_aggregate(name) {
  return /^(COUNT|SUM|AVG|MIN|MAX|MEDIAN|PERCENTILE_CONT|APPROX_QUANTILE|STDDEV(_POP|_SAMP)?|ARRAY_AGG|JSON_ARRAYAGG|STRING_AGG)$/i.test(name);
}

/** The small table: a row for each combination of `keys` among the rows that pass `tests`; null where they are too many.
 * @param {Table} table  @param {Known[]} keys  @param {Known[]} sums  @param {import("./view-query.js").Test[]} tests
 * @param {AbortSignal} signal  @param {(done: number, total: number) => void} tell */
export async function count_groups(table, keys, sums, tests, signal, tell) {
  const coders = keys.map(() => new Map());
  const pairs = keys.map(() => new Map());
  const first = /** @type {any[][]} */ ([]), rows_of = /** @type {number[]} */ ([]);
  const columns = [...keys, ...sums].map(({ column }) => column);
  const counts = sums.map(() => /** @type {Sums} */ ([]));
  if (!keys.length) {
    first.push([]);
    rows_of.push(0);
  }
  for (let group = 0; group < table.groups.length; group++) {
    let rows = /** @type {Uint32Array | null} */ (null);
    for (const test of tests) if (!rows || rows.length) rows = await keep_rows(table, group, rows, test, signal);
    const count = rows ? rows.length : table.groups[group].rows;
    const values = count ? await table.readGroup(group, rows, columns, signal) : [];
    const places = new Uint32Array(count);
    for (let n = 0; n < count; n++) {
      let place = 0;
      for (let k = 0; k < keys.length; k++) {
        const value = values[k][n] ?? null;
        let code = coders[k].get(value);
        if (code === undefined) coders[k].set(value, code = coders[k].size);
        const pair = place * 4_194_304 + code;
        let next = pairs[k].get(pair);
        if (next === undefined) {
          pairs[k].set(pair, next = pairs[k].size);
          if (next > MOST) return null;
          if (k === keys.length - 1) {
            first.push(keys.map(({ read }, at) => read(values[at][n] ?? null)));
            rows_of.push(0);
          }
        }
        place = next;
      }
      places[n] = place;
      rows_of[place]++;
    }
    sums.forEach((_, s) => add_values(counts[s], places, values[keys.length + s] ?? []));
    tell(group + 1, table.groups.length);
  }
  return first.map((cells, place) => {
    const row = /** @type {Record<string, any>} */ ({ "\0rows": rows_of[place] });
    keys.forEach(({ column }, k) => row[column.name] = cells[k]);
    sums.forEach(({ column, read }, s) => {
      const { values = 0, sum = 0, least = null, most = null } = counts[s][place] ?? {};
      row[`\0values ${column.name}`] = values;
      row[`\0sum ${column.name}`] = values ? sum : null;
      row[`\0least ${column.name}`] = read(least);
      row[`\0most ${column.name}`] = read(most);
    });
    return row;
  });
}

/** @param {Sums} counts  @param {Uint32Array} places  @param {any[]} values */
function add_values(counts, places, values) {
  for (let n = 0; n < values.length; n++) {
    const value = values[n];
    if (value === null || value === undefined) continue;
    const mine = counts[places[n]] ??= { values: 0, sum: 0, least: value, most: value };
    mine.values++;
    if (typeof value === "number" || typeof value === "bigint") mine.sum += Number(value);
    if (value < mine.least) mine.least = value;
    if (value > mine.most) mine.most = value;
  }
}
