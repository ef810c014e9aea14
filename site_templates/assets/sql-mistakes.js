// What is wrong with a query, as a key of the words `sql_say_error_…` and what these say, and where in the query it is;
// of what either engine says in English nothing is passed on but the names in it.

/** @typedef {{trouble: string, args?: Record<string, string | number>, at?: [number, number], nowhere?: boolean}} Mistake  `nowhere`: DuckDB can't either */

/** @param {any} error  @param {string} query
 * @param {{before?: number, moved?: string}} [sent]  lines that were put before the query; the query with more quotation marks
 * @returns {Mistake} */
export function explain(error, query, { before = 1, moved = query } = {}) {
  if (error.code !== undefined && error.args) return place({ trouble: error.code, args: error.args, at: error.at }, query);
  const message = String(error.message ?? error);
  const found = /^(?:Parser|Binder|Catalog|Conversion|Out of Memory|Invalid Input|Not implemented|Permission) Error/.test(message)
    ? explain_duckdb(message, query, before) : explain_light(error, message, query, moved);
  if (!found) return { trouble: "query", args: { message: message.split("\n")[0] } };
  return place(found, query);
}

/** A mistake with line, character and text of where it is.  @param {Mistake} found  @param {string} query  @returns {Mistake} */
function place(found, query) {
  const at = found.at;
  if (!at) return found;
  const start = query.slice(0, at[0]);
  const where = { line: start.split("\n").length, place: at[0] - start.lastIndexOf("\n") };
  return { ...found, args: { ...found.args, ...where, near: query.slice(at[0], at[1]) || query.slice(at[0], at[0] + 12).trim() } };
}

/** @param {any} error  @param {string} message  @param {string} query  @param {string} moved  @returns {Mistake | null} */
function explain_light(error, message, query, moved) {
  const listed = (/** @type {RegExp} */ pattern) => pattern.exec(message);
  const back = (/** @type {number} */ place) => { // where it is in the query without the further quotation marks
    let at = 0;
    for (let n = 0; n < place && n < moved.length; n++) if (moved[n] === query[at]) at++;
    return at;
  };
  const start = error.positionStart;
  const at = start === undefined ? undefined : /** @type {[number, number]} */ ([back(start), back(error.positionEnd ?? start + 1)]);
  let part = listed(/^Table "([^"]*)" not found.*Available tables: (.*?)\.?$/s);
  if (part) return { trouble: "table", args: { name: part[1], known: part[2] }, at };
  part = listed(/^Column "([^"]*)" not found.*Available columns: (.*?)\.?$/s);
  if (part) return { trouble: "column", args: { name: part[1], known: part[2] }, at: find_word(query, part[1]) };
  part = listed(/^Window function "([^"]*)"/) ?? listed(/^([A-Z_]+)(?:\(\))? (?:is not|cannot be used as) a window function/i);
  if (part) return { trouble: "window", args: { name: part[1] }, at };
  if (/\bOVER\b/i.test(message)) return { trouble: "window", args: { name: "OVER" }, at };
  part = listed(/^Unknown function "([^"]*)"[^.]*\.(?: Did you mean (.*)\?)?/);
  if (part) return { trouble: part[2] ? "function_like" : "function", args: { name: part[1], known: part[2] ?? "" }, at };
  part = listed(/^([A-Z_]+)\((.*?)\)/);
  if (part && /argument/.test(message)) return { trouble: "call", args: { name: part[1], known: part[2] }, at };
  part = listed(/^Aggregate function (\w+) is not allowed in (.*) clause/);
  if (part) return { trouble: "aggregate", args: { name: part[1] }, at };
  if (/^Set operation operands/.test(message)) return { trouble: "union", args: {} };
  if (at) return { trouble: at[0] >= query.trimEnd().length ? "end" : "syntax", at };
  return null;
}

/** @param {string} message  @param {string} query  @param {number} before  @returns {Mistake | null} */
function explain_duckdb(message, query, before) {
  const listed = (/** @type {RegExp} */ pattern) => pattern.exec(message);
  const at = find_mark(message, query, before);
  if (/^Out of Memory/.test(message)) return { trouble: "memory", args: {} };
  let part = listed(/^Parser Error: syntax error at or near "(.*)"/);
  if (part) return { trouble: "syntax", args: { near: part[1] }, at: at ?? find_word(query, part[1]) };
  if (/^Parser Error: syntax error at end of input/.test(message)) return { trouble: "end", args: {}, at: [query.trimEnd().length, query.trimEnd().length] };
  if (/^Parser Error: unterminated/.test(message)) return { trouble: "quote", args: {}, at };
  part = listed(/Table with name (.*?) does not exist!(?:\s+Did you mean "(.*?)"\?)?/);
  if (part) return { trouble: part[2] ? "table" : "table_none", args: { name: part[1], known: (part[2] ?? "").replace(/^\w+\.__plan\./, "") }, at };
  part = listed(/Referenced column "(.*?)" not found[^]*?Candidate bindings: (.*)/) ?? listed(/Table "(.*?)" does not have a column named "(?:.*?)"[^]*?Candidate bindings: (.*)/);
  if (part) return { trouble: "column", args: { name: part[1], known: part[2].replaceAll('"', "").replaceAll(",", ", ").replace(/ +/g, " ").replace(/[:, ]+$/, "") }, at };
  part = listed(/Referenced table "(.*?)" not found/);
  if (part) return { trouble: "table_none", args: { name: part[1] }, at };
  part = listed(/Function with name "?(\w+)"? does not exist!\s+Did you mean "(.*?)"\?/);
  if (part) return { trouble: "function_like", args: { name: part[1], known: part[2].toUpperCase() }, at };
  part = listed(/Function with name "?(\w+)"? does not exist|function "?(\w+)"?.*(?:in the \w+ extension|is not implemented)/i);
  if (part) return { trouble: "function", args: { name: part[1] ?? part[2] }, at };
  part = listed(/column "(.*?)" must appear in the GROUP BY clause/);
  if (part) return { trouble: "group", args: { name: part[1] }, at };
  part = listed(/No function matches the given name and argument types '(.*?)'/);
  if (part) return { trouble: "types", args: { name: part[1] }, at };
  part = listed(/^Binder Error: (?:Cannot (?:compare|mix) values of type (\w+).*?type (\w+))/);
  if (part) return { trouble: "compare", args: { one: part[1], other: part[2] }, at };
  part = listed(/^Conversion Error: .*?(?:Could not convert string|[Ii]nvalid date field format:|date field value out of range:|[Ii]nvalid \w+ field format:) ["'](.*?)["']/);
  if (part) return { trouble: "convert", args: { name: part[1] }, at };
  part = listed(/Ambiguous reference to column name "(.*?)" \(use: (.*?)\)/);
  if (part) return { trouble: "ambiguous", args: { name: part[1], known: part[2].replaceAll('"', "") }, at };
  if (/WHERE clause cannot contain (?:aggregates|window)/.test(message)) return { trouble: "aggregate", args: { name: "WHERE" }, at };
  return at ? { trouble: "query_at", args: { message: message.split("\n")[0].replace(/^[\w ]+ Error: /, "") }, at } : null;
}

/** Where DuckDB's mark `^` below a line of the query stands.  @param {string} message  @param {string} query  @param {number} before
 * @returns {[number, number] | undefined} */
function find_mark(message, query, before) {
  const [, number, shown, gap] = /\nLINE (\d+): (.*)\n( *)\^/.exec(message) ?? [];
  if (number === undefined) return undefined;
  const lines = query.split("\n"), line = Number(number) - 1 - before;
  const own = shown.replace(/^\.\.\.|\.\.\.$/g, "");
  const from = lines[line]?.indexOf(own) ?? -1;
  if (from < 0) return undefined;
  const column = from + gap.length - `LINE ${number}: `.length - (shown.startsWith("...") ? 3 : 0);
  const start = lines.slice(0, line).reduce((sum, each) => sum + each.length + 1, 0) + column;
  const word = /^(?:"[^"]*"|[\p{L}\p{N}_.]+|.)/su.exec(query.slice(start));
  return [start, start + (word ? word[0].length : 0)];
}

/** @param {string} query  @param {string} word  @returns {[number, number] | undefined} */
function find_word(query, word) {
  const at = query.toLowerCase().indexOf(word.toLowerCase());
  return at < 0 ? undefined : [at, at + word.length];
}
