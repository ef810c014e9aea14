// CSV as it is published: UTF-8, LF, quotes only where RFC 4180 asks for them.

/** A line.  @param {string[]} cells */
export function write_line(cells) {
  const alone = cells.length === 1;
  return `${cells.map((text) => (/[",\r\n]/.test(text) || (alone && !text) ? `"${text.replaceAll('"', '""')}"` : text)).join(",")}\n`;
}

/** A file.  @param {string[]} names  @param {(string | null)[][]} rows  @param {boolean} mark  with a BOM, for Excel */
export function write_csv(names, rows, mark) {
  return new Blob([mark ? "\uFEFF" : "", write_line(names), ...rows.map((cells) => write_line(cells.map((cell) => cell ?? "")))], { type: "text/csv;charset=utf-8" });
}
