// node lighthouse.mjs TOOLS CHROME CATEGORIES ADDRESS…: Lighthouse's report of each page as a line of JSON, all by one
// Chrome.  TOOLS is the folder where npm put lighthouse; CATEGORIES are separated by commas.

import { pathToFileURL } from "node:url";

const [tools, chromePath, categories, ...addresses] = process.argv.slice(2);
const load = (file) => import(pathToFileURL(`${tools}/${file}`).href);
const { default: lighthouse } = await load("lighthouse/core/index.js");
const { launch } = await load("chrome-launcher/dist/index.js");

// Nothing of the pages is loaded later: Lighthouse waits for five seconds without requests and one more after them.
const WAITS = { networkQuietThresholdMs: 300, cpuQuietThresholdMs: 300, pauseAfterLoadMs: 0, pauseAfterFcpMs: 0 };
const chrome = await launch({ chromePath, chromeFlags: ["--headless=new", "--no-sandbox", "--disable-gpu"] });
try {
  for (const address of addresses) {
    const onlyCategories = categories.split(",");
    const { lhr } = await lighthouse(address, { port: chrome.port, onlyCategories, disableFullPageScreenshot: true, ...WAITS });
    const scores = Object.fromEntries(Object.entries(lhr.categories).map(([name, each]) => [name, Math.round(each.score * 100)]));
    const failed = Object.values(lhr.audits).filter((audit) => audit.score !== null && audit.score < 0.9)
      .map((audit) => [audit.id, audit.title, audit.displayValue, JSON.stringify(audit.details?.items)?.slice(0, 300)]);
    console.log(JSON.stringify({ scores, failed }));
  }
} finally {
  chrome.kill();
}
