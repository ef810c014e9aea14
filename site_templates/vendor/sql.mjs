// SQL in the browser, for `assets/sql.js`.
export { executeSql, parseSql } from "squirreling";
