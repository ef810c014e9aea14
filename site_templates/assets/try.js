// The addresses of the API's page, tried: a form for the parameters of each, and the beginning of the answer.

import { make } from "./element.js";
import { read_words } from "./say.js";

const SHOWN = 4000; // characters of an answer
const HEADERS = ["content-type", "content-length", "content-encoding", "content-range", "last-modified", "etag", "cache-control", "link", "accept-ranges", "access-control-allow-origin"];
const TEXT = /^text\/|json|xml|turtle|yaml|toml/;

/** What lists of values have, each fetched once.  @type {Map<string, Promise<string[]>>} */
const known = new Map();

/** @param {HTMLElement} element */
export function start(element) {
  const say = read_words("api_try_"), root = new URL("./", new URL(element.dataset.try ?? "", location.href));
  const names = /** @type {HTMLElement[]} */ ([...element.querySelectorAll("#names ~ .scroll tr[data-name]")]);
  for (const details of element.querySelectorAll("details")) {
    const open = () => details.open && !details.querySelector("form") && details.append(draw_form(details, names, root, say));
    details.addEventListener("toggle", open);
    open();
  }
  const asked = location.hash && element.querySelector(`details[id="${CSS.escape(location.hash.slice(1))}"]`);
  if (asked instanceof HTMLDetailsElement) asked.open = true;
}

/** @param {HTMLDetailsElement} details  @param {HTMLElement[]} names  @param {URL} root  @param {ReturnType<typeof read_words>} say */
function draw_form(details, names, root, say) {
  const path = details.querySelector("summary code")?.textContent?.slice(1) ?? "";
  const own = /** @type {HTMLElement[]} */ ([...details.querySelectorAll("tr[data-name]")]);
  const rows = [...names.filter((row) => path.includes(`{${row.dataset.name}}`)), ...own];
  const example = details.querySelector(".api-example > *")?.textContent?.slice(1) ?? "";
  const values = read_example(path, example);
  const inputs = rows.map((row) => draw_input(row, details.id, values[row.dataset.name ?? ""] ?? row.dataset.example ?? ""));
  const value = (/** @type {string} */ name) => inputs.find((input) => input.name === name)?.value ?? "";
  for (const input of inputs) {
    if (["dataset", "table", "version"].includes(input.name)) suggest(input, root, value);
  }
  const send = make("button", { className: "button" }, say("send"));
  const address = make("output", { className: "api-address" });
  const alert = make("p", { className: "view-alert", role: "alert" });
  const status = make("p", { className: "view-status", role: "status" });
  const answer = make("div", {});
  const form = make("form", { className: "api-form", noValidate: true, ariaLabel: `${say("open")} /${path}` },
    ...inputs.map((input, n) => make("label", {}, make("code", {}, rows[n].dataset.name ?? ""), input)),
    make("div", { className: "sql-run" }, send, status), alert, address, answer);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    alert.textContent = address.textContent = "";
    answer.replaceChildren();
    const empty = inputs.find((input) => input.required && !input.value.trim());
    if (empty) {
      alert.textContent = say("missing", { name: empty.name });
      empty.focus();
      return;
    }
    const url = make_address(root, path, inputs);
    address.textContent = url.href;
    send.disabled = true;
    status.textContent = say("running");
    try {
      answer.replaceChildren(...await ask(url, say));
      status.textContent = answer.querySelector("h3")?.textContent ?? "";
    } catch (error) {
      status.textContent = "";
      alert.textContent = say("failed", { why: String(error) });
    }
    send.disabled = false;
  });
  return form;
}

/** The values of a path's names in an example of it.  @param {string} path  @param {string} example  @returns {Record<string, string>} */
function read_example(path, example) {
  const seen = new Set();
  const form = path.split(/(\{\w+\})/).map((part) => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (!name) return part.replace(/[.\\+*?^$()[\]|]/g, "\\$&");
    return seen.has(name) ? `\\k<${name}>` : (seen.add(name), `(?<${name}>[^/]+?)`);
  });
  return { ...new RegExp(`^${form.join("")}$`).exec(example)?.groups };
}

/** The field of a parameter: a choice where its values are known.  @param {HTMLElement} row  @param {string} id  @param {string} example */
function draw_input(row, id, example) {
  const { name = "", required } = row.dataset;
  const values = [...row.querySelectorAll("td:last-child code")].map((code) => code.textContent ?? "");
  const needed = required !== undefined, pattern = values.length === 1 && /[\^$]/.test(values[0]);
  if (values.length && !pattern) {
    const choice = make("select", { name, required: needed }, ...(needed ? [] : [make("option", { value: " " }, "")]), ...values.map((each) => make("option", {}, each)));
    choice.value = values.includes(example) ? example : choice.options[0].value;
    return choice;
  }
  return make("input", { name, required: needed, value: needed ? example : "", id: `${id}-${name}`, spellcheck: false, autocapitalize: "off", autocomplete: "off" });
}

/** Offer the datasets, and the tables and versions of the one that is chosen.
 * @param {HTMLInputElement | HTMLSelectElement} input  @param {URL} root  @param {(name: string) => string} value */
function suggest(input, root, value) {
  const list = make("datalist", { id: `${input.id}-list` });
  input.setAttribute("list", list.id);
  input.after(list);
  input.addEventListener("focus", async () => {
    if (!list.isConnected) input.after(list);
    const found = await find_values(input.name, value("dataset"), root).catch(() => []);
    list.replaceChildren(...found.map((each) => make("option", { value: each })));
  });
}

/** @param {string} name  @param {string} dataset  @param {URL} root  @returns {Promise<string[]>} */
function find_values(name, dataset, root) {
  const key = name === "dataset" ? name : `${name} ${dataset}`;
  const load = async () => {
    if (name === "dataset") return (await fetch_json(new URL("api/3/action/package_list", root))).result;
    const told = await fetch_json(new URL(`datasets/${encodeURIComponent(dataset)}/datapackage.json`, root));
    if (name === "version") return [told.version];
    return told.resources.filter((/** @type {any} */ each) => each.format === "csv").map((/** @type {any} */ each) => each.name);
  };
  const found = known.get(key) ?? load();
  known.set(key, found);
  found.catch(() => known.delete(key));
  return found;
}

/** @param {URL} url */
async function fetch_json(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

/** @param {URL} root  @param {string} path  @param {(HTMLInputElement | HTMLSelectElement)[]} inputs */
function make_address(root, path, inputs) {
  const given = new Map(inputs.map((input) => [input.name, input.value.trim()]));
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(given.get(name) ?? ""));
  const url = new URL(filled, root);
  for (const [name, value] of given) {
    if (value && !path.includes(`{${name}}`)) url.searchParams.set(name, value);
  }
  return url;
}

/** Ask, and draw the status, the headers and the beginning of the answer; no more than that is fetched.
 * @param {URL} url  @param {ReturnType<typeof read_words>} say */
async function ask(url, say) {
  const stop = new AbortController();
  const answer = await fetch(url, { signal: stop.signal, cache: "no-store" });
  const type = answer.headers.get("content-type") ?? "";
  const told = HEADERS.filter((name) => answer.headers.has(name)).map((name) => `${name}: ${answer.headers.get(name)}`);
  const parts = [make("h3", {}, `${answer.status} ${answer.statusText}`.trim()), make("h4", {}, say("headers")), draw_text(told.join("\n"))];
  if (!TEXT.test(type)) {
    stop.abort();
    return [...parts, make("p", {}, say("binary", { type: type || "?" }))];
  }
  const { text, whole } = await read_start(answer);
  if (!whole) stop.abort();
  const title = whole ? say("answer") : say("start", { n: SHOWN });
  return [...parts, make("h4", {}, title), draw_text(whole && /json/.test(type) ? indent(text) : text)];
}

/** @param {string} text */
function draw_text(text) {
  return make("pre", { tabIndex: 0 }, make("code", {}, text));
}

/** @param {Response} answer */
async function read_start(answer) {
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "", whole = !reader;
  while (reader && !whole && text.length <= SHOWN) {
    const { value = "", done } = await reader.read();
    text += value;
    whole = done;
  }
  return { text: text.slice(0, SHOWN), whole: whole && text.length <= SHOWN };
}

/** @param {string} text */
function indent(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 1);
  } catch {
    return text;
  }
}
