// SQL over the tables of a dataset: an editor, its answer as a table, and the query in the address.  The engine runs
// in a worker, which is only fetched when a query is run.

import { make, read_words } from "./words.js";
import { write_csv } from "./csv.js";

const SHOWN = 200; // rows of an answer that are drawn

/** @param {HTMLElement} element */
export function start(element) {
  const say = read_words(element);
  const items = /** @type {HTMLElement[]} */ ([...element.querySelectorAll("[data-name]")]);
  const sources = items.map(({ dataset }) => ({ name: dataset.name, url: new URL(dataset.parquet ?? "", location.href).href, bytes: Number(dataset.bytes) }));
  const read_address = () => new URLSearchParams(location.search).get("sql");
  const asked = read_address();
  const query = make("textarea", { rows: 7, spellcheck: false, autocapitalize: "off", ariaLabel: say("label"), value: asked ?? items[0].dataset.query });
  const run = make("button", { className: "button" }, say("run"));
  const stop = make("button", { type: "button", hidden: true }, say("stop"));
  const meter = make("progress", { hidden: true, ariaLabel: say("running") });
  const status = make("p", { className: "view-status", role: "status" });
  const alert = make("p", { className: "view-alert", role: "alert" });
  const answer = make("div", {});
  const form = make("form", {}, query, make("div", { className: "sql-run" }, run, stop, meter, status), alert);
  for (const item of items) {
    const example = make("button", { type: "button", className: "sql-example" }, say("example"));
    example.addEventListener("click", () => {
      query.value = item.dataset.query ?? "";
      query.focus();
    });
    item.querySelector("details")?.append(example);
  }
  element.append(form, answer);

  let worker = /** @type {Worker | null} */ (null);
  const rest = (/** @type {string} */ words) => {
    stop.hidden = meter.hidden = true;
    run.disabled = false;
    status.textContent = words;
  };
  const begin = () => {
    const started = performance.now();
    const address = new URL(location.href);
    address.searchParams.set("sql", query.value);
    if (query.value !== read_address()) history.pushState(history.state, "", address);
    alert.textContent = "";
    status.textContent = say("running");
    stop.hidden = meter.hidden = false;
    run.disabled = true;
    meter.removeAttribute("value");
    worker ??= new Worker(new URL("./sql-worker.js", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }) => {
      if (data.done !== undefined) {
        [meter.max, meter.value] = [data.total, data.done];
        return;
      }
      if (data.trouble) {
        alert.textContent = say(`error_${data.trouble}`, data.args);
        rest("");
        return;
      }
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      rest(say("result", { n: data.rows.length, seconds }));
      answer.replaceChildren(...draw_answer(data, say, `${element.dataset.save}-sql.csv`));
    };
    worker.onerror = () => {
      alert.textContent = say("error_worker");
      worker = null;
      rest("");
    };
    worker.postMessage({ query: query.value, sources });
  };
  stop.addEventListener("click", () => {
    worker?.terminate();
    worker = null;
    rest(say("stopped"));
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    begin();
  });
  query.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  addEventListener("popstate", () => {
    const now = read_address();
    if (now === query.value) return;
    query.value = now ?? items[0].dataset.query ?? "";
    if (now) begin();
    else answer.replaceChildren();
  });
  if (asked) begin();
}

/** @param {{columns: string[], numeric: boolean[], rows: (string | null)[][], more: boolean}} data  @param {ReturnType<typeof read_words>} say  @param {string} name */
function draw_answer({ columns, numeric, rows, more }, say, name) {
  const cell = (/** @type {string | null} */ text, /** @type {number} */ c) => make("td", { className: numeric[c] ? "n" : "" }, text ?? "");
  const table = make("table", { className: "preview" },
    make("caption", {}, say("caption")),
    make("thead", {}, make("tr", {}, ...columns.map((column, c) => make("th", { scope: "col", className: numeric[c] ? "n" : "" }, column)))),
    make("tbody", {}, ...rows.slice(0, SHOWN).map((cells) => make("tr", {}, ...cells.map(cell)))));
  const notes = [
    ...(rows.length > SHOWN ? [make("p", { className: "small" }, say("part", { shown: SHOWN }))] : []),
    ...(more ? [make("p", { className: "small" }, say("more", { n: rows.length }))] : []),
  ];
  const mark = make("input", { type: "checkbox" });
  const save = make("button", { type: "button", className: "button quiet" }, say("save"));
  save.addEventListener("click", () => {
    const link = make("a", { href: URL.createObjectURL(write_csv(columns, rows, mark.checked)), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  });
  return [make("div", { className: "scroll", role: "region", tabIndex: 0, ariaLabel: say("caption") }, table), ...notes,
    make("p", {}, save), make("p", {}, make("label", { className: "view-choice" }, mark, " ", say("mark")))];
}
