// CSV as it is published: UTF-8, LF, quotes only where RFC 4180 asks for them.

const FORMULA = /^[=+\-@\uFF1D\uFF0B\uFF0D\uFF20\t\r\n\0]/;
const NUMBER = /^(?:[+-](?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?%?|[+\-\uFF0B\uFF0D]+)$/;

/** A cell for Excel: an apostrophe before what it would compute, as in `<table>.excel.csv`.  @param {string} text */
function guard_formula(text) {
  return FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
}

/** A line.  @param {string[]} cells  @param {boolean} mark  of a file with a BOM, for Excel */
export function write_line(cells, mark = false) {
  const alone = cells.length === 1;
  return `${(mark ? cells.map(guard_formula) : cells).map((text) => (/[",\r\n]/.test(text) || (alone && !text) ? `"${text.replaceAll('"', '""')}"` : text)).join(",")}\n`;
}

/** A file.  @param {string[]} names  @param {(string | null)[][]} rows  @param {boolean} mark  with a BOM, for Excel */
export function write_csv(names, rows, mark) {
  return new Blob([mark ? "\uFEFF" : "", write_line(names, mark), ...rows.map((cells) => write_line(cells.map((cell) => cell ?? ""), mark))], { type: "text/csv;charset=utf-8" });
}
