// DuckDB for WebAssembly and Arrow, for `assets/sql-duckdb.js`: of the engine's interfaces the one that runs in the
// worker that asks it.
export { BROWSER_RUNTIME, createDuckDB, VoidLogger } from "./node_modules/@duckdb/duckdb-wasm/dist/duckdb-browser-blocking.mjs";
export {
  Bool, DateDay, Dictionary, Field, Float64, Int32, Int64, List, makeData, RecordBatch, Schema, Struct, Table, TimeMicrosecond, TimestampMicrosecond,
  tableFromIPC, tableToIPC, Type, Utf8, Vector, vectorFromArray,
} from "apache-arrow";
