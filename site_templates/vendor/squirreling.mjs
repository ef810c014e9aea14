// SQL in the browser, for `assets/sql-worker.js`.
export { executeSql } from "squirreling";
