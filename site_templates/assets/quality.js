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
  const late = sortLate(count?.dataset.dues, today);
  if (count && late.all) {
    const fill = (/** @type {string | undefined} */ words) => (words ?? "").replace(/\{(\w+)\}/g, (_, key) => String(key === "n" ? late.all : late[/** @type {"week"} */ (key)]));
    count.textContent = fill(count.dataset.overdueCount) + fill(count.dataset.overdueGroups);
    count.hidden = false;
  }
  for (const cell of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("td[data-dues]"))) {
    const { all } = sortLate(cell.dataset.dues, today);
    if (!all) continue;
    cell.textContent = (cell.dataset.some ?? "").replace("{n}", String(all));
    cell.classList.add("fresh-overdue");
  }
}

/** How many are late by a week at most, by a month at most, by more.  @param {string | undefined} dues @param {string} today */
function sortLate(dues, today) {
  const late = { all: 0, week: 0, month: 0, more: 0 };
  for (const [due, n] of /** @type {[string, number][]} */ (JSON.parse(dues ?? "[]"))) {
    if (judgeFreshness(due, today) !== "overdue") continue;
    const days = countDays(due, today);
    late.all += n;
    late[days <= 7 ? "week" : days <= 31 ? "month" : "more"] += n;
  }
  return late;
}
