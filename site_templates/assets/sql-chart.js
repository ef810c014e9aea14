// Chooses a chart for an answer: lines over time or bars by name, where its columns are such; `sql-figure.js` draws it.

/** @typedef {{columns: string[], numeric: boolean[], rows: (string | null)[][]}} Answer */

const LINES = 6, BARS = 30, POINTS = 5000;
const STEPS = /** @type {[string, RegExp][]} */ ([["year", /^\d{4}$/], ["month", /^\d{4}-\d{2}$/], ["day", /^\d{4}-\d{2}-\d{2}(?:T00:00:00)?$/]]);

/** What is to be drawn of an answer; null where nothing can be said by a chart.  @param {Answer} answer */
export function plan_chart({ columns, numeric, rows }) {
  if (rows.length < 2 || columns.length < 2 || rows.some(([first]) => first === null)) return null;
  const firsts = rows.map(([first]) => /** @type {string} */ (first));
  const step = STEPS.find(([, form]) => firsts.every((first) => form.test(first)))?.[0];
  const years = step === "year" && firsts.every((first) => Number(first) >= 1800 && Number(first) <= 2200);
  const values = columns.map((_, c) => c).filter((c) => c > 0 && numeric[c]);
  if (!values.length) return null;
  const head = [columns[0], columns[values[0]]];
  if (step && (step !== "year" || years)) {
    const marks = [...new Set(firsts)].sort(), by = !numeric[1] && columns.length === 3 ? 1 : 0;
    if (marks.length < 2 || marks.length > POINTS) return null;
    const names = by ? [...new Set(rows.map((row) => row[1] ?? ""))] : values.slice(0, LINES).map((c) => columns[c]);
    if (names.length > LINES || (!by && marks.length < rows.length)) return null;
    const place = new Map(marks.map((mark, n) => [mark, n])), series = names.map(() => /** @type {(number | null)[]} */ (marks.map(() => null)));
    for (const row of rows) {
      const at = /** @type {number} */ (place.get(/** @type {string} */ (row[0])));
      if (by) series[names.indexOf(row[1] ?? "")][at] = read(row[values[0]]);
      else values.slice(0, LINES).forEach((c, n) => series[n][at] = read(row[c]));
    }
    const shown = marks.map((mark) => mark.slice(0, 10));
    return vary(series) ? { kind: "line", step, what: head[1], head, marks: shown, names, labels: names, shown, series, rest: 0 } : null;
  }
  const numbers = rows.map((row) => read(row[values[0]]));
  if (numeric[0] || rows.length > BARS || new Set(firsts).size < rows.length || numbers.some((value) => value === null || value < 0)) return null;
  return vary([numbers]) ? { kind: "bars", step: "", what: head[1], head, marks: firsts, names: [""], labels: [head[1]], shown: firsts, series: [numbers], rest: 0 } : null;
}

/** @param {string | null} text */
function read(text) {
  return text === null ? null : Number(text);
}

/** Whether there is more than one value.  @param {(number | null)[][]} series */
function vary(series) {
  return series.some((values) => new Set(values.filter((value) => value !== null)).size > 1);
}
