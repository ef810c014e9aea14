// What lies under the points of a map: outlines of Japan's prefectures, in the colours of the page.

import { feature, mesh } from "./maplibre.js";

/** @typedef {(key: string, values?: Record<string, string | number>) => string} Say */
/** @typedef {{sources: Record<string, any>, layers: any[]}} Base */

/** The colours of the page as it is now. */
export function read_colours() {
  const style = getComputedStyle(document.documentElement), read = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
  return { sea: read("sunken"), land: read("surface"), line: read("line"), ink: read("ink"), soft: read("soft"), paper: read("paper"), mark: read("s1"), me: read("s2") };
}

/** @param {Say} say  @param {ReturnType<typeof read_colours>} colours  @returns {Promise<Base>} */
export async function make_base(say, colours) {
  const answer = await fetch(new URL("./outlines.json", import.meta.url)), topology = await answer.json();
  const land = feature(topology, topology.objects.prefectures), borders = mesh(topology, topology.objects.prefectures);
  const names = { type: "FeatureCollection", features: land.features.map(name_land) };
  const lang = document.documentElement.lang === "en" ? "en" : "ja";
  return {
    sources: {
      land: { type: "geojson", data: land, attribution: say("outlines") },
      borders: { type: "geojson", data: { type: "Feature", properties: {}, geometry: borders } },
      names: { type: "geojson", data: names },
    },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": colours.sea } },
      { id: "land", type: "fill", source: "land", paint: { "fill-color": colours.land } },
      { id: "borders", type: "line", source: "borders", paint: { "line-color": colours.soft, "line-width": 0.8, "line-opacity": 0.6 } },
      {
        id: "names", type: "symbol", source: "names", maxzoom: 10,
        layout: { "text-field": ["get", lang], "text-size": 11, "text-font": ["sans-serif"], "text-max-width": 8 },
        paint: { "text-color": colours.soft, "text-halo-color": colours.land, "text-halo-width": 1 },
      },
    ],
  };
}

/** The point where the name of a land stands: in the middle of its largest part.  @param {any} land */
function name_land(land) {
  const { type, coordinates } = land.geometry, rings = type === "Polygon" ? [coordinates[0]] : coordinates.map((/** @type {any} */ each) => each[0]);
  let largest = { size: -1, point: [0, 0] };
  for (const ring of rings) {
    let size = 0, x = 0, y = 0;
    for (let n = 1; n < ring.length; n++) {
      const [[a, b], [c, d]] = [ring[n - 1], ring[n]], cross = a * d - c * b;
      size += cross;
      x += (a + c) * cross;
      y += (b + d) * cross;
    }
    if (Math.abs(size) > largest.size) largest = { size: Math.abs(size), point: [x / (3 * size), y / (3 * size)] };
  }
  return { type: "Feature", properties: land.properties, geometry: { type: "Point", coordinates: largest.point } };
}
