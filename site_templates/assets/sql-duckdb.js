// The worker that answers SQL by DuckDB.  Of each table that a query reads it fetches the columns that DuckDB's own plan
// needs, through `rows.js`, and hands them over as Arrow, one row group after the other: so no reader of files, and no
// extension, is ever asked of another host.

import { BROWSER_RUNTIME, createDuckDB, Vector, VoidLogger } from "./duckdb.js";
import { read_of_one, Table, Trouble } from "./rows.js";
import { make_batch, write_cell } from "./sql-arrow.js";
import { refuse_foreign } from "./sql-foreign.js";
import { explain } from "./sql-mistakes.js";

const MOST = 100_000; // rows of an answer that are kept
const CELLS = 120e6; // cells of a table that are held
const KINDS = /** @type {Record<string, string>} */ ({
  integer: "BIGINT", number: "DOUBLE", boolean: "BOOLEAN", date: "DATE", time: "TIME", datetime: "TIMESTAMP", text: "VARCHAR", list: "VARCHAR",
});
const SEALED = [ // nothing is read, loaded or asked but what is handed over
  "SET autoinstall_known_extensions = false", "SET autoload_known_extensions = false", "SET enable_external_access = false",
  "SET disabled_optimizers = 'statistics_propagation,empty_result_pullup'", "SET lock_configuration = true",
];
const QUERY = /^(?:\s|--[^\n]*\n|\/\*.*?\*\/)*(?:select|with|from|values|summarize|describe|\()/is;
const signal = new AbortController().signal; // whoever wants to stop ends the worker
const tables = /** @type {Map<string, {table: Table, held: Set<string>}>} */ (new Map());
/** @type {Promise<{plan: any, data: any}> | null} */
let started = null;

addEventListener("message", async ({ data }) => {
  try {
    refuse_foreign(data.query);
    if (!QUERY.test(data.query)) throw new Trouble("select");
    started ??= start(data.engine);
    const duckdb = await started.catch((trouble) => {
      started = null;
      throw trouble;
    });
    postMessage(await read_of_one(() => answer(data.query, data.sources, duckdb), () => tables.clear()));
  } catch (error) {
    postMessage(explain(error, data.query));
  }
});

/** DuckDB with two connections: one sees the tables without rows, where plans are made, the other those with rows.
 * @param {number} bytes */
async function start(bytes) {
  try {
    new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)); // the shortest there is
  } catch {
    throw new Trouble("wasm"); // DuckDB would wait for ever
  }
  const url = new URL("./duckdb-eh.bin", import.meta.url).href;
  const fetch_as_it_is = globalThis.fetch;
  // The engine is packed, as not every server packs such a file; DuckDB asks for it by `fetch`.
  globalThis.fetch = async (what, options) => {
    const response = await fetch_as_it_is(what, options);
    if ((what instanceof Request ? what.url : String(what)) !== url) return response;
    if (!response.ok || !response.body) throw new Trouble("fetch", { status: response.status });
    let done = 0;
    const count = new TransformStream({
      transform(chunk, out) {
        done += chunk.length;
        postMessage({ done: Math.min(done, bytes), total: bytes, engine: true });
        out.enqueue(chunk);
      },
    });
    return new Response(response.body.pipeThrough(count).pipeThrough(new DecompressionStream("gzip")), { headers: { "Content-Type": "application/wasm" } });
  };
  try {
    const module = { mainModule: url, mainWorker: "" };
    const duckdb = await createDuckDB({ mvp: module, eh: module }, new VoidLogger(), BROWSER_RUNTIME);
    await duckdb.instantiate(() => {});
    duckdb.open({});
    const plan = duckdb.connect(), data = duckdb.connect();
    for (const [name, connection] of /** @type {[string, any][]} */ ([["plan", plan], ["data", data]])) {
      connection.query(`CREATE SCHEMA __${name}`);
      connection.query(`SET schema = '__${name}'`);
    }
    for (const setting of SEALED) plan.query(setting);
    return { plan, data };
  } catch (error) {
    throw error instanceof Trouble ? error : new Trouble("engine");
  } finally {
    globalThis.fetch = fetch_as_it_is;
  }
}

/** @param {string} query  @param {{name: string, url: string, bytes: number}[]} sources  @param {{plan: any, data: any}} duckdb */
async function answer(query, sources, { plan, data }) {
  query = query.replace(/;\s*$/, "");
  for (const { name, url, bytes } of sources) {
    if (tables.has(name) || !query.toLowerCase().includes(name.toLowerCase().replaceAll('"', ""))) continue;
    const table = await new Table(url, bytes).open(signal);
    plan.query(`CREATE OR REPLACE TABLE ${quote(name)} (${table.columns.map(({ name: each, kind }) => `${quote(each)} ${KINDS[kind]}`).join(", ")})`);
    tables.set(name, { table, held: new Set() });
  }
  const wanted = find_columns(query, plan);
  try {
    for (const [name, columns] of wanted) await load(name, columns, data);
    return run(query, data);
  } catch (error) {
    if (!String(/** @type {any} */ (error).message).includes("Binder Error")) throw error;
    for (const name of wanted.keys()) await load(name, null, data); // the plan without rows named too few
    return run(query, data);
  }
}

/** The columns of each table that a query reads, by DuckDB's plan over tables without rows; null for all.
 * @param {string} query  @param {any} plan */
function find_columns(query, plan) {
  const found = /** @type {Map<string, Set<string> | null>} */ (new Map());
  const rows = plan.query(`EXPLAIN (FORMAT json) ${query}`).toArray();
  const walk = (/** @type {any} */ node) => {
    const { Table: name, Projections: read = [] } = node.extra_info ?? {};
    if (name && tables.has(name)) {
      const columns = found.get(name);
      if (/\bpivot\b/i.test(query)) found.set(name, null);
      else if (columns !== null) found.set(name, new Set([...columns ?? [], ...[read].flat().filter(Boolean)]));
    }
    for (const child of node.children ?? []) walk(child);
  };
  for (const row of rows) for (const node of [JSON.parse(row.toJSON().explain_value)].flat()) walk(node);
  return found;
}

/** Lets DuckDB hold at least these columns of a table.  @param {string} name  @param {Set<string> | null} wanted  @param {any} data */
async function load(name, wanted, data) {
  const { table, held } = /** @type {{table: Table, held: Set<string>}} */ (tables.get(name));
  const needed = table.columns.filter((column) => (!wanted || wanted.has(column.name)) && !held.has(column.name));
  if (!needed.length) {
    if (!held.size) data.query(`CREATE OR REPLACE TABLE ${quote(name)} AS SELECT NULL AS "${"\u200b"}" FROM range(${table.rows})`); // they are counted
    return;
  }
  const columns = needed.length + held.size;
  if (table.rows * columns > CELLS) throw new Trouble("large", { name, rows: table.rows, columns });
  const place = held.size ? "__more" : name;
  data.query(`CREATE OR REPLACE TABLE ${quote(place)} (${needed.map((column) => `${quote(column.name)} ${KINDS[column.kind]}`).join(", ")})`);
  for (let group = 0; group < table.groups.length; group++) {
    const values = await table.readGroup(group, null, needed, signal);
    data.insertArrowTable(make_batch(needed, values), { schema: "__data", name: place, create: false });
    postMessage({ done: group + 1, total: table.groups.length });
  }
  if (held.size) {
    const order = table.columns.filter((column) => held.has(column.name) || needed.includes(column)).map((column) => quote(column.name));
    data.query(`CREATE OR REPLACE TABLE ${quote(name)} AS SELECT ${order.join(", ")} FROM ${quote(name)} POSITIONAL JOIN __more`);
    data.query("DROP TABLE __more");
  }
  for (const column of needed) held.add(column.name);
}

/** @param {string} query  @param {any} data */
function run(query, data) {
  const result = data.query(`SELECT * FROM (\n${query}\n) LIMIT ${MOST + 1}`);
  const columns = /** @type {string[]} */ (result.schema.fields.map((/** @type {any} */ field) => field.name));
  const writers = result.schema.fields.map((/** @type {any} */ field) => write_cell(field.type));
  const rows = /** @type {(string | null)[][]} */ ([]);
  for (const batch of result.batches) {
    const vectors = columns.map((_, c) => new Vector([batch.data.children[c]]));
    for (let n = 0; n < batch.numRows && rows.length < MOST; n++) rows.push(vectors.map((vector, c) => writers[c].write(vector.get(n))));
  }
  return { columns, numeric: writers.map((/** @type {any} */ writer) => writer.number), rows, more: result.numRows > MOST };
}

/** @param {string} name */
function quote(name) {
  return `"${name.replaceAll('"', '""')}"`;
}
