// SQL in the browser, for `assets/sql-worker.js`.
export { derivedAlias, executeSql, parseSql } from "squirreling";
