// Bundles every other *.mjs and *.css of this folder, and writes down whose work is in them, and in *.txt:
//     node bundle.mjs OUT          (`npm ci` first; bundle.sh does both)
import { build } from "esbuild";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const out = process.argv[2];
const entries = readdirSync(".").filter((name) => /\.(mjs|css)$/.test(name) && name !== "bundle.mjs").sort();
mkdirSync(out, { recursive: true });
const { metafile } = await build({
  entryPoints: entries, outdir: out, bundle: true, format: "esm", platform: "browser", target: "es2022",
  minify: true, legalComments: "none", charset: "utf8", metafile: true, logLevel: "warning",
});

const packages = new Set(Object.keys(metafile.inputs).flatMap((path) => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1] ?? []));
const licences = [...packages].sort().map((name) => {
  const folder = join("node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  return `${name} ${version} (${license})\n\n${file ? readFileSync(join(folder, file), "utf8").trim() : ""}\n`;
});
licences.push(...readdirSync(".").filter((name) => name.endsWith(".txt")).map((name) => readFileSync(name, "utf8")));
writeFileSync(join(out, "licences.txt"), licences.join(`\n${"-".repeat(72)}\n\n`));
