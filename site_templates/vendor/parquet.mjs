// Reading Parquet: what `assets/rows.js` needs of hyparquet, and the one compression that our files use.
export { parquetMetadata, parquetSchema } from "hyparquet/src/metadata.js";
export { readColumn } from "hyparquet/src/column.js";
export { DEFAULT_PARSERS } from "hyparquet/src/convert.js";
export { assembleAsync } from "hyparquet/src/rowgroup.js";
export { readColumnIndex, readOffsetIndex } from "hyparquet/src/indexes.js";
export { getTreePath } from "hyparquet/src/schema.js";
export { decompress } from "fzstd";
