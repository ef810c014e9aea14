// What a map says of a place: the rows that are there, each with the address of its record.

import { make } from "./element.js";
import { Popup } from "./maplibre.js";

const ROWS = 10, CELLS = 8;

/** @typedef {any} LiveMap  the map of `map-live.js` */

/** @param {LiveMap} live  @param {number[]} rows  @param {[number, number]} at */
export async function open_records(live, rows, at) {
  const { say, view } = live, shown = list_shown(live).slice(0, CELLS), key = read_key(live);
  const columns = [...shown.map((each) => each.name), ...key];
  const { cells } = await view.ask({ ask: "cells", rows: rows.slice(0, ROWS), query: { columns } });
  if (!cells) return;
  const text = (/** @type {string} */ name, /** @type {number} */ n) => cells[columns.indexOf(name)]?.[n] ?? "";
  const records = rows.slice(0, ROWS).map((_, n) => make("section", {},
    make("dl", { className: "record" }, ...shown.filter((each) => text(each.name, n)).map((each) => make("div", {}, make("dt", {}, each.title), make("dd", { lang: tell_lang(text(each.name, n)) }, text(each.name, n), each.unit ? make("small", {}, ` ${each.unit}`) : "")))),
    ...(key.length ? [make("p", {}, link_record(live, key.map((name) => [name, text(name, n)])))] : [])));
  if (rows.length > 1) records.unshift(make("section", {}, make("p", {}, make("strong", {}, say("rows_here", { n: rows.length })), rows.length > ROWS ? ` ${say("rows_first", { n: ROWS })}` : "")));
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  live.popup?.remove();
  const popup = live.popup = new Popup({ maxWidth: "20rem", focusAfterOpen: true, className: "map-popup" }).setLngLat(at).setDOMContent(make("div", { className: "map-records" }, ...records)).addTo(/** @type {any} */ (live.map));
  bring_in(live, popup.getElement());
  popup.getElement()?.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape") popup.remove();
  });
  popup.on("close", () => {
    if (document.activeElement?.closest("a, input, button, select")) return;
    if (before?.isConnected) before.focus({ preventScroll: true });
    else if (before?.dataset.n) live.focus_listed(before.dataset.n);
  });
}

/** Moves the map as far as the popup stands out of it.  @param {LiveMap} live  @param {HTMLElement | undefined} element */
function bring_in({ map, element: box }, element) {
  const [mine, whole] = [element, box].map((each) => each?.getBoundingClientRect());
  if (!mine || !whole) return;
  const out = (/** @type {number} */ low, /** @type {number} */ high, /** @type {number} */ least, /** @type {number} */ most) => (low < least ? low - least : high > most ? Math.min(high - most, low - least) : 0);
  const move = [out(mine.left, mine.right, whole.left + 8, whole.right - 8), out(mine.top, mine.bottom, whole.top + 8, whole.bottom - 30)];
  if (move.some(Boolean)) map.panBy(move);
}

/** The columns that are told of a row: those that the table shows, but for its place.  @param {LiveMap} live  @returns {any[]} */
export function list_shown({ view, place }) {
  const told = view.shown().filter((/** @type {any} */ each) => !place.includes(each.name));
  return told.length ? told : view.columns.filter((/** @type {any} */ each) => !place.includes(each.name));
}

/** @param {LiveMap} live  @returns {string[]} */
function read_key({ view }) {
  return JSON.parse(view.element.dataset.key || "[]");
}

/** Japanese in an English page is read as such.  @param {string} text */
export function tell_lang(text) {
  return document.documentElement.lang === "en" && /[\u3040-\u30ff\u3400-\u9fff]/.test(text) ? "ja" : "";
}

/** A link to the record: on the same page it opens there.  @param {LiveMap} live  @param {[string, string][]} pairs */
function link_record(live, pairs) {
  const { say, view, figure, linked } = live;
  const query = new URLSearchParams(pairs.map(([name, value]) => [`${figure.dataset.map}.eq.${name}`, value]));
  const link = make("a", { href: `${figure.dataset.home ?? ""}?${query}` }, say("record"));
  link.addEventListener("click", (event) => {
    if (!linked || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    live.stop_following();
    view.change({ search: "", show: [], filters: pairs.map(([column, value]) => ({ column, op: "eq", value })) });
    view.element.scrollIntoView({ block: "start" });
  });
  return link;
}
