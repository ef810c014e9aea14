// Which rows of a table a view shows, and in which order.  Reads only the columns that it asks about, and of those
// only the pages that can hold an answer.  Runs in a worker.

import { fold, read_day } from "./fold.js";
import { make_within, read_box, spell_within } from "./map-points.js";
import { show, Trouble } from "./rows.js";

/** @typedef {import("./rows.js").Column} Column */
/** @typedef {import("./rows.js").Table} Table */
/** @typedef {{column: string, op: "has" | "lacks" | "eq" | "in" | "out" | "ge" | "le" | "empty" | "filled" | "within", value: string | string[], place?: string[]}} Filter  `place` of `within`: how rows are placed on the earth */
/** @typedef {{search: string, filters: Filter[], sort: string, down: boolean}} Query */
/** @typedef {{column: Column, can: (bounds: any) => boolean, is: (value: any) => boolean}} Test */
/** @typedef {(done: number, total: number, found?: () => Uint32Array) => Promise<void> | void} Tell */

const AHEAD = 8;              // groups whose pages are fetched together
const MOST_SORTED = 20e6;     // rows
const FEW_DIFFERENT = 50_000; // different values that are ranked rather than compared
export const MOST_COUNTED = 2e6;     // rows whose values are counted
const REMEMBERED = 20_000;    // different values whose answers are kept; of more, none

/** What people typed as a value of a column.  @param {string} text  @param {Column} column */
export function parse(text, column) {
  const plain = text.normalize("NFKC").trim();
  const wrong = () => new Trouble("value", { value: text });
  if (column.kind === "date") return parse_day(plain) ?? raise(wrong());
  if (column.kind === "datetime") {
    const [day, time = "00:00"] = plain.split(/[T ]+/);
    const [, clock, sign, hours, minutes] = /^(.*?)(?:Z|([+-])(\d{2}):?(\d{2}))?$/.exec(time) ?? [];
    const days = parse_day(day), micros = parse_time(clock);
    const ahead = column.utc && sign ? (sign === "-" ? -1 : 1) * (Number(hours) * 3_600e6 + Number(minutes) * 60e6) : 0;
    return days === null || micros === null ? raise(wrong()) : days * 86_400_000_000 + micros - ahead;
  }
  if (column.kind === "time") return parse_time(plain) ?? raise(wrong());
  if (column.kind === "boolean") return plain.toLowerCase() === "true";
  const bare = plain.replace(/[,\s_]/g, "").replace(/^[▲△−]/, "-");
  if (column.wide && /^[+-]?\d+$/.test(bare)) return BigInt(bare);
  return bare && Number.isFinite(Number(bare)) ? Number(bare) : raise(wrong());
}

/** @param {Error} error @returns {never} */
function raise(error) {
  throw error;
}

/** @param {string} text */
function parse_day(text) {
  const found = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(text);
  if (!found) return null;
  const [year, month, day] = found.slice(1).map(Number);
  const days = Date.UTC(year, month - 1, day) / 86_400_000;
  return new Date(days * 86_400_000).getUTCMonth() === month - 1 ? days : null;
}

/** @param {string} text */
function parse_time(text) {
  const found = /^(\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,6})?)?$/.exec(text);
  if (!found) return null;
  return Number(found[1]) * 3_600e6 + Number(found[2]) * 60e6 + Number(found[3] ?? 0) * 1e6 + Math.round(Number(found[4] ?? 0) * 1e6);
}

/** A filter as a test of values and of the bounds of many values.  @param {Filter} filter  @param {Column} column  @returns {Test} */
export function make_test(filter, column) {
  const any = () => true;
  const is_text = column.kind === "text" || column.kind === "list";
  const order = is_text ? compare_bytes : (/** @type {any} */ a, /** @type {any} */ b) => (a < b ? -1 : a > b ? 1 : 0);
  const span = (/** @type {any} */ bounds, /** @type {any} */ low, /** @type {any} */ high) =>
    bounds.least === undefined ? bounds.empty === undefined :
    (low === null || order(bounds.most, low) >= 0) && (high === null || order(bounds.least, high) <= 0);
  switch (filter.op) {
    case "empty": return { column, can: (bounds) => bounds.empty === undefined || bounds.empty > 0, is: (value) => value === null };
    case "filled": return { column, can: any, is: (value) => value !== null };
    case "has": {
      const part = fold(String(filter.value));
      const day = column.kind === "date" || column.kind === "datetime" ? read_day(part) : null;
      return { column, can: any, is: remember((value) => value !== null && (fold(show(value, column)).includes(part) || Boolean(day?.(show(value, column))))) };
    }
    case "within": {
      const within = make_within(filter.place?.[0] ?? "", read_box(String(filter.value)));
      return { column, can: any, is: within };
    }
    case "lacks": {
      const { is } = make_test({ ...filter, op: "has" }, column);
      return { column, can: any, is: (value) => !is(value) };
    }
    case "out": {
      const set = new Set([filter.value].flat());
      return { column, can: any, is: (value) => value === null || !set.has(show(value, column)) };
    }
    case "in": {
      const set = new Set([filter.value].flat());
      const may = (/** @type {any} */ bounds) => [...set].some((value) => span(bounds, value, value));
      return { column, can: column.kind === "text" ? may : any, is: (value) => value !== null && set.has(show(value, column)) };
    }
    default: {
      const value = is_text ? String(filter.value) : parse(String(filter.value), column);
      if (column.kind === "list") return { column, can: any, is: (each) => each !== null && show(each, column) === value };
      const low = filter.op === "le" ? null : value, high = filter.op === "ge" ? null : value;
      return {
        column, can: (bounds) => span(bounds, low, high),
        is: (each) => each !== null && (low === null || each >= low) && (high === null || each <= high),
      };
    }
  }
}

/** @param {(value: any) => boolean} is */
function remember(is) {
  let known = /** @type {Map<any, boolean> | null} */ (new Map());
  return (/** @type {any} */ value) => {
    if (!known) return is(value);
    let answer = known.get(value);
    if (answer === undefined) {
      answer = is(value);
      if (known.size < REMEMBERED) known.set(value, answer);
      else known = null;
    }
    return answer;
  };
}

const encoder = new TextEncoder();

/** Texts in the order of Parquet's bounds, that of their UTF-8.  @param {string} a  @param {string} b */
function compare_bytes(a, b) {
  const x = encoder.encode(a), y = encoder.encode(b);
  for (let n = 0; n < Math.min(x.length, y.length); n++) if (x[n] !== y[n]) return x[n] - y[n];
  return x.length - y.length;
}

/** The rows that pass the filters and the search; null for all of them.
 * @param {Table} table  @param {Query} query  @param {AbortSignal} signal  @param {Tell} tell  @returns {Promise<Uint32Array | null>} */
export async function find_rows(table, query, signal, tell) {
  const by_name = new Map(table.columns.map((column) => [column.name, column]));
  const filters = query.filters.flatMap((filter) => (filter.op === "within" ? spell_within(filter.place ?? [], String(filter.value)) : [filter]));
  const tests = /** @type {Filter[]} */ (filters).filter((filter) => by_name.has(filter.column))
    .map((filter) => make_test(filter, /** @type {Column} */ (by_name.get(filter.column))));
  const searched = query.search.trim() ? search_words(query.search) : null;
  if (!tests.length && !searched) return null;
  const parts = /** @type {Uint32Array[]} */ ([]);
  let count = 0;
  const join = () => {
    const all = new Uint32Array(count);
    let at = 0;
    for (const part of parts) all.set(part, at), at += part.length;
    return all;
  };
  for (let group = 0; group < table.groups.length; group++) {
    signal.throwIfAborted();
    if (group % AHEAD === 0 && tests.length) await fetch_ahead(table, tests[0], group, signal);
    let rows = /** @type {Uint32Array | null} */ (null);
    for (const test of tests) {
      rows = await keep_rows(table, group, rows, test, signal);
      if (!rows.length) break;
    }
    if (searched && !(rows && !rows.length)) rows = await search_rows(table, group, rows, searched, signal);
    const { start } = table.groups[group];
    if (rows?.length) {
      parts.push(rows.map((row) => row + start));
      count += rows.length;
    }
    await tell(group + 1, table.groups.length, join);
  }
  return join();
}

/** @param {Table} table  @param {Test} test  @param {number} from  @param {AbortSignal} signal */
async function fetch_ahead(table, test, from, signal) {
  const groups = table.groups.map((_, group) => group).slice(from, from + AHEAD).filter((group) => can(table, group, test));
  await table.loadLayouts(groups.map((group) => [group, test.column]), signal);
  const wanted = [];
  for (const group of groups) {
    const may = await pages_that_can(table, group, test, signal);
    wanted.push(...table.pagesOf(group, test.column).filter((_, page) => may[page]));
  }
  await table.readPages(wanted, signal);
}

/** @param {Table} table  @param {number} group  @param {Test} test */
function can(table, group, test) {
  const bounds = table.bounds(group, test.column);
  return !bounds || test.can(bounds);
}

/** @param {Table} table  @param {number} group  @param {Test} test  @param {AbortSignal} signal */
async function pages_that_can(table, group, test, signal) {
  const { pages } = table.layout(group, test.column);
  if (pages.length < 2 || test.column.kind === "list") return pages.map(() => true);
  return (await table.pageBounds(group, test.column, signal)).map((bounds) => test.can(bounds));
}

/** The rows of a group, of `rows` if given, that pass.
 * @param {Table} table  @param {number} group  @param {Uint32Array | null} rows  @param {Test} test  @param {AbortSignal} signal */
export async function keep_rows(table, group, rows, test, signal) {
  if (!can(table, group, test)) return new Uint32Array();
  await table.loadLayouts([[group, test.column]], signal);
  const { pages } = table.layout(group, test.column);
  const may = await pages_that_can(table, group, test, signal);
  const within = split_by_page(rows, pages);
  const wanted = table.pagesOf(group, test.column).filter((_, page) => may[page] && (!within || within[page].length));
  const read = await table.readPages(wanted, signal);
  const kept = new Uint32Array(rows ? rows.length : table.groups[group].rows);
  let count = 0;
  for (const [, , page] of wanted) {
    const values = read(group, test.column, page), { first, end } = pages[page];
    if (within) for (const row of within[page]) count += keep(row, values[row - first]);
    else for (let row = first; row < end; row++) count += keep(row, values[row - first]);
  }
  function keep(/** @type {number} */ row, /** @type {any} */ value) {
    if (!test.is(value ?? null)) return 0;
    kept[count] = row;
    return 1;
  }
  return kept.slice(0, count);
}

/** @param {Uint32Array | null} rows  @param {import("./rows.js").Page[]} pages */
function split_by_page(rows, pages) {
  if (!rows) return null;
  let at = 0;
  return pages.map(({ end }) => {
    const from = at;
    while (at < rows.length && rows[at] < end) at++;
    return rows.subarray(from, at);
  });
}

/** Every word of a search, folded; whether a number or a date can hold it.  @param {string} text */
function search_words(text) {
  return fold(text).split(/\s+/).filter(Boolean).map((word) => ({ word, number: /^[\d+.:,tz-]+$/.test(word), day: read_day(word) }));
}

/** The rows of a group in which every word of the search is found in some column.
 * @param {Table} table  @param {number} group  @param {Uint32Array | null} rows  @param {ReturnType<typeof search_words>} words  @param {AbortSignal} signal */
async function search_rows(table, group, rows, words, signal) {
  const is_number = (/** @type {Column} */ column) => !["text", "list", "boolean"].includes(column.kind);
  const is_day = (/** @type {Column} */ column) => column.kind === "date" || column.kind === "datetime";
  const columns = table.columns.filter((column) => !is_number(column) || words.some((word) => word.number || (word.day && is_day(column))));
  await table.loadLayouts(columns.map((column) => [group, column]), signal);
  const read = await table.readPages(columns.flatMap((column) => table.pagesOf(group, column)), signal);
  const found = words.map(() => new Uint8Array(table.groups[group].rows));
  for (const column of columns) {
    words.forEach(({ word, number, day }, w) => {
      const of_day = is_day(column) ? day : null;
      if (is_number(column) && !number && !of_day) return;
      const is = remember(of_day ? (value) => of_day(show(value, column)) || show(value, column).includes(word)
        : is_number(column) ? (value) => show(value, column).includes(word) : (value) => fold(show(value, column)).includes(word));
      table.layout(group, column).pages.forEach(({ first }, page) => {
        const values = read(group, column, page);
        for (let n = 0; n < values.length; n++) {
          if (!found[w][first + n] && values[n] !== null && values[n] !== undefined && is(values[n])) found[w][first + n] = 1;
        }
      });
    });
  }
  const every = rows ?? Uint32Array.from({ length: table.groups[group].rows }, (_, n) => n);
  return every.filter((row) => found.every((each) => each[row]));
}

/** `rows` (null for all) in the order of a column: least first, or greatest first if `down`; empty cells last; rows
 * with the same value stay as they were.
 * @param {Table} table  @param {Uint32Array | null} rows  @param {Column} column  @param {boolean} down  @param {AbortSignal} signal  @param {Tell} tell */
export async function sort_rows(table, rows, column, down, signal, tell) {
  const count = rows ? rows.length : table.rows;
  if (count > MOST_SORTED) throw new Trouble("many", { rows: MOST_SORTED });
  const values = new Array(count);
  let at = 0;
  for (let from = 0; from < table.groups.length; from += AHEAD) {
    signal.throwIfAborted();
    const groups = table.groups.map((_, group) => group).slice(from, from + AHEAD);
    await table.loadLayouts(groups.map((group) => [group, column]), signal);
    const chosen = groups.map((group) => {
      const { start, rows: length } = table.groups[group];
      if (!rows) return null;
      const first = lower_bound(rows, start), last = lower_bound(rows, start + length);
      return split_by_page(rows.slice(first, last).map((row) => row - start), table.layout(group, column).pages);
    });
    const wanted = groups.flatMap((group, n) => table.pagesOf(group, column).filter((_, page) => !chosen[n] || chosen[n][page].length));
    const read = await table.readPages(wanted, signal);
    for (const [group, , page] of wanted) {
      const found = read(group, column, page), { first } = table.layout(group, column).pages[page];
      const within = chosen[group - from]?.[page];
      if (within) for (const row of within) values[at++] = found[row - first];
      else for (let n = 0; n < found.length; n++) values[at++] = found[n];
    }
    await tell(Math.min(from + AHEAD, table.groups.length), table.groups.length);
  }
  const order = order_values(values, column, down);
  return rows ? order.map((n) => rows[n]) : order;
}

/** @param {Uint32Array} sorted  @param {number} value */
function lower_bound(sorted, value) {
  let low = 0, high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The places of `values` in order.  @param {any[]} values  @param {Column} column  @param {boolean} down */
export function order_values(values, column, down) {
  const keys = column.kind === "list" ? values.map((value) => value && show(value, column)) : values;
  const filled = /** @type {number[]} */ ([]), empty = /** @type {number[]} */ ([]);
  for (let n = 0; n < keys.length; n++) (keys[n] === null || keys[n] === undefined || Number.isNaN(keys[n]) ? empty : filled).push(n);
  const places = Uint32Array.from(filled);
  const by_rank = column.kind === "text" || column.kind === "list" || column.wide ? rank_values(keys, places) : null;
  const order = by_rank ? sort_by_keys(places, by_rank, down)
    : typeof keys[filled[0]] === "string" ? sort_texts(keys, places, down)
    : sort_by_keys(places, number_keys(keys, places), down);
  const all = new Uint32Array(values.length);
  all.set(order);
  all.set(empty, order.length);
  return all;
}

/** Sort keys of values of which few are different; null where many are.  @param {any[]} values  @param {Uint32Array} places */
function rank_values(values, places) {
  const distinct = new Set();
  for (const n of places) {
    distinct.add(values[n]);
    if (distinct.size > FEW_DIFFERENT) return null;
  }
  const ranks = new Map([...distinct].sort((a, b) => (a < b ? -1 : 1)).map((value, rank) => [value, rank]));
  const low = new Uint32Array(values.length);
  for (const n of places) low[n] = /** @type {number} */ (ranks.get(values[n]));
  return { high: null, low };
}

/** Sort keys of numbers: the bits of a double or a BigInt, turned so that they sort as unsigned whole numbers.  @param {any[]} values  @param {Uint32Array} places */
function number_keys(values, places) {
  const high = new Uint32Array(values.length), low = new Uint32Array(values.length);
  const bits = new DataView(new ArrayBuffer(8));
  for (const n of places) {
    const value = values[n];
    if (typeof value === "bigint") bits.setBigInt64(0, value);
    else bits.setFloat64(0, Number(value) + 0);
    const top = bits.getUint32(0), turn = typeof value !== "bigint" && top >>> 31 ? 0xffffffff : 0;
    high[n] = (top ^ (turn | 0x80000000)) >>> 0;
    low[n] = (bits.getUint32(4) ^ turn) >>> 0;
  }
  return { high, low };
}

/** Texts by the four characters after what all have in common, then those that are still alike one by one.
 * @param {string[]} values  @param {Uint32Array} places  @param {boolean} down */
function sort_texts(values, places, down) {
  let common = values[places[0]];
  for (const n of places) while (!values[n].startsWith(common)) common = common.slice(0, -1);
  const skip = common.length;
  const high = new Uint32Array(values.length), low = new Uint32Array(values.length);
  const unit = (/** @type {string} */ text, /** @type {number} */ at) => (at < text.length ? text.charCodeAt(at) : 0);
  for (const n of places) {
    const text = values[n];
    high[n] = (unit(text, skip) * 65_536) + unit(text, skip + 1);
    low[n] = (unit(text, skip + 2) * 65_536) + unit(text, skip + 3);
  }
  const order = sort_by_keys(places, { high, low }, down);
  for (let from = 0, to = 1; from < order.length; from = to++) {
    while (to < order.length && high[order[to]] === high[order[from]] && low[order[to]] === low[order[from]]) to++;
    if (to - from > 1) {
      const alike = Array.from(order.subarray(from, to));
      alike.sort((a, b) => (values[a] < values[b] ? -1 : values[a] > values[b] ? 1 : 0) * (down ? -1 : 1));
      order.set(alike, from);
    }
  }
  return order;
}

/** @param {Uint32Array} places  @param {{high: Uint32Array | null, low: Uint32Array}} keys  @param {boolean} down */
function sort_by_keys(places, { high, low }, down) {
  let order = places;
  for (const keys of high ? [low, high] : [low]) {
    for (const shift of [0, 16]) order = sort_by_digit(order, keys, shift, down);
  }
  return order === places ? places.slice() : order;
}

/** @param {Uint32Array} order  @param {Uint32Array} keys  @param {number} shift  @param {boolean} down */
function sort_by_digit(order, keys, shift, down) {
  const places = new Uint32Array(65_537);
  const digit = down ? (/** @type {number} */ n) => 65_535 - ((keys[n] >>> shift) & 65_535) : (/** @type {number} */ n) => (keys[n] >>> shift) & 65_535;
  for (const n of order) places[digit(n) + 1]++;
  for (let d = 0; d < 65_536; d++) {
    if (places[d + 1] === order.length) return order;
    places[d + 1] += places[d];
  }
  const sorted = new Uint32Array(order.length);
  for (const n of order) sorted[places[digit(n)]++] = n;
  return sorted;
}

/** The different values of a column, where they are few by the dictionaries of its groups, with how often each comes in
 * `rows` (null for all), the most frequent first; null where they are many.  In tables of more than MOST_COUNTED rows they
 * aren't counted (null).
 * @param {Table} table  @param {Column} column  @param {Uint32Array | null} rows  @param {number} most  @param {AbortSignal} signal  @returns {Promise<[string, number | null][] | null>} */
export async function list_values(table, column, rows, most, signal) {
  if (column.kind !== "text" && column.kind !== "integer" && column.kind !== "boolean") return null;
  if (column.kind === "boolean") return count_values(table, column, rows, [false, true], signal);
  const groups = table.groups.map((_, group) => group);
  let bytes = 0;
  for (const group of groups) {
    const { dictionary_page_offset: start, data_page_offset: end, encoding_stats: stats } = table.groups[group].chunks[column.leaf].meta_data;
    if (!start || stats?.some((/** @type {any} */ each) => each.page_type?.startsWith("DATA") && !each.encoding?.endsWith("DICTIONARY"))) return null;
    bytes += Number(end) - Number(start);
    if (Number(end) - Number(start) > 64 * most || bytes > 1e6) return null;
  }
  await table.loadLayouts(groups.map((group) => [group, column]), signal);
  const places = groups.map((group) => /** @type {[number, number]} */ (table.layout(group, column).dictionary));
  const cut = await table.fetchAll(places, signal);
  const found = new Set();
  groups.forEach((group, n) => {
    for (const value of table.dictionary(group, column, cut, places[n])) found.add(value);
  });
  if (found.size > most) return null;
  return count_values(table, column, rows, [...found].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)), signal);
}

/** @param {Table} table  @param {Column} column  @param {Uint32Array | null} rows  @param {any[]} values  @param {AbortSignal} signal  @returns {Promise<[string, number | null][]>} */
async function count_values(table, column, rows, values, signal) {
  if (table.rows > MOST_COUNTED) return values.map((value) => [show(value, column), null]);
  const counts = new Map(values.map((value) => [value, 0]));
  for (let group = 0; group < table.groups.length; group++) {
    const { start, rows: length } = table.groups[group];
    const mine = rows && rows.slice(lower_bound(rows, start), lower_bound(rows, start + length)).map((row) => row - start);
    if (mine && !mine.length) continue;
    const [every] = await table.readGroup(group, mine, [column], signal);
    for (const value of every) if (value !== null && value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1]).map(([value, count]) => [show(value, column), count]);
}
