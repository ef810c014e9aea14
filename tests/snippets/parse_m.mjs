// node parse_m.mjs < queries.json: of each text what Microsoft's own parser of Power Query's language finds wrong, or "".
import { readFileSync } from "node:fs";
import parser from "@microsoft/powerquery-parser";

const { DefaultSettings, TaskUtils } = parser;
const told = [];
for (const text of JSON.parse(readFileSync(0, "utf8"))) {
  const task = await TaskUtils.tryLexParse(DefaultSettings, text);
  told.push(TaskUtils.isError(task) ? task.error.message : "");
}
console.log(JSON.stringify(told));
