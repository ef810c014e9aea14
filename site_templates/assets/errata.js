// Marks at the cells of a table that are known to be wrong in its source, by the list that is published with it.

import { make } from "./element.js";

/** The errata's names by "row column"; rows count from 1.  @param {string} url  @returns {Promise<Map<string, string>>} */
export async function load_errata(url) {
  const answer = await fetch(new URL(url, location.href)).catch(() => null);
  /** @type {Map<string, string>} */
  const found = new Map();
  if (!answer?.ok) return found;
  for (const [name, row, column] of read_lines(await answer.text())) found.set(`${row} ${column}`, name);
  return found;
}

/** The lines of a CSV without its header.  @param {string} text */
function* read_lines(text) {
  /** @type {string[]} */
  let cells = [], first = true;
  for (const [, cell, end] of text.matchAll(/("(?:[^"]|"")*"|[^,\n]*)(,|\n)/g)) {
    cells.push(cell);
    if (end === ",") continue;
    if (!first) yield cells;
    [cells, first] = [[], false];
  }
}

/** A mark that leads to the words on an erratum.  @param {string} table  @param {string} name  @param {string} words */
export function mark_wrong(table, name, words) {
  return make("a", { className: "erratum", href: `#erratum-${table}-${name}`, title: words, ariaLabel: words }, "※");
}
