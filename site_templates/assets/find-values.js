// Says of datasets that were found in which column of their data the words are, with a link to these rows.

import { fold, loadValues } from "./search.js";

/** @typedef {import("./search.js").Index} Index */
/** @typedef {import("./search.js").Entry} Entry */

/** Files that are fetched for one answer, as most of a large catalogue's budget is spent by then. */
const MOST_FILES = 3;
const MOST_COLUMNS = 3;
const MOST_VALUES = 5;

/** @param {HTMLFormElement} form @param {Index} index @param {Entry[]} entries @param {HTMLElement[]} items @param {string[]} marks  the folded words of the query */
export function tellValues(form, index, entries, items, marks) {
  const sorted = Boolean(new FormData(form).get("sort"));
  let left = sorted && index.count > 2000 ? 0 : MOST_FILES; // a large catalogue's order is a large file
  entries.forEach(async (entry, n) => {
    const said = [entry.title, entry.other, ...entry.keywords].map((text) => fold(index, text)).join(" ");
    const words = marks.filter((word) => word.length > 1 && !said.includes(word));
    if (!words.length || !entry.values || !left) return;
    left--;
    try {
      const every = (await loadValues(index, entry)).flatMap((column) => findValues(index, column, words));
      const found = every.filter((each, k) => every.findIndex((other) => tell(other) === tell(each)) === k).slice(0, MOST_COLUMNS);
      if (!found.length) return;
      const slot = Object.assign(document.createElement("p"), { className: "entry-where" });
      slot.append(...found.flatMap((each, k) => (k ? [" ", linkRows(form, index, entry, each)] : [linkRows(form, index, entry, each)])));
      items[n].querySelector(".entry-facts")?.before(slot);
    } catch (error) {
      console.warn(error); // the line is a help, not the answer
    }
  });
}

/** What is said of values that were found.  @param {{title: string, values: string[]}} found */
function tell({ title, values }) {
  return [title, ...values].join("\n");
}

/** The values of a column that hold a word, or that a word holds.
 * @param {Index} index @param {[string, string, string, string, string[]]} column @param {string[]} words */
function findValues(index, [table, name, ja, en, values], words) {
  const held = values.filter((value) => {
    const folded = fold(index, value);
    return folded.length > 1 && words.some((word) => contains(folded, word) || contains(word, folded));
  });
  return held.length ? [{ table, name, title: index.lang === "en" ? en : ja, values: held }] : [];
}

/** Whether a text holds a word: Latin ones from their beginning.  @param {string} text @param {string} word */
function contains(text, word) {
  return /^[a-z0-9]/.test(word) ? ` ${text}`.includes(` ${word}`) : text.includes(word);
}

/** @param {HTMLFormElement} form @param {Index} index @param {Entry} entry @param {{table: string, name: string, title: string, values: string[]}} found */
function linkRows(form, index, entry, { table, name, title, values }) {
  const link = document.createElement("a");
  const some = values.slice(0, MOST_VALUES);
  link.href = `${new URL(entry.path.replace(/^datasets\//, ""), form.action).href}?${new URLSearchParams(some.map((value) => [`${table}.in.${name}`, value]))}`;
  const shown = some.join(index.lang === "en" ? ", " : "、");
  const [before, after] = (form.dataset.inColumn ?? "").replace("{column}", title).split("{value}");
  link.append(before, Object.assign(document.createElement("mark"), { textContent: shown }), after ?? "");
  if (index.lang === "en" && /[\u3040-\u30ff\u3400-\u9fff]/.test(shown)) /** @type {HTMLElement} */ (link.querySelector("mark")).lang = "ja";
  return link;
}
