// A published table, read over HTTP by byte ranges: the footer of its Parquet file first, then only the pages that are
// asked for.  Of a table in parts the footers of all parts come first; their groups are those of one table.
// Runs in a worker.  Values come as numbers (days and microseconds for dates and times), texts, booleans, lists or
// null; whole numbers that a double can't hold come as BigInt.

import { RangedFile, Trouble } from "./ranges.js";
import {
  assembleNested, convert, decompress, DEFAULT_PARSERS, getTreePath, parquetHeader, parquetMetadata, parquetSchema,
  readColumnIndex, readOffsetIndex, readPage,
} from "./parquet.js";

const TAIL = 1 << 16;      // bytes that are asked for first: the footer, and the page indexes of most files
const GAP = 1 << 14;       // bytes between two ranges that are cheaper to fetch than another request
const LONGEST = 1 << 23;   // bytes of one request
const AT_ONCE = 6;         // requests
const LIST = ".files.json"; // the end of the address of a list of parts
const KEPT = 16e6;         // values that stay decoded

/** Reads, and once more from the start where the file was another one in between.
 * @template T  @param {() => Promise<T>} read  @param {() => void} forget  what was read of the former  @returns {Promise<T>} */
export async function read_of_one(read, forget = () => {}) {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof Trouble) || error.code !== "changed") throw error;
    forget();
    return read();
  }
}

export { Trouble };

const PARSERS = {
  ...DEFAULT_PARSERS,
  dateFromDays: (/** @type {number} */ days) => days,
  timestampFromMilliseconds: (/** @type {bigint} */ count) => Number(count) * 1000,
  timestampFromMicroseconds: Number,
  timestampFromNanoseconds: (/** @type {bigint} */ count) => Number(count / 1000n),
};

/** @typedef {{name: string, kind: Kind, leaf: number, path: any[], element: any, wide: boolean, utc: boolean}} Column */
/** @typedef {"integer" | "number" | "boolean" | "date" | "time" | "datetime" | "text" | "list"} Kind */
/** @typedef {{first: number, end: number, offset: number, bytes: number}} Page  rows of its group, and where it is */

export class Table {
  /** @param {string} url  of a Parquet file, or of the list of parts  @param {number} bytes  of the file */
  constructor(url, bytes) {
    this.url = url;
    this.bytes = bytes;
    /** @type {{base: number, file: RangedFile}[]} the files, and where each begins among the places of all */
    this.files = [];
    this.rows = 0;
    /** @type {Record<string, string>} what the footer says besides */
    this.notes = {};
    /** @type {Column[]} */
    this.columns = [];
    /** @type {{start: number, rows: number, chunks: any[]}[]} */
    this.groups = [];
    /** @type {Map<string, {pages: Page[], dictionary: [number, number] | null}>} */
    this.layouts = new Map();
    /** @type {Map<string, any[]>} pages by "group column page", dictionaries by "group column"; least used first */
    this.decoded = new Map();
    this.held = 0;
  }

  /** Reads the footers.  @param {AbortSignal} signal */
  async open(signal) {
    const files = this.url.endsWith(LIST) ? await this.list_parts(signal) : [new RangedFile(this.url, this.bytes)];
    const footers = /** @type {any[]} */ (new Array(files.length));
    await work_through(files, async (file, n) => { footers[n] = await read_footer(file, signal); });
    let base = 0, start = 0;
    files.forEach((file, n) => {
      this.files.push({ base, file });
      for (const group of footers[n].row_groups) {
        this.groups.push({ start, rows: Number(group.num_rows), chunks: base ? group.columns.map((/** @type {any} */ chunk) => move_chunk(chunk, base)) : group.columns });
        start += Number(group.num_rows);
      }
      base += file.bytes + 2 * GAP; // so that no request is of two files
    });
    const metadata = footers[0];
    this.rows = start;
    for (const { key, value } of metadata.key_value_metadata ?? []) this.notes[key] = value ?? "";
    this.groups = this.groups.filter((group) => group.rows);
    const tree = parquetSchema(metadata);
    for (const child of tree.children) {
      let leaf = child;
      while (leaf.children.length) leaf = leaf.children[0];
      const place = metadata.row_groups[0].columns.findIndex((each) => each.meta_data?.path_in_schema.join("\0") === leaf.path.join("\0"));
      const kind = child.children.length ? "list" : tell_kind(leaf.element);
      const column = { name: child.element.name, kind, leaf: place, path: getTreePath(tree, leaf.path), element: leaf.element, wide: false, utc: leaf.element.logical_type?.isAdjustedToUTC === true && kind === "datetime", tree: child };
      column.wide = kind === "integer" && leaf.element.type === "INT64" && !this.groups.every((_, group) => {
        const bounds = this.bounds(group, column);
        return bounds && (bounds.least === undefined || (is_safe(bounds.least) && is_safe(bounds.most)));
      });
      this.columns.push(column);
    }
    return this;
  }

  /** The Parquet files of a table in parts.  @param {AbortSignal} signal */
  async list_parts(signal) {
    const { bytes, url } = this;
    const told = new RangedFile(url, bytes), parts = JSON.parse(new TextDecoder().decode(await told.fetch(0, bytes, signal)));
    return parts.map((/** @type {any} */ { parquet }) => new RangedFile(new URL(parquet.path, url).href, parquet.bytes));
  }

  /** The bytes from `start` up to `end`, places in one of the files.  @param {number} start  @param {number} end  @param {AbortSignal} signal */
  fetch(start, end, signal) {
    let n = this.files.length - 1;
    while (this.files[n].base > start) n--;
    const { base, file } = this.files[n];
    return file.fetch(start - base, end - base, signal);
  }

  /** Fetches `ranges`, neighbours together; gives a function that cuts any of them out.
   * @param {[number, number][]} ranges  @param {AbortSignal} signal */
  async fetchAll(ranges, signal) {
    const runs = /** @type {[number, number][]} */ ([]);
    for (const [start, end] of [...ranges].sort((a, b) => a[0] - b[0])) {
      const last = runs.at(-1);
      if (last && start <= last[1] + GAP && Math.max(end, last[1]) - last[0] <= LONGEST) last[1] = Math.max(end, last[1]);
      else runs.push([start, end]);
    }
    const bodies = /** @type {Uint8Array[]} */ (new Array(runs.length));
    await work_through(runs, async ([start, end], n) => { bodies[n] = await this.fetch(start, end, signal); });
    return (/** @type {number} */ start, /** @type {number} */ end) => {
      const at = runs.findIndex((run) => run[0] <= start && end <= run[1]);
      return bodies[at].subarray(start - runs[at][0], end - runs[at][0]);
    };
  }

  /** Least and greatest value of a column in a group and its empty cells, by the footer; null where it doesn't say.
   * @param {number} group  @param {Column} column */
  bounds(group, column) {
    const found = this.groups[group].chunks[column.leaf].meta_data.statistics;
    if (!found) return null;
    const empty = found.null_count === undefined ? undefined : Number(found.null_count);
    return { least: plain(found.min_value, column), most: plain(found.max_value, column), empty };
  }

  /** Where the pages of columns are in groups.  @param {[number, Column][]} wanted  @param {AbortSignal} signal */
  async loadLayouts(wanted, signal) {
    const missing = wanted.filter(([group, column]) => !this.layouts.has(`${group} ${column.leaf}`));
    const places = missing.map(([group, column]) => index_place(this.groups[group].chunks[column.leaf], "offset"));
    const cut = await this.fetchAll(places, signal);
    missing.forEach(([group, column], n) => {
      const index = readOffsetIndex({ view: view_of(cut(...places[n])), offset: 0 }).page_locations;
      const base = this.groups[group].chunks[column.leaf].base ?? 0;
      const starts = index.map((page) => Number(page.first_row_index));
      const pages = index.map((page, i) => ({
        first: starts[i], end: starts[i + 1] ?? this.groups[group].rows,
        offset: Number(page.offset) + base, bytes: page.compressed_page_size,
      }));
      const { dictionary_page_offset } = this.groups[group].chunks[column.leaf].meta_data;
      const start = Number(dictionary_page_offset ?? 0);
      const dictionary = start && start < pages[0].offset ? /** @type {[number, number]} */ ([start, pages[0].offset]) : null;
      this.layouts.set(`${group} ${column.leaf}`, { pages, dictionary });
    });
  }

  /** The layout of a column in a group, loaded before.  @param {number} group  @param {Column} column */
  layout(group, column) {
    return /** @type {{pages: Page[], dictionary: [number, number] | null}} */ (this.layouts.get(`${group} ${column.leaf}`));
  }

  /** Least and greatest value of each page of a column in a group.
   * @param {number} group  @param {Column} column  @param {AbortSignal} signal */
  async pageBounds(group, column, signal) {
    const place = index_place(this.groups[group].chunks[column.leaf], "column");
    const body = await this.fetch(...place, signal);
    const index = readColumnIndex({ view: view_of(body), offset: 0 }, column.element, PARSERS);
    return index.null_pages.map((/** @type {boolean} */ none, /** @type {number} */ n) => ({
      least: none ? undefined : plain(index.min_values[n], column),
      most: none ? undefined : plain(index.max_values[n], column),
      empty: index.null_counts ? Number(index.null_counts[n]) : undefined,
    }));
  }

  /** Fetches and decodes pages; `page` is one that was read so.
   * @param {[number, Column, number][]} wanted  group, column, page  @param {AbortSignal} signal */
  async readPages(wanted, signal) {
    const missing = wanted.filter(([group, column, page]) => !this.decoded.has(`${group} ${column.leaf} ${page}`));
    const ranges = /** @type {[number, number][]} */ ([]);
    for (const [group, column, page] of missing) {
      const { pages, dictionary } = this.layout(group, column);
      ranges.push([pages[page].offset, pages[page].offset + pages[page].bytes]);
      if (dictionary && !this.decoded.has(`${group} ${column.leaf}`)) ranges.push(dictionary);
    }
    const cut = await this.fetchAll(ranges, signal);
    const fresh = new Map();
    for (const [group, column, page] of missing) {
      signal.throwIfAborted();
      const { pages, dictionary } = this.layout(group, column);
      const known = dictionary ? this.dictionary(group, column, cut, dictionary) : undefined;
      const values = this.decode(group, column, cut(pages[page].offset, pages[page].offset + pages[page].bytes), known);
      fresh.set(`${group} ${column.leaf} ${page}`, tidy_values(values, column));
    }
    for (const [key, values] of fresh) this.keep(key, values);
    return (/** @type {number} */ group, /** @type {Column} */ column, /** @type {number} */ page) => {
      const key = `${group} ${column.leaf} ${page}`;
      return /** @type {any[]} */ (fresh.get(key) ?? this.decoded.get(key));
    };
  }

  /** @param {number} group  @param {Column} column  @param {(start: number, end: number) => Uint8Array} cut  @param {[number, number]} place */
  dictionary(group, column, cut, place) {
    const key = `${group} ${column.leaf}`;
    const known = this.decoded.get(key);
    if (known) return known;
    const reader = { view: view_of(cut(...place)), offset: 0 };
    const header = parquetHeader(reader);
    const { data } = readPage(reader, header, this.decoder(group, column), undefined, undefined, 0);
    const values = /** @type {any[]} */ (convert(data, this.decoder(group, column)));
    this.keep(key, values);
    return values;
  }

  /** @param {number} group  @param {Column} column  @param {Uint8Array} body  @param {any} dictionary */
  decode(group, column, body, dictionary) {
    const reader = { view: view_of(body), offset: 0 };
    const { data } = readPage(reader, parquetHeader(reader), this.decoder(group, column), dictionary, undefined, 0);
    if (column.kind !== "list") return data;
    const parts = new Map([[column.path.at(-1).path.join("."), data]]);
    assembleNested(parts, /** @type {any} */ (column).tree, PARSERS);
    return parts.get(column.name);
  }

  /** @param {number} group  @param {Column} column */
  decoder(group, column) {
    const meta = this.groups[group].chunks[column.leaf].meta_data;
    return { ...meta, pathInSchema: meta.path_in_schema, element: column.element, schemaPath: column.path, compressors: COMPRESSORS, parsers: PARSERS };
  }

  /** @param {string} key  @param {any[]} values */
  keep(key, values) {
    this.decoded.set(key, values);
    this.held += values.length;
    for (const [oldest, gone] of this.decoded) {
      if (this.held <= KEPT || oldest === key) break;
      this.decoded.delete(oldest);
      this.held -= gone.length;
    }
  }

  /** The group that holds a row.  @param {number} row */
  groupOf(row) {
    let low = 0, high = this.groups.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.groups[middle].start <= row) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The values of `columns` in `rows`, a list for each column.
   * @param {ArrayLike<number>} rows  @param {Column[]} columns  @param {AbortSignal} signal */
  async readRows(rows, columns, signal) {
    const groups = Array.from(rows, (row) => this.groupOf(row));
    const distinct = [...new Set(groups)];
    await this.loadLayouts(distinct.flatMap((group) => columns.map((column) => /** @type {[number, Column]} */ ([group, column]))), signal);
    const wanted = new Map();
    const places = columns.map((column) => groups.map((group, n) => {
      const page = page_of(this.layout(group, column).pages, rows[n] - this.groups[group].start);
      wanted.set(`${group} ${column.leaf} ${page}`, [group, column, page]);
      return page;
    }));
    const page = await this.readPages([...wanted.values()], signal);
    return columns.map((column, c) => groups.map((group, n) => {
      const at = places[c][n];
      return page(group, column, at)[rows[n] - this.groups[group].start - this.layout(group, column).pages[at].first] ?? null;
    }));
  }

  /** The values of `columns` in a group, of its `rows` if given, a list for each column.
   * @param {number} group  @param {Uint32Array | null} rows  @param {Column[]} columns  @param {AbortSignal} signal */
  async readGroup(group, rows, columns, signal) {
    if (rows && rows.length < this.groups[group].rows / 8) {
      return this.readRows(rows.map((row) => row + this.groups[group].start), columns, signal);
    }
    await this.loadLayouts(columns.map((column) => [group, column]), signal);
    const page = await this.readPages(columns.flatMap((column) => this.pagesOf(group, column)), signal);
    return columns.map((column) => {
      const whole = /** @type {any[]} */ ([]).concat(...this.layout(group, column).pages.map((_, n) => page(group, column, n)));
      return rows ? Array.from(rows, (row) => whole[row]) : whole;
    });
  }

  /** Every page of a column in a group, in order.  @param {number} group  @param {Column} column  @returns {[number, Column, number][]} */
  pagesOf(group, column) {
    return this.layout(group, column).pages.map((_, page) => [group, column, page]);
  }
}

/** Does something with each of many, a few at once.
 * @template T  @param {T[]} many  @param {(one: T, n: number) => Promise<void>} act */
async function work_through(many, act) {
  let next = 0;
  const work = async () => {
    while (next < many.length) await act(many[next], next++);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, many.length) }, work));
}

/** @param {RangedFile} file  @param {AbortSignal} signal */
async function read_footer(file, signal) {
  await file.keep_tail(TAIL, signal);
  const { buffer, byteOffset, byteLength } = file.tail, view = new DataView(buffer, byteOffset, byteLength);
  const length = byteLength >= 8 ? view.getUint32(byteLength - 8, true) + 8 : Infinity;
  if (length > file.bytes) throw new Trouble("unreadable");
  if (length > byteLength) await file.keep_tail(length, signal);
  try {
    return parquetMetadata(file.tail, { parsers: PARSERS, geoparquet: false });
  } catch {
    throw new Trouble("unreadable");
  }
}

/** A chunk of a column, its places moved by where its file begins.  @param {any} chunk  @param {number} base */
function move_chunk(chunk, base) {
  const moved = (/** @type {any} */ at) => (at === undefined ? undefined : Number(at) + base), meta = chunk.meta_data;
  return {
    ...chunk, offset_index_offset: moved(chunk.offset_index_offset), column_index_offset: moved(chunk.column_index_offset), base,
    meta_data: { ...meta, data_page_offset: moved(meta.data_page_offset), dictionary_page_offset: meta.dictionary_page_offset ? moved(meta.dictionary_page_offset) : undefined },
  };
}

const COMPRESSORS = { ZSTD: (/** @type {Uint8Array} */ body, /** @type {number} */ length) => decompress(body, new Uint8Array(length)) };

/** @param {any} element  @returns {Kind} */
function tell_kind(element) {
  const { type, converted_type: older, logical_type: newer } = element;
  if (newer?.type === "DATE" || older === "DATE") return "date";
  if (newer?.type === "TIME") return "time";
  if (newer?.type === "TIMESTAMP") return "datetime";
  if (type === "BOOLEAN") return "boolean";
  if (type === "INT32" || type === "INT64") return "integer";
  return type === "DOUBLE" || type === "FLOAT" ? "number" : "text";
}

/** @param {any} value */
function is_safe(value) {
  return typeof value === "number" ? Number.isSafeInteger(value) : BigInt.asIntN(54, value) === value;
}

/** A value of the footer as pages give it.  @param {any} value  @param {Column} column */
function plain(value, column) {
  return typeof value === "bigint" && !column.wide && column.kind !== "integer" ? Number(value)
    : typeof value === "bigint" && is_safe(value) && !column.wide ? Number(value) : value;
}

/** @param {any} values  @param {Column} column */
function tidy_values(values, column) {
  if (column.wide || !["integer", "time", "datetime"].includes(column.kind)) return Array.isArray(values) ? values : Array.from(values);
  const made = new Array(values.length);
  for (let n = 0; n < values.length; n++) made[n] = values[n] === null || values[n] === undefined ? null : Number(values[n]);
  return made;
}

/** @param {any} chunk  @param {"offset" | "column"} which  @returns {[number, number]} */
function index_place(chunk, which) {
  const start = chunk[`${which}_index_offset`], length = chunk[`${which}_index_length`];
  if (!start || !length) throw new Trouble("unreadable");
  return [Number(start), Number(start) + length];
}

/** @param {Uint8Array} body */
function view_of(body) {
  return new DataView(body.buffer, body.byteOffset, body.byteLength);
}

/** @param {Page[]} pages  @param {number} row */
export function page_of(pages, row) {
  let low = 0, high = pages.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (pages[middle].first <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}

const DAY = 86_400_000_000;

/** A value as text, as in the published CSV; "" for none.  @param {any} value  @param {Column} column  @returns {string} */
export function show(value, column) {
  if (value === null || value === undefined) return "";
  switch (column.kind) {
    case "date": return show_day(value);
    case "time": return show_time(value);
    case "datetime": {
      const days = Math.floor(value / DAY);
      return `${show_day(days)}T${show_time(value - days * DAY)}${column.utc ? "Z" : ""}`;
    }
    case "list": return value.join(",");
    default: return String(value);
  }
}

/** @param {number} days */
function show_day(days) {
  const text = new Date(days * 86_400_000).toISOString();
  return text.slice(0, text.indexOf("T"));
}

/** @param {number} micros */
function show_time(micros) {
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const seconds = Math.floor(micros / 1e6), rest = micros - seconds * 1e6;
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}${rest ? `.${String(rest).padStart(6, "0")}` : ""}`;
}
