// The first rows in an order, found while a table is read: `ORDER BY a DESC LIMIT 10` reads the columns of the order and
// keeps as many rows as are asked for; all other columns are read of these rows alone.

import { is_aggregate } from "./sql-groups.js";
import { keep_rows } from "./view-query.js";

/** @typedef {import("./rows.js").Column} Column */
/** @typedef {import("./rows.js").Table} Table */
/** @typedef {{column: Column, read: (value: any) => any}} Known */
/** @typedef {{column: Column, down: boolean, last: boolean}} Term */

const MOST = 10_000; // rows that are kept
const WHOLE = ["window", "subquery", "select", "compound", "in", "exists", "not exists"];

/** The order that a statement over one table asks for, how many rows of it, and the columns that it names; null where
 * the engine has to see every row.  @param {any} statement  @param {Map<string, Known>} by_name */
export function plan_top(statement, by_name) {
  const { type, from, joins, columns, orderBy, groupBy, having, distinct, limit, offset = 0 } = statement;
  if (type !== "select" || from.type !== "table" || joins.length || distinct || having || groupBy.length) return null;
  if (!orderBy.length || limit === undefined || limit + offset > MOST || limit + offset < 1) return null;
  const mine = new Set([from.table, from.alias, undefined]);
  const column_of = (/** @type {any} */ expr) => (expr.type === "identifier" && mine.has(expr.prefix) ? by_name.get(expr.name)?.column : undefined);
  const terms = /** @type {Term[]} */ ([]);
  for (const { expr, direction, nulls } of orderBy) {
    // A name that the SELECT gives goes before a column of that name.
    const named = expr.type === "identifier" && !expr.prefix ? columns.find((/** @type {any} */ each) => each.alias === expr.name) : undefined;
    const column = column_of(named ? named.expr : expr);
    if (!column || column.kind === "list") return null;
    terms.push({ column, down: direction === "DESC", last: nulls === "LAST" });
  }
  const names = /** @type {Set<string>} */ (new Set(terms.map(({ column }) => column.name)));
  const given = new Set(columns.map((/** @type {any} */ each) => each.alias));
  const fits = (/** @type {any} */ node) => {
    if (!node || typeof node !== "object") return true;
    if (Array.isArray(node)) return node.every(fits);
    if (WHOLE.includes(node.type) || (node.type === "function" && is_aggregate(node.funcName))) return false;
    if (node.type === "star") for (const name of by_name.keys()) names.add(name);
    if (node.type === "identifier") {
      if (!mine.has(node.prefix) || !(by_name.has(node.name) || given.has(node.name))) return false;
      if (by_name.has(node.name)) names.add(node.name);
    }
    return Object.values(node).every(fits);
  };
  return fits(columns) && fits(orderBy) ? { terms, most: limit + offset, names: [...by_name.keys()].filter((name) => names.has(name)) } : null;
}

/** The rows that come first, by their numbers: of equal ones those that stand first in the table.
 * @param {Table} table  @param {Term[]} terms  @param {number} most  @param {import("./view-query.js").Test[]} tests
 * @param {AbortSignal} signal  @param {(done: number, total: number) => void} tell */
export async function find_top(table, terms, most, tests, signal, tell) {
  /** Rows as [value of each term …, number].  @param {any[]} a  @param {any[]} b */
  const compare = (a, b) => {
    for (let t = 0; t < terms.length; t++) {
      const x = a[t], y = b[t];
      if (x === y) continue;
      if (x === null) return terms[t].last ? 1 : -1;
      if (y === null) return terms[t].last ? -1 : 1;
      if (x == y) continue;
      return x < y !== terms[t].down ? -1 : 1;
    }
    return a[terms.length] - b[terms.length];
  };
  let kept = /** @type {any[][]} */ ([]), worst = /** @type {any[] | null} */ (null);
  const cut = () => {
    kept = kept.sort(compare).slice(0, most);
    worst = kept.length === most ? kept[most - 1] : null;
  };
  for (let group = 0; group < table.groups.length; group++) {
    const { start, rows: length } = table.groups[group];
    let rows = /** @type {Uint32Array | null} */ (null);
    for (const test of tests) if (!rows || rows.length) rows = await keep_rows(table, group, rows, test, signal);
    const count = rows ? rows.length : length;
    const values = count ? await table.readGroup(group, rows, terms.map(({ column }) => column), signal) : [];
    for (let n = 0; n < count; n++) {
      const row = terms.map((_, t) => values[t][n] ?? null);
      row.push(start + (rows ? rows[n] : n));
      if (worst && compare(row, worst) > 0) continue;
      kept.push(row);
      if (kept.length >= 4 * most + 1000) cut();
    }
    tell(group + 1, table.groups.length);
  }
  cut();
  return kept.map((row) => row[terms.length]).sort((a, b) => a - b);
}
