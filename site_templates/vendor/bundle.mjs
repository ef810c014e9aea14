// Bundles every other *.mjs and *.css of this folder, packs the files that package.json names under "packed" (NAME.bin,
// and NAME-size.js with what all of it weighs), copies those under "copied", and writes down whose work is in them, and
// in *.txt:
//     node bundle.mjs OUT          (`npm ci` first; bundle.sh does both)
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";

const out = process.argv[2];
const entries = readdirSync(".").filter((name) => /\.(mjs|css)$/.test(name) && name !== "bundle.mjs").sort();
mkdirSync(out, { recursive: true });
const inputs = entries.length ? (await (await import("esbuild")).build({
  entryPoints: entries, outdir: out, bundle: true, format: "esm", platform: "browser", target: "es2022",
  minify: true, legalComments: "none", charset: "utf8", metafile: true, logLevel: "warning",
})).metafile.inputs : {};

const { packed = [], copied = [] } = JSON.parse(readFileSync("package.json", "utf8"));
let bytes = packed.length ? gzipSync(readFileSync(join(out, `${basename(entries[0], ".mjs")}.js`))).length : 0;
for (const path of packed) {
  const body = gzipSync(readFileSync(join("node_modules", path)), { level: 9 });
  bytes += body.length;
  writeFileSync(join(out, basename(path).replace(/\.\w+$/, ".bin")), body);
}
if (bytes) writeFileSync(join(out, `${basename(entries[0], ".mjs")}-size.js`), `export const BYTES = ${bytes};\n`);

for (const path of copied) copyFileSync(join("node_modules", path), join(out, basename(path)));

const packages = new Set([...Object.keys(inputs), ...copied.map((path) => `node_modules/${path}`)].flatMap((path) => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1] ?? []));
const licences = [...packages].sort().map((name) => {
  const folder = join("node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const files = readdirSync(folder).filter((each) => /^licen[cs]e/i.test(each)).slice(0, copied.length ? undefined : 1);
  return `${name} ${version} (${license})\n\n${files.map((file) => readFileSync(join(folder, file), "utf8").trim()).join("\n\n")}\n`;
});
licences.push(...readdirSync(".").filter((name) => name.endsWith(".txt")).map((name) => readFileSync(name, "utf8")));
const licences_file = packed.length ? `licences-${basename(out).split(".")[0]}.txt` : "licences.txt";
writeFileSync(join(out, licences_file), licences.join(`\n${"-".repeat(72)}\n\n`));
