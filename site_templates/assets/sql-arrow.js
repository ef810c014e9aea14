// Values between `rows.js` and DuckDB, as Arrow: columns in, cells of an answer out.

import {
  Bool, DateDay, Dictionary, Field, Float64, Int32, Int64, makeData, RecordBatch, Schema, Struct, Table, TimeMicrosecond, TimestampMicrosecond, Type, Utf8, Vector,
} from "./duckdb.js";
import { show } from "./rows.js";

/** @typedef {import("./rows.js").Column} Column */

const encoder = new TextEncoder();

/** Columns of a row group as an Arrow table.  @param {Column[]} columns  @param {any[][]} values */
export function make_batch(columns, values) {
  const length = values[0].length;
  const parts = columns.map((column, c) => make_column(column, values[c], length));
  const schema = new Schema(columns.map(({ name }, c) => new Field(name, parts[c].type, true)));
  return new Table(schema, new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length, nullCount: 0, children: parts })));
}

/** @param {Column} column  @param {any[]} values  @param {number} length */
function make_column(column, values, length) {
  const nullBitmap = new Uint8Array((length + 63) >> 6 << 3);
  let nullCount = 0;
  const there = (/** @type {number} */ n) => {
    if (values[n] === null || values[n] === undefined) {
      nullCount++;
      return false;
    }
    nullBitmap[n >> 3] |= 1 << (n & 7);
    return true;
  };
  /** @param {any} type  @param {any} data  @param {(value: any) => any} read */
  const fill = (type, data, read) => {
    for (let n = 0; n < length; n++) if (there(n)) data[n] = read(values[n]);
    return makeData({ type, length, nullCount, nullBitmap, data });
  };
  /** Whole numbers that a double holds, as 64 bits: some ten times as fast as by way of BigInt.  @param {any} type */
  const fill_words = (type) => {
    const data = new BigInt64Array(length), words = new Int32Array(data.buffer);
    for (let n = 0; n < length; n++) {
      if (!there(n)) continue;
      words[2 * n] = values[n];
      words[2 * n + 1] = Math.floor(values[n] / 4_294_967_296);
    }
    return makeData({ type, length, nullCount, nullBitmap, data });
  };
  switch (column.kind) {
    case "integer": return column.wide ? fill(new Int64(), new BigInt64Array(length), BigInt) : fill_words(new Int64());
    case "number": return fill(new Float64(), new Float64Array(length), Number);
    case "date": return fill(new DateDay(), new Int32Array(length), Number);
    case "time": return fill_words(new TimeMicrosecond());
    case "datetime": return fill_words(new TimestampMicrosecond());
    case "boolean": {
      const data = new Uint8Array(nullBitmap.length);
      for (let n = 0; n < length; n++) if (there(n) && values[n]) data[n >> 3] |= 1 << (n & 7);
      return makeData({ type: new Bool(), length, nullCount, nullBitmap, data });
    }
  }
  const places = new Map(), codes = new Int32Array(length);
  for (let n = 0; n < length; n++) {
    if (!there(n)) continue;
    const text = column.kind === "list" ? show(values[n], column) : values[n];
    let code = places.get(text);
    if (code === undefined) places.set(text, code = places.size);
    codes[n] = code;
  }
  const dictionary = new Vector([make_texts([...places.keys()])]);
  return makeData({ type: new Dictionary(new Utf8(), new Int32()), length, nullCount, nullBitmap, data: codes, dictionary });
}

/** @param {string[]} texts */
function make_texts(texts) {
  const valueOffsets = new Int32Array(texts.length + 1);
  let data = new Uint8Array(texts.reduce((sum, text) => sum + text.length, 0) * 3 + 8), end = 0;
  texts.forEach((text, n) => {
    end += encoder.encodeInto(text, data.subarray(end)).written;
    valueOffsets[n + 1] = end;
  });
  data = data.slice(0, end);
  return makeData({ type: new Utf8(), length: texts.length, nullCount: 0, valueOffsets, data });
}

/** How cells of an Arrow type are written, and whether they are numbers.  @param {any} type
 * @returns {{number: boolean, write: (value: any) => string | null}} */
export function write_cell(type) {
  const some = (/** @type {(value: any) => string} */ write) => (/** @type {any} */ value) => (value === null || value === undefined ? null : write(value));
  switch (type.typeId) {
    case Type.Int: return { number: true, write: some(String) };
    case Type.Float: return { number: true, write: some((value) => (Number.isFinite(value) ? String(value) : "")) };
    case Type.Decimal: return { number: true, write: some((value) => write_decimal(value, type.scale)) };
    case Type.Date: return { number: false, write: some((value) => new Date(Number(value)).toISOString().replace(/T.*/, "")) };
    case Type.Time: return { number: false, write: some((value) => show(Number(value) * (type.unit === 2 ? 1 : type.unit === 3 ? 1e-3 : type.unit === 1 ? 1e3 : 1e6), /** @type {any} */ ({ kind: "time" }))) };
    case Type.Timestamp: return { number: false, write: some((value) => show(Math.round(Number(value) * 1000), /** @type {any} */ ({ kind: "datetime" }))) };
    default: return { number: false, write: some(write_other) };
  }
}

/** Lists, structs and what has no writing of its own.  @param {any} value  @returns {string} */
function write_other(value) {
  if (typeof value !== "object") return String(value);
  return JSON.stringify(value, (_, part) => (typeof part === "bigint" ? Number(part) : part));
}

/** A whole number in four words of 32 bits, the lowest first, with its last `scale` digits behind the point.
 * @param {Uint32Array} words  @param {number} scale */
function write_decimal(words, scale) {
  let whole = words.reduceRight((sum, word) => (sum << 32n) | BigInt(word >>> 0), 0n);
  whole = BigInt.asIntN(words.length * 32, whole);
  const digits = String(whole < 0n ? -whole : whole).padStart(scale + 1, "0");
  const text = scale ? `${digits.slice(0, -scale)}.${digits.slice(-scale)}` : digits;
  return whole < 0n ? `-${text}` : text;
}
