// Where the values of a row were in the source files: asks the place file of a table for one row, and manifest.json, or a
// list of source files that it names, for the file.

import { make } from "./element.js";
import { read_words } from "./say.js";

/** @typedef {{at?: number, heading?: string, cells?: boolean, line?: number, url?: string, name?: boolean}} Origin */
/** @typedef {{files: string[] | number, layouts: Record<string, Origin>[], since: [number, number][]}} Places */

/** @param {HTMLElement} element */
export function start(element) {
  const say = read_words("whence_");
  const answer = make("div", { role: "status" });
  const row = make("input", { type: "number", name: "row", min: "1", max: element.dataset.rows ?? "", required: true, value: "1" });
  const form = make("form", { className: "whence-form" }, make("label", {}, `${say("row")} `, row), " ", make("button", { type: "submit" }, say("ask")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    find(element, Number(row.value)).then(
      (found) => answer.replaceChildren(...draw(element, Number(row.value), found, say)),
      () => answer.replaceChildren(make("p", { role: "alert" }, say("error"))),
    );
  });
  element.append(form, answer);
}

/** Asks for a row.  @param {HTMLElement} element  @param {number} number */
async function find(element, number) {
  const { read_of_one, Table } = await import("./rows.js");
  const { signal } = new AbortController();
  const { places, bytes, whence } = element.dataset;
  const address = new URL(places ?? "", location.href);
  const { table, at } = await read_of_one(async () => {
    const table = await new Table(address.href, Number(bytes)).open(signal);
    return { table, at: await table.readRows([number - 1], table.columns, signal) };
  });
  const [[file], [sheet], [row]] = at;
  const about = /** @type {Places} */ (JSON.parse(table.notes.places));
  const answer = await fetch(new URL("manifest.json", address)); // of the same version
  const manifest = answer.ok ? await answer.json() : { raws: [], sources: [] };
  const begins = about.files instanceof Array ? about.files[file] : "";
  const raw = begins
    ? manifest.raws.find((/** @type {any} */ each) => each.resource === whence && each.sha256.startsWith(begins))
    : await find_listed(manifest.sources.filter((/** @type {any} */ each) => each.resource === whence), file, address);
  const layout = about.since.filter(([first]) => first <= file).at(-1)?.[1] ?? 0;
  return { raw, sheet: String(sheet ?? ""), row: Number(row ?? 0), origins: about.layouts[layout] ?? {} };
}

/** Reads the source file with a number from the list that has it.  @param {{path: string, count: number}[]} lists
 * @param {number} number  @param {URL} address */
async function find_listed(lists, number, address) {
  let first = 0;
  for (const { path, count } of lists) {
    if (number < first + count) {
      const answer = await fetch(new URL(path, address));
      return answer.ok ? JSON.parse((await answer.text()).split("\n")[number - first]) : undefined;
    }
    first += count;
  }
}

/** @param {HTMLElement} element  @param {number} number  @param {Awaited<ReturnType<typeof find>>} found
 * @param {ReturnType<typeof read_words>} say */
function draw(element, number, { raw, sheet, row, origins }, say) {
  const view = element.closest(".table-card, main")?.querySelector(`[data-view="${element.dataset.whence}"] thead`);
  const titles = /** @type {HTMLTableCellElement[]} */ ([...(view?.querySelectorAll("th") ?? [])]);
  const names = titles.map((cell) => [cell.dataset.name ?? cell.textContent ?? "", cell.firstChild?.textContent?.trim() ?? ""]);
  const columns = names.length ? names : Object.keys(origins).map((name) => [name, name]);
  const lines = columns.map(([name, title]) => make("tr", {}, make("th", { scope: "row" }, title || name), make("td", {}, tell(origins[name], sheet, row, say))));
  const head = make("tr", {}, make("th", { scope: "col" }, say("column")), make("th", { scope: "col" }, say("place")));
  const parts = /** @type {HTMLElement[]} */ ([]);
  if (raw) {
    const link = /^https?:/.test(raw.url) ? make("a", { href: raw.url, rel: "noopener" }, raw.url) : raw.url;
    parts.push(make("p", { className: "whence-file" }, link, make("br", {}), `${say("fetched", { day: raw.fetched.slice(0, 10) })}  SHA-256 ${raw.sha256}`));
  }
  const caption = make("caption", {}, say("caption", { n: number }));
  const scroll = make("div", { className: "scroll", tabindex: "0", role: "region", "aria-label": say("caption", { n: number }) });
  scroll.append(make("table", {}, caption, make("thead", {}, head), make("tbody", {}, ...lines)));
  return [...parts, scroll, make("p", { className: "small" }, say("steps"))];
}

/** Says where a value was.  @param {Origin | undefined} origin  @param {string} sheet  @param {number} row
 * @param {ReturnType<typeof read_words>} say */
function tell(origin, sheet, row, say) {
  if (origin?.cells) return say("cell", { sheet, cell: letters(origin.at ?? 1) + row, heading: origin.heading ?? "" }).trim();
  if (origin?.at) return `${sheet} ${say("line", { row, at: origin.at, heading: origin.heading ?? "" })}`.trim();
  if (origin?.line) return `${sheet} ${say("head", { row: origin.line })}`.trim();
  if (origin?.url) return say("url", { name: origin.url });
  return origin?.name ? say("name") : say("made", { row });
}

/** The letters of a column, from 1.  @param {number} at @returns {string} */
function letters(at) {
  return at > 26 ? letters(Math.floor((at - 1) / 26)) + letters(((at - 1) % 26) + 1) : String.fromCharCode(64 + at);
}
