// What other systems write in their SQL and neither engine here knows: found before any engine is loaded, and refused with
// what is written instead.

import { Trouble } from "./rows.js";

/** Functions of other systems (Oracle, SQL Server, MySQL, PostgreSQL, Access, Excel), and what both or one of the engines has. */
const INSTEAD = /** @type {Record<string, string>} */ ({
  charindex: "POSITION('x' IN y)", convert: "CAST(x AS type)", curdate: "CURRENT_DATE",
  date_format: "STRFTIME(date, '%Y-%m')", dateadd: "date + INTERVAL 1 DAY", datename: "STRFTIME(date, '%A')",
  find_in_set: "LIKE '%x%'", getdate: "CURRENT_DATE",
  iif: "CASE WHEN … THEN … ELSE … END", isnull: "COALESCE(x, 0)", mid: "SUBSTRING(x, 1, 2)", nvl: "COALESCE(x, 0)",
  nvl2: "CASE WHEN x IS NULL THEN … ELSE … END", nz: "COALESCE(x, 0)", percentile: "QUANTILE_CONT(x, 0.9)", str_to_date: "STRPTIME(x, '%Y/%m/%d')",
  sumif: "SUM(x) FILTER (WHERE …)", to_char: "STRFTIME(date, '%Y-%m')", to_date: "CAST(x AS DATE)", to_number: "CAST(x AS DOUBLE)",
});
const PARTS = new RegExp([
  "'(?:[^']|'')*'", '"(?:[^"]|"")*"', "--[^\\n]*", "/\\*[^]*?\\*/", // texts, names and remarks, where all may stand
  "(?<name>`[^`\\n]*`)",
  "\\bSELECT\\s+(?:DISTINCT\\s+|ALL\\s+)?(?<top>TOP\\s*\\(?\\s*(?<most>\\d+)\\b)",
  "\\b(?<limit>LIMIT\\s+(?<skip>\\d+)\\s*,\\s*(?<rows>\\d+))",
  `(?<![\\p{L}\\p{N}_.])(?<call>${Object.keys(INSTEAD).join("|")})(?=\\s*\\()`,
].join("|"), "giu");

/** Looks for the first such thing.  @param {string} query  @throws {Trouble} with `at`, where it is in the query */
export function refuse_foreign(query) {
  for (const { index, 0: whole, groups: found = {} } of query.matchAll(PARTS)) {
    const part = found.name ?? found.top ?? found.limit ?? found.call;
    if (part === undefined) continue;
    const start = index + whole.indexOf(part);
    const refuse = (/** @type {string} */ code, /** @type {Record<string, string>} */ args) =>
      Object.assign(new Trouble(code, args), { at: /** @type {[number, number]} */ ([start, start + part.length]) });
    if (found.name) throw refuse("backtick", { name: part.slice(1, -1) });
    if (found.top) throw refuse("top", { most: found.most });
    if (found.limit) throw refuse("limit", { rows: found.rows, skip: found.skip });
    throw refuse("function_other", { name: part.toUpperCase(), known: INSTEAD[part.toLowerCase()] });
  }
}
