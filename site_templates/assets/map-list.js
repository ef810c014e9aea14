// The places of a map as a list: for keys and voices, and in the order of their distance.

import { make } from "./element.js";
import { list_shown, tell_lang } from "./map-popup.js";

/** @typedef {any} LiveMap  the map of `map-live.js` */

/** Metres between two places, on a sphere.  @param {[number, number]} from  @param {[number, number]} to */
export function measure([lon, lat], [x, y]) {
  const turn = Math.PI / 180, half = (/** @type {number} */ angle) => Math.sin((angle * turn) / 2) ** 2;
  return 2 * 6_371_008.8 * Math.asin(Math.min(1, Math.sqrt(half(y - lat) + Math.cos(lat * turn) * Math.cos(y * turn) * half(x - lon))));
}

/** @param {number} metres */
function spell_distance(metres) {
  return metres < 995 ? `${Math.round(metres / 10) * 10} m` : `${(metres / 1000).toFixed(metres < 9950 ? 1 : 0)} km`;
}

/** The items of the list: of the points `numbers` those `most` that are nearest to a place.
 * @param {LiveMap} live  @param {number[]} numbers  @param {[number, number]} from  @param {number} most */
export async function make_list(live, numbers, from, most) {
  const { say, found, view } = live;
  const far = (/** @type {number} */ n) => measure(from, [found.lon[n], found.lat[n]]);
  const near = numbers.map((n) => ({ n, metres: far(n) })).sort((a, b) => a.metres - b.metres || a.n - b.n).slice(0, most);
  if (!near.length) return [make("li", {}, say("list_none"))];
  const columns = list_shown(live).slice(0, 2).map((/** @type {any} */ each) => each.name);
  const { cells } = await view.ask({ ask: "cells", rows: near.map(({ n }) => found.row[n]), query: { columns } });
  if (!cells) return [];
  return near.map(({ n, metres }, i) => {
    const words = columns.map((_, c) => cells[c][i] ?? "").filter(Boolean).join(" ") || say("row", { n: found.row[n] + 1 });
    const button = make("button", { type: "button", lang: tell_lang(words) }, words);
    button.dataset.n = String(n);
    button.addEventListener("click", () => live.open(n));
    return make("li", {}, button, live.me ? make("small", {}, ` ${spell_distance(metres)}`) : "");
  });
}
