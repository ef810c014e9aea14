// Tables of other datasets in a query: `"dataset.table"` is looked up in that dataset's datapackage.json, and what it shares
// with the tables of this page is told, with a join to begin with.

/** @typedef {{name: string, url: string, bytes: number, columns: {name: string, type: string, title: string}[], title: string}} Source */

const lang = document.documentElement.lang;
const NAME = /"([a-z0-9][a-z0-9-]*)\.([^"]+)"|\b(?:from|join)\s+([a-z0-9][a-z0-9_-]*)\.([\w-]+)/gi;

/** The datasets that a query names and that aren't known yet.  @param {string} query  @param {(name: string) => boolean} known */
export function list_named(query, known) {
  const found = [...query.matchAll(NAME)].map(([, quoted, table, dataset, other]) => [quoted ?? dataset, table ?? other]);
  return [...new Set(found.filter(([dataset, table]) => !known(`${dataset}.${table}`)).map(([dataset]) => dataset))];
}

/** The tables of a dataset; null where there is none of that name.  @param {string} base  address of all datasets  @param {string} dataset
 * @param {boolean} [measure]  also tells how large the files are  @returns {Promise<Source[] | null>} */
export async function read_dataset(base, dataset, measure = true) {
  const folder = new URL(`${encodeURIComponent(dataset)}/`, base);
  const response = await fetch(new URL("datapackage.json", folder)).catch(() => null);
  if (!response?.ok) return null;
  const { resources } = await response.json();
  const parts = resources.filter((/** @type {any} */ each) => each.format === "parquet");
  return Promise.all(parts.map(async (/** @type {any} */ each) => {
    const url = new URL(each.path, folder).href, table = each.path.replace(/^.*\/|\.parquet$/g, "");
    const head = each.bytes || !measure ? null : await fetch(url, { method: "HEAD" });
    const named = (/** @type {any} */ thing) => (lang === "en" ? thing["title@en"] : undefined) ?? thing.title ?? "";
    const columns = each.schema.fields.map((/** @type {any} */ field) => ({ name: field.name, type: field.type, title: named(field) }));
    return { name: `${dataset}.${table}`, url, bytes: each.bytes ?? Number(head?.headers.get("Content-Length")), columns, title: named(each) };
  }));
}

const WEAK = ["date", "year", "month", "day", "unit", "note", "survey"]; // shared by many tables that have nothing else in common

/** The columns that two tables share, those first that tell things apart: names and types must agree.
 * @param {Source["columns"]} mine  @param {Source["columns"]} theirs */
export function share_columns(mine, theirs) {
  const shared = mine.filter(({ name, type }) => !["number", "boolean", "array", "list"].includes(type) && theirs.some((other) => other.name === name && other.type === type));
  const rank = (/** @type {string} */ name) => (/(_id|_code|_number|^id|^code)$/.test(name) ? 0 : WEAK.includes(name) ? 2 : 1);
  return shared.map(({ name }) => name).sort((a, b) => rank(a) - rank(b));
}

/** A query that joins two tables by the columns that they share.  @param {string} mine  @param {string} theirs  @param {string[]} shared
 * @param {(name: string) => string} quote */
export function write_join(mine, theirs, shared, quote) {
  const strong = shared.filter((name) => !WEAK.includes(name)), keys = strong.length ? strong.slice(0, 1) : shared.slice(0, 1);
  const on = keys.map((name) => `a.${quote(name)} = b.${quote(name)}`).join(" AND ");
  const key = `a.${quote(keys[0])}`;
  return `SELECT ${key}, COUNT(*) AS n\nFROM ${quote(mine)} AS a\nJOIN ${quote(theirs)} AS b ON ${on}\nGROUP BY ${key}\nORDER BY n DESC\nLIMIT 20`;
}
