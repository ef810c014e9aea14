// The numbers of a chart, counted again from the rows that a table's filters leave.  Runs in the table's worker.

import { show, Trouble } from "./rows.js";

/** @typedef {{kind: string, x: string, y?: string, by?: string, how: string, step?: string, marks: string[]}} Plan */

const ROWS = 50_000; // rows that are read together
const MOST = 20_000; // pairs of mark and name
const SPELLED = /** @type {Record<string, number>} */ ({ day: 10, month: 7, year: 4 });

/** The number of rows of each mark and name, and the sum, the least and the greatest of their numbers.
 * @param {import("./rows.js").Table} table  @param {Uint32Array | null} rows  @param {Plan} plan  @param {AbortSignal} signal
 * @returns {Promise<[string, string, number, number, number, number][]>} */
export async function count_chart(table, rows, plan, signal) {
  const columns = [plan.x, plan.by, plan.y].map((name) => table.columns.find((column) => column.name === name));
  const [x, by, y] = columns;
  if (!x || x.utc || by?.utc) throw new Trouble("unreadable", {});
  const read = columns.filter((column) => column !== undefined);
  const spell = (/** @type {any} */ value) => (value === null ? "" : show(value, x).slice(0, SPELLED[plan.step ?? ""] ?? undefined));
  const place = plan.kind === "spread" ? make_intervals(plan.marks) : spell;
  const found = /** @type {Map<string, [string, string, number, number, number, number]>} */ (new Map());
  const count = rows ? rows.length : table.rows;
  for (let from = 0; from < count; from += ROWS) {
    const length = Math.min(ROWS, count - from);
    const chosen = rows ? rows.subarray(from, from + length) : Uint32Array.from({ length }, (_, n) => from + n);
    const cells = await table.readRows(chosen, read, signal);
    for (let n = 0; n < length; n++) {
      const value = cells[0][n], number = y ? cells[read.length - 1][n] : 0;
      if (value === null || number === null || !Number.isFinite(Number(number))) continue;
      const mark = place(value), name = by ? (cells[1][n] === null ? "" : show(cells[1][n], by)) : "";
      const key = `${mark}\0${name}`, group = found.get(key);
      const plain = Number(number);
      if (!group) found.set(key, [mark, name, 1, plain, plain, plain]);
      else {
        group[2] += 1;
        group[3] += plain;
        if (plain < group[4]) group[4] = plain;
        if (plain > group[5]) group[5] = plain;
      }
    }
    if (found.size > MOST) throw new Trouble("unreadable", {});
  }
  return [...found.values()];
}

/** A number's interval among `low..high`, of which the ends may be open.  @param {string[]} marks */
function make_intervals(marks) {
  const bounds = marks.map((mark) => mark.split("..").map((bound, end) => (bound ? Number(bound) : end ? Infinity : -Infinity)));
  return (/** @type {any} */ value) => marks[bounds.findIndex(([low, high]) => Number(value) >= low && Number(value) < high)] ?? "";
}
