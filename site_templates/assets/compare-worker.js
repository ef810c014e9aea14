// The worker that compares two versions: adjacent ones by their published changes, others by their tables.

import { compare, pair_columns } from "./compare-rows.js";
import { write_line } from "./csv.js";
import { fold } from "./fold.js";
import { read_of_one, show, Table, Trouble } from "./rows.js";

/** @typedef {import("./compare-rows.js").Difference} Difference */
/** @typedef {{url: string, bytes: number}} File */
/** @typedef {{file?: File & {marks: string[]}, before?: File, after?: File, key: string[]}} Sides  `file`: of changed rows */
/** @typedef {{what: string, text: string, column: string}} Filter */
/** @typedef {{kind: "added" | "removed" | "changed", columns: string[], before: (string | null)[], after: (string | null)[]}} Shown */

const CSV_ROWS = 5_000;

const breathe = () => new Promise((resolve) => setTimeout(resolve));
let running = new AbortController();
let compared = { sides: "", found: /** @type {Compared | null} */ (null) };

/** Two versions, and what differs. */
class Compared {
  /** @param {Table} before  @param {Table} after  @param {Difference[]} found  @param {string[]} key */
  constructor(before, after, found, key) {
    this.before = before;
    this.after = after;
    this.found = found;
    this.key = key;
    const names = after.columns.map((column) => column.name);
    this.columns = [...names, ...before.columns.map((column) => column.name).filter((name) => !names.includes(name))];
    /** @type {string[] | null} */
    this.texts = null;
  }

  /** The differences that a filter asks for.  @param {Filter} filter  @param {AbortSignal} signal */
  async list({ what, text, column }, signal) {
    const part = fold(text.trim());
    if (part && !this.texts) {
      const named = this.key.length ? this.key : this.columns, texts = /** @type {string[]} */ ([]);
      for (let at = 0; at < this.found.length; at += CSV_ROWS) {
        for (const one of await this.read(this.found.slice(at, at + CSV_ROWS), named, signal)) {
          texts.push(fold([...one.before, ...one.after].filter((cell) => cell !== null).join("\n")));
        }
        await breathe();
      }
      this.texts = texts;
    }
    return this.found.filter((one, n) => (!what || kind_of(one) === what) && (!column || one.columns.includes(column) || !one.columns.length)
      && (!part || this.texts?.[n].includes(part)));
  }

  /** The cells of differences, in some columns.  @param {Difference[]} some  @param {string[]} names  @param {AbortSignal} signal
   * @returns {Promise<Shown[]>} */
  async read(some, names, signal) {
    const sides = [];
    for (const [table, side] of /** @type {const} */ ([[this.before, "before"], [this.after, "after"]])) {
      const there = some.filter((one) => one[side] >= 0), columns = names.map((name) => table.columns.find((column) => column.name === name));
      const known = columns.filter((column) => column !== undefined);
      const cells = there.length && known.length ? await table.readRows(there.map((one) => one[side]), known, signal) : [];
      let n = 0;
      sides.push(some.map((one) => {
        if (one[side] < 0) return names.map(() => null);
        const at = n++;
        return columns.map((column) => (column ? text_of(cells[known.indexOf(column)][at], column) : null));
      }));
    }
    return some.map((one, n) => ({ kind: kind_of(one), columns: one.columns, before: sides[0][n], after: sides[1][n] }));
  }
}

/** @param {any} value  @param {import("./rows.js").Column} column */
function text_of(value, column) {
  return value === null || value === undefined ? null : show(value, column);
}

/** @param {Difference} one  @returns {Shown["kind"]} */
function kind_of(one) {
  return one.before < 0 ? "added" : one.after < 0 ? "removed" : "changed";
}

addEventListener("message", async (/** @type {MessageEvent<{id: number, ask: "page" | "csv" | "stop", sides: Sides, filter: Filter, from: number, count: number, mark: boolean}>} */ event) => {
  const { id, ask, sides, filter, from, count, mark } = event.data;
  running.abort();
  if (ask === "stop") return;
  const { signal } = (running = new AbortController());
  try {
    const answer = async () => {
      const found = await find(id, sides, signal), some = await found.list(filter, signal);
      return ask === "csv" ? write(found, some, mark, signal) : turn(found, some, from, count, signal);
    };
    postMessage({ id, ...await read_of_one(answer, forget) });
  } catch (error) {
    if (signal.aborted) postMessage({ id, stopped: true });
    else if (error instanceof Trouble) postMessage({ id, trouble: error.code, args: error.args });
    else {
      console.warn(error);
      postMessage({ id, trouble: "unreadable", args: {} });
    }
  }
});

/** @param {number} id  @param {Sides} sides  @param {AbortSignal} signal */
async function find(id, sides, signal) {
  const text = JSON.stringify(sides);
  if (compared.sides !== text) {
    forget();
    compared = { sides: text, found: await (sides.file ? read_published(sides.file, sides.key, signal) : read_both(id, sides, signal)) };
  }
  return /** @type {Compared} */ (compared.found);
}

function forget() {
  compared = { sides: "", found: null };
}

/** @param {number} id  @param {Sides} sides  @param {AbortSignal} signal */
async function read_both(id, { before, after, key }, signal) {
  const open = (/** @type {File | undefined} */ file) => new Table(file?.url ?? "", file?.bytes ?? 0).open(signal);
  const [old, now] = await Promise.all([open(before), open(after)]);
  const named = key.every((name) => pair_columns(old, now).some((pair) => pair.name === name)) ? key : [];
  const found = await compare(old, now, named, signal, async (done, total) => {
    await breathe();
    postMessage({ id, done, total });
  });
  return new Compared(old, now, found, named);
}

/** Reads a published file of changed rows.  @param {File & {marks: string[]}} file  @param {string[]} key  @param {AbortSignal} signal */
async function read_published(file, key, signal) {
  const table = await new Table(file.url, file.bytes).open(signal), [change, corrected] = file.marks;
  const marks = table.columns.filter((column) => column.name === change || column.name === corrected);
  const all = Array.from({ length: table.rows }, (_, n) => n);
  const [kinds, columns] = table.rows ? await table.readRows(all, [change, corrected].map((name) => /** @type {any} */ (marks.find((each) => each.name === name))), signal) : [[], []];
  const found = /** @type {Difference[]} */ ([]);
  all.forEach((n) => {
    if (kinds[n] === "added") found.push({ before: -1, after: n, columns: [] });
    else if (kinds[n] === "removed") found.push({ before: n, after: -1, columns: [] });
    else if (kinds[n] === "after") found.push({ before: n - 1, after: n, columns: String(columns[n] ?? "").split(" ").filter(Boolean) });
  });
  table.columns = table.columns.filter((column) => !file.marks.includes(column.name));
  return new Compared(table, table, found, key);
}

/** @param {Compared} found  @param {Difference[]} some  @param {number} from  @param {number} count  @param {AbortSignal} signal */
async function turn(found, some, from, count, signal) {
  const counts = { added: 0, removed: 0, changed: 0 }, cells = /** @type {Record<string, number>} */ ({});
  for (const one of found.found) {
    counts[kind_of(one)]++;
    for (const name of one.columns) cells[name] = (cells[name] ?? 0) + 1;
  }
  const rows = await found.read(some.slice(from, from + count), found.columns, signal);
  return { counts, cells, total: some.length, from, names: found.columns, key: found.key, rows };
}

/** Writes differences as the published files of changed rows are written.
 * @param {Compared} found  @param {Difference[]} some  @param {boolean} mark  @param {AbortSignal} signal */
async function write(found, some, mark, signal) {
  const lines = [mark ? "\uFEFF" : "", write_line(["_change", "_columns", ...found.columns])];
  for (let at = 0; at < some.length; at += CSV_ROWS) {
    for (const { kind, columns, before, after } of await found.read(some.slice(at, at + CSV_ROWS), found.columns, signal)) {
      const line = (/** @type {string} */ what, /** @type {(string | null)[]} */ cells) => lines.push(write_line([what, columns.join(" "), ...cells.map((cell) => cell ?? "")], mark));
      if (kind !== "added") line(kind === "removed" ? kind : "before", before);
      if (kind !== "removed") line(kind === "added" ? kind : "after", after);
    }
    await breathe();
    signal.throwIfAborted();
  }
  return { csv: new Blob(lines, { type: "text/csv;charset=utf-8" }) };
}
