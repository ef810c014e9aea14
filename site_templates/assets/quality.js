// Which datasets are later than promised, reckoned when the page on quality is read.

import { countDays, findDay, judgeFreshness, sayLength } from "./fresh.js";

/**
 * Mark the cells with a `data-due` that is over.  The table has `data-timezone` and, with `{long}` to be filled in,
 * `data-late`; an element with `data-overdue-count` says how many there are, also beyond the table, by its `data-dues`:
 * the days on which releases are due, and how many on each.
 * @param {HTMLElement} table
 */
export function start(table) {
  const today = findDay(table.dataset.timezone || "UTC");
  const lang = document.documentElement.lang;
  for (const cell of /** @type {NodeListOf<HTMLElement>} */ (table.querySelectorAll("[data-due]"))) {
    const due = cell.dataset.due ?? "";
    if (judgeFreshness(due, today) !== "overdue") continue;
    const told = cell.querySelector("small") ?? cell;
    told.textContent = (table.dataset.late ?? "").replace("{long}", sayLength(countDays(due, today), lang));
    told.classList.add("fresh-overdue");
  }
  const count = /** @type {HTMLElement | null} */ (document.querySelector("[data-overdue-count]"));
  const dues = /** @type {[string, number][]} */ (JSON.parse(count?.dataset.dues ?? "[]"));
  const late = dues.reduce((sum, [due, n]) => sum + (judgeFreshness(due, today) === "overdue" ? n : 0), 0);
  if (count && late) {
    count.textContent = (count.dataset.overdueCount ?? "").replace("{n}", String(late));
    count.hidden = false;
  }
}
