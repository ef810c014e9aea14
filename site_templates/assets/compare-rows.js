// What differs between two versions of a table.  Reads only what may differ: groups of rows of which every byte is the
// same are passed over, and where the keys are the same byte by byte, rows stand beside each other and only the columns
// that differ are decoded.  All other rows are matched by a hash of their key, or of the whole row.  Runs in a worker.

import { show } from "./rows.js";

/** @typedef {import("./rows.js").Column} Column */
/** @typedef {import("./rows.js").Table} Table */
/** @typedef {{name: string, before: Column, after: Column, alike: boolean}} Pair  a column that both versions have */
/** @typedef {{before: number, after: number, columns: string[]}} Difference  rows, -1 for none; the columns corrected */
/** @typedef {(done: number, total: number) => Promise<void> | void} Tell */

const AT_ONCE = 10_000; // rows that are read again together

/** The columns that both versions have.  @param {Table} before  @param {Table} after  @returns {Pair[]} */
export function pair_columns(before, after) {
  return after.columns.flatMap((column) => {
    const other = before.columns.find((each) => each.name === column.name);
    const alike = other !== undefined && other.kind === column.kind && other.utc === column.utc && other.wide === column.wide;
    return other ? [{ name: column.name, before: other, after: column, alike }] : [];
  });
}

/** Every difference: of rows that both or only the later version has in its order, then rows that are gone.
 * @param {Table} before  @param {Table} after  @param {string[]} key  none to compare whole rows
 * @param {AbortSignal} signal  @param {Tell} tell  @returns {Promise<Difference[]>} */
export async function compare(before, after, key, signal, tell) {
  const pairs = pair_columns(before, after), keys = key.length ? pairs.filter((pair) => key.includes(pair.name)) : pairs;
  const rest = pairs.filter((pair) => !keys.includes(pair)), total = before.groups.length + after.groups.length;
  const found = /** @type {Difference[]} */ ([]), alone = /** @type {Set<number>} */ (new Set());
  for (let group = 0; group < Math.min(before.groups.length, after.groups.length); group++) {
    if (await is_same(before, after, group, keys, signal)) {
      alone.add(group);
      for (const one of await compare_beside(before, after, group, rest, signal)) found.push(one);
      await tell(2 * alone.size, total);
    }
  }
  let done = 2 * alone.size;
  const count = async () => tell(++done, total);
  const left = await hash_rows(before, alone, keys.map((pair) => [pair.before, pair.alike]), rest.map((pair) => [pair.before, pair.alike]), signal, count);
  const right = await hash_rows(after, alone, keys.map((pair) => [pair.after, pair.alike]), rest.map((pair) => [pair.after, pair.alike]), signal, count);
  const [matched, gone] = match_rows(left, right);
  const corrected = matched.filter((each) => each.before >= 0);
  await name_columns(before, after, corrected, rest, signal);
  for (const one of matched) found.push(one);
  found.sort((a, b) => a.after - b.after);
  for (const row of gone) found.push({ before: row, after: -1, columns: [] });
  return found;
}

// ---- the same bytes ----------------------------------------------------------------------------------------------

/** Tests whether columns hold the same bytes in a group of both versions.
 * @param {Table} before  @param {Table} after  @param {number} group  @param {Pair[]} pairs  @param {AbortSignal} signal */
async function is_same(before, after, group, pairs, signal) {
  const one = before.groups[group], other = after.groups[group];
  if (one.start !== other.start || one.rows !== other.rows || !pairs.length) return false;
  const places = pairs.map((pair) => [place_of(one.chunks[pair.before.leaf]), place_of(other.chunks[pair.after.leaf])]);
  if (!pairs.every((pair, n) => pair.alike && places[n][0][1] - places[n][0][0] === places[n][1][1] - places[n][1][0])) return false;
  for (const [mine, yours] of places.sort((a, b) => a[0][1] - a[0][0] - (b[0][1] - b[0][0]))) {
    const [x, y] = await Promise.all([before.fetch(...mine, signal), after.fetch(...yours, signal)]);
    for (let n = 0; n < x.length; n++) if (x[n] !== y[n]) return false;
  }
  return true;
}

/** Where the pages of a column are in a group.  @param {any} chunk  @returns {[number, number]} */
function place_of(chunk) {
  const { dictionary_page_offset: words, data_page_offset: pages, total_compressed_size: length } = chunk.meta_data;
  const start = Number(words && words < pages ? words : pages);
  return [start, start + Number(length)];
}

/** Compares the rows of a group that stand beside each other, as their keys are the same.
 * @param {Table} before  @param {Table} after  @param {number} group  @param {Pair[]} rest  @param {AbortSignal} signal */
async function compare_beside(before, after, group, rest, signal) {
  const found = /** @type {Map<number, string[]>} */ (new Map()), { start } = after.groups[group];
  for (const pair of rest) {
    if (await is_same(before, after, group, [pair], signal)) continue;
    const [[old], [now]] = await Promise.all([before.readGroup(group, null, [pair.before], signal), after.readGroup(group, null, [pair.after], signal)]);
    for (let n = 0; n < now.length; n++) {
      if (is_equal(old[n], now[n], pair)) continue;
      const names = found.get(n);
      if (names) names.push(pair.name);
      else found.set(n, [pair.name]);
    }
  }
  return Array.from(found, ([n, columns]) => ({ before: start + n, after: start + n, columns }));
}

/** @param {any} old  @param {any} now  @param {Pair} pair */
function is_equal(old, now, pair) {
  if (old === now) return true;
  const empty = old === null || old === undefined;
  if (empty || now === null || now === undefined) return empty && (now === null || now === undefined);
  return (!pair.alike || typeof old === "object") && show(old, pair.before) === show(now, pair.after);
}

// ---- by hash -----------------------------------------------------------------------------------------------------

/** @typedef {{rows: Uint32Array, keys: [Uint32Array, Uint32Array], rest: [Uint32Array, Uint32Array]}} Hashed */

/** Hashes the rows of all groups but some: their keys, and their other cells.
 * @param {Table} table  @param {Set<number>} but  @param {[Column, boolean][]} keys  columns, and whether their values are
 * hashed as they are rather than as texts  @param {[Column, boolean][]} rest  @param {AbortSignal} signal
 * @param {() => Promise<void> | void} tell  @returns {Promise<Hashed>} */
async function hash_rows(table, but, keys, rest, signal, tell) {
  const groups = table.groups.map((_, n) => n).filter((n) => !but.has(n));
  const count = groups.reduce((sum, group) => sum + table.groups[group].rows, 0);
  const make = () => /** @type {[Uint32Array, Uint32Array]} */ ([new Uint32Array(count), new Uint32Array(count)]);
  const made = { rows: new Uint32Array(count), keys: make(), rest: make() };
  let at = 0;
  for (const group of groups) {
    const { start, rows } = table.groups[group];
    for (let n = 0; n < rows; n++) made.rows[at + n] = start + n;
    for (const [columns, hashes] of /** @type {const} */ ([[keys, made.keys], [rest, made.rest]])) {
      for (const [column, plain] of columns) {
        const [values] = await table.readGroup(group, null, [column], signal);
        mix_values(plain ? values : values.map((value) => (value === null ? null : show(value, column))), hashes, at);
      }
    }
    at += rows;
    await tell();
    signal.throwIfAborted();
  }
  return made;
}

const number = new Float64Array(1), words = new Uint32Array(number.buffer), whole = new BigInt64Array(number.buffer);

/** Mixes the values of a column into the hashes of their rows.  @param {any[]} values  @param {[Uint32Array, Uint32Array]} hashes  @param {number} at */
function mix_values(values, [first, second], at) {
  for (let n = 0; n < values.length; n++) {
    const value = values[n];
    let a = 0x811c9dc5, b = 0x9e3779b9;
    if (typeof value === "string") {
      for (let i = 0; i < value.length; i++) {
        const code = value.charCodeAt(i);
        a = Math.imul(a ^ code, 0x01000193);
        b = Math.imul(b ^ code, 0x85ebca6b);
        b ^= b >>> 13;
      }
      a ^= value.length;
    } else if (value === null || value === undefined) {
      a = 0x27d4eb2f;
      b = 0x165667b1;
    } else {
      if (typeof value === "number") number[0] = value + 0;
      else if (typeof value === "bigint") whole[0] = value;
      else number[0] = value === true ? 1 : 0;
      a = Math.imul(words[0] ^ a, 0x01000193) ^ words[1];
      b = Math.imul(words[1] ^ b, 0x85ebca6b) ^ words[0];
      if (typeof value === "object") for (const text of value) for (const code of `\u0000${text}`) a = Math.imul(a ^ (code.codePointAt(0) ?? 0), 0x01000193), b = Math.imul(b ^ a, 0x85ebca6b);
    }
    a ^= a >>> 15;
    b ^= b >>> 16;
    const row = at + n, x = Math.imul(first[row] ^ a, 0x2c1b3c6d), y = Math.imul(second[row] ^ b, 0x297a2d39);
    first[row] = (x << 7 | x >>> 25) + 0x52dce729;
    second[row] = (y << 11 | y >>> 21) + 0x38495ab5;
  }
}

/** Matches rows by their keys: those that are new or corrected (columns are still unknown), and the rows that are gone.
 * @param {Hashed} left  @param {Hashed} right  @returns {[Difference[], number[]]} */
function match_rows(left, right) {
  const count = left.rows.length, mask = 2 ** Math.max(4, Math.ceil(Math.log2(count + 1)) + 1) - 1;
  const slots = new Int32Array(mask + 1).fill(-1), next = new Int32Array(count);
  const [k1, k2] = left.keys, [r1, r2] = right.keys;
  const find = (/** @type {number} */ x, /** @type {number} */ y) => {
    let slot = x & mask;
    while (slots[slot] >= 0 && (k1[slots[slot]] !== x || k2[slots[slot]] !== y)) slot = (slot + 1) & mask;
    return slot;
  };
  const used = new Uint8Array(count), heads = new Int32Array(mask + 1).fill(-1);
  for (let n = count - 1; n >= 0; n--) { // so that of equal keys the first comes first
    const slot = find(k1[n], k2[n]);
    next[n] = heads[slot];
    heads[slot] = n;
    slots[slot] = n;
  }
  const found = /** @type {Difference[]} */ ([]);
  for (let n = 0; n < right.rows.length; n++) {
    const slot = find(r1[n], r2[n]), old = slots[slot] < 0 ? -1 : heads[slot];
    if (old < 0) {
      found.push({ before: -1, after: right.rows[n], columns: [] });
      continue;
    }
    heads[slot] = next[old];
    used[old] = 1;
    if (left.rest[0][old] !== right.rest[0][n] || left.rest[1][old] !== right.rest[1][n]) {
      found.push({ before: left.rows[old], after: right.rows[n], columns: [] });
    }
  }
  const gone = /** @type {number[]} */ ([]);
  for (let n = 0; n < count; n++) if (!used[n]) gone.push(left.rows[n]);
  return [found, gone];
}

/** Names the columns in which rows were corrected.  @param {Table} before  @param {Table} after  @param {Difference[]} corrected
 * @param {Pair[]} rest  @param {AbortSignal} signal */
async function name_columns(before, after, corrected, rest, signal) {
  for (let start = 0; start < corrected.length; start += AT_ONCE) {
    const some = corrected.slice(start, start + AT_ONCE);
    for (const pair of rest) {
      const [[old], [now]] = [
        await before.readRows(some.map((each) => each.before), [pair.before], signal), await after.readRows(some.map((each) => each.after), [pair.after], signal),
      ];
      some.forEach((each, n) => {
        if (!is_equal(old[n], now[n], pair)) each.columns.push(pair.name);
      });
    }
  }
}
