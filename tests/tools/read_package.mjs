// Reads every table of a Data Package at an address with datapackage-js, and prints its rows as it casts them.
import { createRequire } from "node:module";

const { Package } = createRequire(process.argv[2])("datapackage");
const dataPackage = await Package.load(process.argv[3]);
const tables = {};
for (const resource of dataPackage.resources) {
  if (resource.descriptor.format !== "csv") continue;
  tables[resource.name] = await resource.read({ keyed: true });
}
console.log(JSON.stringify({ valid: dataPackage.valid, errors: dataPackage.errors.map(String), version: dataPackage.descriptor.version, tables }));
