// Reading Parquet: what `assets/rows.js` needs of hyparquet, and the one compression that our files use.
export { assembleNested } from "hyparquet/src/assemble.js";
export { parquetHeader, readPage } from "hyparquet/src/column.js";
export { convert, DEFAULT_PARSERS } from "hyparquet/src/convert.js";
export { readColumnIndex, readOffsetIndex } from "hyparquet/src/indexes.js";
export { parquetMetadata, parquetSchema } from "hyparquet/src/metadata.js";
export { getTreePath } from "hyparquet/src/schema.js";
export { decompress } from "fzstd";
