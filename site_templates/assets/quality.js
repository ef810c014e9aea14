// Which datasets are later than promised, reckoned when the page on quality is read.

import { countDays, findDay, judgeFreshness, sayLength } from "./fresh.js";

/**
 * Mark the cells with a `data-due` that is over, and count them.  The table has `data-timezone` and, with `{long}` to
 * be filled in, `data-late`; an element with `data-overdue-count` says how many there are.
 * @param {HTMLElement} table
 */
export function start(table) {
  const today = findDay(table.dataset.timezone || "UTC");
  const lang = document.documentElement.lang;
  let late = 0;
  for (const cell of /** @type {NodeListOf<HTMLElement>} */ (table.querySelectorAll("[data-due]"))) {
    const due = cell.dataset.due ?? "";
    if (judgeFreshness(due, today) !== "overdue") continue;
    late += 1;
    const told = cell.querySelector("small") ?? cell;
    told.textContent = (table.dataset.late ?? "").replace("{long}", sayLength(countDays(due, today), lang));
    told.classList.add("fresh-overdue");
  }
  const count = /** @type {HTMLElement | null} */ (document.querySelector("[data-overdue-count]"));
  if (count && late) {
    count.textContent = (count.dataset.overdueCount ?? "").replace("{n}", String(late));
    count.hidden = false;
  }
}
