// Points in colours by a column's values, or as large as its numbers say.

import { make } from "./element.js";
import { write_by } from "./map-address.js";

/** @typedef {any} LiveMap  the map of `map-live.js` */

const COLOURS = 6;     // values with a colour of their own
const LOOSE = 5_000;   // points up to which clusters are given up for colours and sizes

/** The choice of a column, where the table has one that suits; `show` has it say what is drawn.  @param {LiveMap} live  @param {[string, string][]} told  how, and by which column */
export function make_choice(live, told) {
  const { view, say } = live;
  if (!told.length) return null;
  const title = (/** @type {string} */ name) => view.columns.find((/** @type {any} */ each) => each.name === name)?.title ?? name;
  const choice = make("select", {}, make("option", { value: "none" }, say("by_none")), ...told.map(([how, name]) => make("option", { value: `${how} ${name}` }, say(`by_${how}`, { column: title(name) }))));
  choice.addEventListener("change", () => {
    const [how, ...name] = choice.value.split(" ");
    live.by = how === "none" ? null : { how, column: name.join(" ") };
    write_by(live.name, live.by);
    live.load();
  });
  const show = () => {
    choice.value = live.by ? `${live.by.how} ${live.by.column}` : "none";
  };
  show();
  return { elements: [make("label", {}, say("by"), " ", choice)], show };
}

/** Gives each point what its column says, and draws the points and their legend so.
 * @param {LiveMap} live  @param {any[]} points  features  @param {(string | number | null)[]} values */
export function draw_by(live, points, values) {
  const { map, by, say } = live, source = map.getSource("places");
  source.setClusterOptions({ cluster: !by || points.length > LOOSE });
  live.legend.replaceChildren();
  live.legend.hidden = !by;
  const paint = (/** @type {any} */ color, /** @type {any} */ radius) => {
    map.setPaintProperty("points", "circle-color", color);
    map.setPaintProperty("points", "circle-radius", radius);
    map.setPaintProperty("points", "circle-opacity", by?.how === "size" ? 0.6 : 1);
  };
  const read = (/** @type {string} */ name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  if (!by) return paint(read("s1"), 6.5);
  if (by.how === "size") {
    const numbers = values.map(Number).filter((value, n) => values[n] !== null && Number.isFinite(value)), most = numbers.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    points.forEach((point, n) => {
      point.properties.size = values[n] === null || !most ? 0 : Math.sqrt(Math.abs(Number(values[n])) / most);
    });
    live.legend.append(make("li", {}, say("by_size_told", { most: most.toLocaleString("en") })));
    return paint(read("s1"), ["+", 2.5, ["*", 17, ["get", "size"]]]);
  }
  const counts = new Map();
  for (const value of values) counts.set(value ?? "", (counts.get(value ?? "") ?? 0) + 1);
  const ranked = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, COLOURS).map(([value]) => value);
  points.forEach((point, n) => {
    point.properties.rank = ranked.indexOf(values[n] ?? "");
  });
  ranked.forEach((value, n) => live.legend.append(make("li", { className: `s${n + 1}` }, String(value) || say("by_empty"), make("small", {}, ` ${counts.get(value).toLocaleString("en")}`))));
  if (counts.size > COLOURS) live.legend.append(make("li", { className: "s0" }, say("by_others")));
  paint(["match", ["get", "rank"], ...ranked.flatMap((_, n) => [n, read(`s${n + 1}`)]), read("chair")], 6.5);
}
