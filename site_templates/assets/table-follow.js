// Following what a table is filtered by: where that is one value with a feed, a button beside the filters tells its
// addresses.

import { make } from "./element.js";

/** @typedef {import("./table-filter.js").View} View */
/** @typedef {{value: string, feed: string, calendar?: string}} Followed */

/** @type {Map<string, Promise<any>>} the lists of values that have been asked for, by their addresses */
const lists = new Map();

/** The only value that the rows are filtered by, of a column with feeds.  @param {View} view  @param {string[]} columns */
function find_value(view, columns) {
  const { filters, search } = view.state, [first] = filters;
  if (search || filters.length !== 1 || !["eq", "in"].includes(first.op)) return null;
  const values = [first.value].flat();
  return values.length === 1 && columns.includes(first.column) ? { column: first.column, value: values[0] } : null;
}

/** The list of values that have feeds.  @param {string} address */
async function read_list(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

/** Draws the button after the filters, or takes it away.  @param {View} view  @param {HTMLTemplateElement} form */
export async function draw_follow(view, form) {
  const wanted = find_value(view, (form.dataset.columns ?? "").split(" ")), asked = JSON.stringify(wanted);
  const there = () => view.chips.querySelector(".view-follow");
  if (view.followed !== asked) view.element.querySelector(".view-feeds")?.remove();
  view.followed = asked;
  if (!wanted || there()) return;
  const address = new URL(form.dataset.list ?? "", location.href).href;
  if (!lists.has(address)) lists.set(address, read_list(address));
  const list = await lists.get(address)?.catch(() => lists.delete(address));
  /** @type {Followed | undefined} */
  const found = list?.columns?.find((/** @type {any} */ each) => each.name === wanted.column)?.values.find((/** @type {Followed} */ each) => each.value === wanted.value);
  if (!found || view.followed !== asked || there()) return;
  const box = view.element.querySelector(".view-feeds") ?? draw_addresses(found, address, form);
  box.id = `view-feeds-${view.name}`;
  const button = make("button", { type: "button", className: "view-follow", "aria-expanded": String(!box.hidden), "aria-controls": box.id }, form.dataset.open ?? "");
  button.addEventListener("click", () => {
    box.hidden = !box.hidden;
    button.setAttribute("aria-expanded", String(!box.hidden));
  });
  view.chips.append(make("li", {}, button));
  view.chips.after(box);
}

/** What a feed and a calendar are, and their addresses.  @param {Followed} found  @param {string} list  @param {HTMLTemplateElement} form */
function draw_addresses(found, list, form) {
  const box = make("section", { className: "view-record view-feeds", hidden: true }, form.content.cloneNode(true));
  const title = box.querySelector("h3");
  if (title) title.textContent = (title.textContent ?? "").replace("{value}", () => found.value);
  for (const [part, name] of /** @type {const} */ ([["feed", found.feed], ["calendar", found.calendar]])) {
    const place = box.querySelector(`.follow-${part}`), input = place?.querySelector("input"), link = place?.querySelector("a");
    if (!name) place?.remove();
    if (!name || !input || !link) continue;
    input.value = new URL(name, list).href;
    input.addEventListener("focus", () => input.select());
    link.href = part === "calendar" ? input.value.replace(/^https?:/, "webcal:") : input.value;
  }
  return box;
}
