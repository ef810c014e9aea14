// The rows of a view as files: CSV, JSON, GeoJSON, xlsx, iCalendar.  Runs in the worker, some rows at a time.

import { write_line } from "./csv.js";
import { show, Trouble } from "./rows.js";
import { write_zip } from "./zip.js";

/** @typedef {import("./rows.js").Column} Column */
/** @typedef {{name: string, title: string, unit: string, type: string, about: string}} Field  a column as the dictionary tells it */
/** @typedef {{format: string, mark: boolean, place: string[], fields: Field[], title: string, address: string, words: Record<string, string>, label: string, day: string}} Wish */
/** @typedef {(rows: any[][], count: number) => void} Take  takes rows, a list of values for each column */

/** The most rows of a sheet that is written here, and of a calendar. */
const MOST = { xlsx: 200_000, ics: 2_000, geojson: 200_000, json: 1_000_000 };

/** What takes rows and gives a file at last.
 * @param {Wish} wish  @param {Column[]} columns  @param {number} count  @returns {{take: Take, end: () => Promise<Blob> | Blob}} */
export function start_file(wish, columns, count) {
  const most = MOST[/** @type {keyof typeof MOST} */ (wish.format)];
  if (most && count > most) throw new Trouble("large", { rows: most });
  return { csv: start_csv, json: start_json, geojson: start_geojson, xlsx: start_xlsx, ics: start_ics }[wish.format]?.(wish, columns) ?? start_csv(wish, columns);
}

/** @param {Wish} wish  @param {Column[]} columns */
function start_csv({ mark }, columns) {
  const parts = [mark ? "\uFEFF" : "", write_line(columns.map((column) => column.name), mark)];
  return {
    take: (/** @type {any[][]} */ cells, /** @type {number} */ count) => {
      const lines = new Array(count);
      for (let n = 0; n < count; n++) lines[n] = write_line(columns.map((column, c) => show(cells[c][n], column)), mark);
      parts.push(lines.join(""));
    },
    end: () => new Blob(parts, { type: "text/csv;charset=utf-8" }),
  };
}

/** A value as JSON has it: numbers and truth as such, whole numbers that JSON's readers would round, days and times as text.
 * @param {any} value  @param {Column} column */
function plain(value, column) {
  if (value === null || value === undefined) return null;
  if (column.kind === "boolean") return value;
  if (column.kind === "list") return value;
  if (is_number(column)) return typeof value !== "bigint" ? value : Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  return show(value, column);
}

/** @param {Column} column */
function is_number(column) {
  return column.kind === "integer" || column.kind === "number";
}

/** @param {Wish} _  @param {Column[]} columns */
function start_json(_, columns) {
  const parts = /** @type {string[]} */ ([]);
  return {
    take: (/** @type {any[][]} */ cells, /** @type {number} */ count) => {
      for (let n = 0; n < count; n++) parts.push(JSON.stringify(Object.fromEntries(columns.map((column, c) => [column.name, plain(cells[c][n], column)]))));
    },
    end: () => new Blob(["[\n", parts.join(",\n"), "\n]\n"], { type: "application/json" }),
  };
}

/** @param {Wish} wish  @param {Column[]} columns */
function start_geojson({ place: [kind, ...names] }, columns) {
  const at = names.map((name) => columns.findIndex((column) => column.name === name));
  const parts = /** @type {string[]} */ ([]);
  const locate = (/** @type {any[]} */ values) => {
    if (values.some((value) => value === null || value === "")) return null;
    if (kind === "geojson") return JSON.parse(values[0]);
    const pair = (kind === "geopoint" ? String(values[0]).split(",") : values).map(Number);
    return pair.every(Number.isFinite) ? { type: "Point", coordinates: pair } : null;
  };
  return {
    take: (/** @type {any[][]} */ cells, /** @type {number} */ count) => {
      for (let n = 0; n < count; n++) {
        const properties = Object.fromEntries(columns.map((column, c) => [column.name, plain(cells[c][n], column)]).filter((_, c) => !at.includes(c)));
        parts.push(JSON.stringify({ type: "Feature", geometry: locate(at.map((c) => plain(cells[c][n], columns[c]))), properties }));
      }
    },
    end: () => new Blob(['{"type":"FeatureCollection","features":[\n', parts.join(",\n"), "\n]}\n"], { type: "application/geo+json" }),
  };
}

// ---- xlsx ----

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
const OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE = "http://schemas.openxmlformats.org/package/2006";
const [DAY_STYLE, HEAD_STYLE] = [1, 2];
const EPOCH = 25_569; // 1970-01-01 in Excel's days

/** @param {string} text */
function escape(text) {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`).replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "");
}

/** @param {string} text */
function write_text(text, style = 0) {
  return `<c t="inlineStr"${style ? ` s="${style}"` : ""}><is><t xml:space="preserve">${escape(text.slice(0, 32_767))}</t></is></c>`;
}

/** A cell: numbers that Excel holds exactly are numbers, days are days, everything else is text.  @param {any} value  @param {Column} column */
function write_cell(value, column) {
  if (value === null || value === undefined) return "<c/>";
  if (column.kind === "boolean") return `<c t="b"><v>${value ? 1 : 0}</v></c>`;
  if (column.kind === "date" && value + EPOCH > 60) return `<c s="${DAY_STYLE}"><v>${value + EPOCH}</v></c>`;
  const text = show(value, column);
  return is_number(column) && text.replace(/\D/g, "").length <= 15 && Number.isFinite(Number(text)) ? `<c><v>${text}</v></c>` : write_text(text);
}

/** @param {string[]} texts */
function write_row(texts, style = 0) {
  return `<row>${texts.map((text) => write_text(text, style)).join("")}</row>`;
}

/** A sheet whose first row stays in sight.  @param {string[]} rows */
function write_sheet(rows) {
  return [`${HEAD}<worksheet ${MAIN}><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" state="frozen"/></sheetView></sheetViews><sheetData>`, ...rows, "</sheetData></worksheet>"];
}

/** The rows, and a second sheet that tells what the columns mean.  @param {Wish} wish  @param {Column[]} columns */
function start_xlsx({ fields, words, title, address }, columns) {
  const known = columns.map((column) => fields.find((field) => field.name === column.name));
  const rows = [write_row(columns.map((column, c) => known[c]?.title || column.name), HEAD_STYLE)];
  return {
    take: (/** @type {any[][]} */ cells, /** @type {number} */ count) => {
      for (let n = 0; n < count; n++) rows.push(`<row>${columns.map((column, c) => write_cell(cells[c][n], column)).join("")}</row>`);
    },
    end: () => {
      const told = columns.map((column, c) => write_row([known[c]?.title || column.name, column.name, known[c]?.type ?? "", known[c]?.unit ?? "", known[c]?.about ?? ""]));
      const dictionary = [write_row([words.column, words.name, words.type, words.unit, words.about], HEAD_STYLE), ...told, "<row/>", write_row([title]), write_row([address])];
      const names = [words.rows, words.dictionary];
      const types = ["worksheet", "worksheet", "styles"].map((kind, n) => `<Override PartName="/xl/${kind === "styles" ? "styles" : `worksheets/sheet${n + 1}`}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.${kind}+xml"/>`).join("");
      const links = ["worksheets/sheet1", "worksheets/sheet2", "styles"].map((path, n) => `<Relationship Id="r${n + 1}" Type="${OFFICE}/${n < 2 ? "worksheet" : "styles"}" Target="${path}.xml"/>`).join("");
      return write_zip([
        ["[Content_Types].xml", [`${HEAD}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>${types}</Types>`]],
        ["_rels/.rels", [`${HEAD}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="r1" Type="${OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>`]],
        ["xl/workbook.xml", [`${HEAD}<workbook ${MAIN} xmlns:r="${OFFICE}"><sheets>${names.map((name, n) => `<sheet name="${escape(name.slice(0, 31))}" sheetId="${n + 1}" r:id="r${n + 1}"/>`).join("")}</sheets></workbook>`]],
        ["xl/_rels/workbook.xml.rels", [`${HEAD}<Relationships xmlns="${PACKAGE}/relationships">${links}</Relationships>`]],
        ["xl/styles.xml", [`${HEAD}<styleSheet ${MAIN}><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts><fonts count="2"><font><sz val="11"/></font><font><b/><sz val="11"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf xfId="0"/><xf xfId="0" numFmtId="164" applyNumberFormat="1"/><xf xfId="0" fontId="1" applyFont="1"/></cellXfs></styleSheet>`]],
        ["xl/worksheets/sheet1.xml", write_sheet(rows)],
        ["xl/worksheets/sheet2.xml", write_sheet(dictionary)],
      ], "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
    },
  };
}

// ---- iCalendar ----

/** A line of RFC 5545, folded at 75 bytes.  @param {string} line */
function fold_line(line) {
  let folded = "", length = 0;
  for (const sign of line) {
    const size = new TextEncoder().encode(sign).length;
    if (length + size > 74) [folded, length] = [`${folded}\r\n `, 1];
    folded += sign;
    length += size;
  }
  return `${folded}\r\n`;
}

/** @param {string} text */
function say_text(text) {
  return text.replace(/[\\;,]/g, "\\$&").replace(/\r?\n/g, "\\n");
}

/** An event for each row with a day in the column `day`.  @param {Wish} wish  @param {Column[]} columns */
function start_ics({ day, label, title, address, fields }, columns) {
  const at = columns.findIndex((column) => column.name === day), named = columns.findIndex((column) => column.name === label);
  const stamp = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const seen = new Map();
  const lines = ["BEGIN:VCALENDAR", "VERSION:2.0", `PRODID:-//${new URL(address).hostname}//EN`, `X-WR-CALNAME:${say_text(title)}`];
  const tell = (/** @type {Column} */ column) => fields.find((field) => field.name === column.name)?.title || column.name;
  return {
    take: (/** @type {any[][]} */ cells, /** @type {number} */ count) => {
      for (let n = 0; n < count; n++) {
        const when = show(cells[at][n], columns[at]).replace(/[-:]/g, "");
        if (!when) continue;
        const told = columns.map((column, c) => [column, show(cells[c][n], column)]).filter(([, text]) => text);
        const key = told.map(([, text]) => text).join("\n"), again = seen.get(key) ?? 0;
        seen.set(key, again + 1);
        lines.push("BEGIN:VEVENT", `UID:${hash(key + again)}-${hash(address + day)}@${new URL(address).hostname}`, `DTSTAMP:${stamp}`,
          when.length > 8 ? `DTSTART:${when.replace(/\.\d+/, "")}` : `DTSTART;VALUE=DATE:${when}`,
          `SUMMARY:${say_text([named >= 0 ? show(cells[named][n], columns[named]) : "", title].filter(Boolean).join(" "))}`,
          `DESCRIPTION:${say_text(told.map(([column, text]) => `${tell(/** @type {Column} */ (column))}: ${text}`).join("\n"))}`, `URL:${address}`, "END:VEVENT");
      }
    },
    end: () => new Blob([[...lines, "END:VCALENDAR"].map(fold_line).join("")], { type: "text/calendar;charset=utf-8" }),
  };
}

/** @param {string} text */
function hash(text) {
  let value = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) value = ((value ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  return value.toString(16).padStart(16, "0");
}
