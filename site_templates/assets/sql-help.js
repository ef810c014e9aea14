// The functions that SQL of the pages knows: of each group, examples and what they answer.  A test runs them all; `t` is
// the table of `sql_help_lead`.

import { make } from "./element.js";
import { read_words } from "./say.js";

/** @type {[string, [string, string][]][]} */
const GROUPS = [
  ["count", [["COUNT(*)", "3"], ["COUNT(DISTINCT k)", "2"]]],
  ["sum", [["SUM(n)", "7"], ["ROUND(AVG(n), 2)", "2.33"], ["MIN(n)", "1"], ["MAX(n)", "4"]]],
  ["middle", [["MEDIAN(n)", "2"], ["PERCENTILE_CONT(0.5, n)", "2"], ["APPROX_QUANTILE(n, 0.5)", "2"]]],
  ["spread", [["ROUND(STDDEV_SAMP(n), 2)", "1.53"], ["ROUND(STDDEV_POP(n), 2)", "1.25"]]],
  ["list", [["STRING_AGG(k, '+')", "a+a+b"]]],
  ["place", [["ROW_NUMBER() OVER (ORDER BY n)", "1, 2, 3"]]],
  ["round", [["ROUND(3.14159, 2)", "3.14"], ["FLOOR(2.7)", "2"], ["CEIL(2.1)", "3"], ["ABS(-5)", "5"], ["SIGN(-5)", "-1"], ["MOD(7, 3)", "1"]]],
  ["power", [["POWER(2, 10)", "1024"], ["SQRT(9)", "3"], ["LOG10(1000)", "3"], ["LN(1)", "0"], ["EXP(0)", "1"]]],
  ["case", [["UPPER('abc')", "ABC"], ["LOWER('ABC')", "abc"]]],
  ["part", [["LEFT('2026-07-01', 4)", "2026"], ["RIGHT('A-01', 2)", "01"], ["SUBSTRING('2026-07-01', 1, 7)", "2026-07"], ["TRIM('  a ')", "a"]]],
  ["find", [["INSTR('A-01', '-')", "2"], ["STRPOS('A-01', '-')", "2"], ["LENGTH('A-01')", "4"]]],
  ["join", [["CONCAT('A', '-', 1)", "A-1"], ["REPLACE('3F', 'F', '')", "3"]]],
  ["pattern", [["REGEXP_MATCHES('A-01', '^[A-Z]-')", "true"], ["REGEXP_EXTRACT('A-01', '[0-9]+')", "01"], ["REGEXP_REPLACE('1,234', ',', '')", "1234"]]],
  ["day", [["DATE_TRUNC('month', '2026-07-15')", "2026-07-01"], ["EXTRACT(YEAR FROM '2026-07-15')", "2026"], ["DATE_PART('month', '2026-07-15')", "7"], ["CURRENT_DATE", ""]]],
  ["empty", [["COALESCE(NULL, 0)", "0"], ["NULLIF(0, 0)", "null"]]],
  ["choose", [["GREATEST(3, 7)", "7"], ["LEAST(3, 7)", "3"], ["CASE WHEN 7 > 5 THEN 'many' ELSE 'few' END", "many"], ["CAST('12' AS INTEGER) + 1", "13"]]],
];

/** The names of these functions, each once. */
export function list_functions() {
  const names = GROUPS.flatMap(([, calls]) => calls.map(([call]) => /^[A-Z_]+(?=\()/.exec(call)?.[0] ?? ""));
  return [...new Set(names.filter(Boolean))];
}

/** The list, folded away. */
export function make_help() {
  const say = read_words("sql_help_");
  const told = (/** @type {[string, string][]} */ calls) => calls.flatMap(([call, gives], n) => [...(n ? [make("br", {})] : []), make("code", {}, call), gives ? ` → ${gives}` : ""]);
  const groups = GROUPS.map(([key, calls]) => make("div", {}, make("dt", {}, say(key)), make("dd", {}, ...told(calls))));
  return make("details", { className: "sql-help" }, make("summary", {}, say("title")), make("p", { className: "small" }, say("lead")), make("dl", {}, ...groups));
}
