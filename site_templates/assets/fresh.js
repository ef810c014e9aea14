// Whether data is as fresh as was promised, reckoned when a page is read: what a page says about today goes stale.

/** As promised; later than promised; nothing was promised.  @typedef {"fresh" | "overdue" | "irregular"} Freshness */

const DAY = 86_400_000;

/**
 * The calendar day of a moment in a time zone, as `2026-07-01`.
 * @param {string} timezone an IANA name
 * @param {Date} [moment] now, unless told
 * @returns {string}
 */
export function findDay(timezone, moment = new Date()) {
  const parts = new Intl.DateTimeFormat("en", { timeZone: timezone, year: "numeric", month: "2-digit", day: "2-digit" })
    .formatToParts(moment);
  const of = (/** @type {string} */ type) => parts.find((part) => part.type === type)?.value ?? "";
  return `${of("year")}-${of("month")}-${of("day")}`;
}

/**
 * Days from one day to another, negative where the other is earlier.
 * @param {string} from `2026-07-01`
 * @param {string} to
 */
export function countDays(from, to) {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY);
}

/**
 * How fresh data is.
 * @param {string} due the day by which the next release is expected, grace included; "" where nothing was promised
 * @param {string} today `findDay(timezone)`
 * @returns {Freshness}
 */
export function judgeFreshness(due, today) {
  return !due ? "irregular" : today > due ? "overdue" : "fresh";
}

/**
 * So many days from today in words: `3 days ago`, `来月`.
 * @param {number} days
 * @param {string} lang
 */
export function sayDays(days, lang) {
  const words = new Intl.RelativeTimeFormat(lang, { numeric: "auto" });
  const size = Math.abs(days);
  if (size < 60) return words.format(days, "day");
  if (size < 730) return words.format(Math.round(days / 30.44), "month");
  return words.format(Math.round(days / 365.25), "year");
}

/**
 * How long, in words: `12 days`, `3 か月`.
 * @param {number} days
 * @param {string} lang
 */
export function sayLength(days, lang) {
  const [count, unit] =
    days < 60 ? [days, "day"] : days < 730 ? [Math.round(days / 30.44), "month"] : [Math.round(days / 365.25), "year"];
  return new Intl.NumberFormat(lang, { style: "unit", unit, unitDisplay: "long" }).format(count);
}

/**
 * Show that data is overdue, where it is.  The element has `data-late` (the day it was due), `data-timezone` and its
 * sentence with `{long}` as `data-words`.
 * @param {HTMLElement} element
 */
function tellLate(element) {
  const { late = "", timezone = "UTC", words = "" } = element.dataset;
  const today = findDay(timezone);
  if (judgeFreshness(late, today) !== "overdue") return;
  element.textContent = words.replace("{long}", sayLength(countDays(late, today), document.documentElement.lang));
  element.hidden = false;
}

/**
 * Say how fresh the data of a page is, in the place of its dates alone.  The element has `data-created` (a UTC time),
 * `data-checked` (another, or ""), `data-due` (a day, or ""), `data-timezone`, and its sentences with `{ago}`,
 * `{until}` and `{long}` to be filled in as `data-updated`, `data-looked`, `data-next`, `data-overdue`.
 * @param {HTMLElement} element
 */
export function start(element) {
  if (element.dataset.late) return tellLate(element);
  const said = element.dataset;
  const lang = document.documentElement.lang;
  const timezone = said.timezone || "UTC";
  const today = findDay(timezone);
  const ago = (/** @type {string} */ moment) => sayDays(countDays(today, findDay(timezone, new Date(moment))), lang);
  const due = said.due ?? "";
  const state = judgeFreshness(due, today);
  /** @type {[string, string | undefined][]} */
  const lines = [["updated", said.updated?.replace("{ago}", ago(said.created ?? ""))]];
  if (said.checked) lines.push(["looked", said.looked?.replace("{ago}", ago(said.checked))]);
  if (state === "fresh") lines.push(["next", said.next?.replace("{until}", sayDays(countDays(today, due), lang))]);
  if (state === "overdue") lines.push(["overdue", said.overdue?.replace("{long}", sayLength(countDays(due, today), lang))]);
  element.dataset.freshness = state;
  element.replaceChildren(
    ...lines.filter(([, line]) => line).map(([kind, line]) => {
      const item = document.createElement("span");
      item.className = `fresh-${kind}`;
      item.textContent = line ?? "";
      return item;
    }),
  );
}
