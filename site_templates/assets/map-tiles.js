// What an archive of tiles lays under a map: PMTiles, read from the site by byte ranges; vector layers of usual names in
// the colours of the page.

import { addProtocol, PMTiles, Protocol } from "./maplibre.js";

const VECTOR = 1;

/** What a vector layer shows, by words in its name: those of Protomaps, OpenMapTiles and Japan's 最適化ベクトルタイル.
 * @type {[RegExp, string][]} */
const KINDS = [
  [/^(earth|land)$/i, "earth"], [/water|ocean|^wa$|^wrltl$|river|lake/i, "water"], [/label|place|poi|name|^anno$|housenum/i, "label"],
  [/build|^blda?$/i, "building"], [/road|transport|^rdcl$|highway|street/i, "road"], [/rail/i, "rail"], [/bound|admin|^adm/i, "border"],
  [/land|park|wood|green/i, "ground"],
];

/** The sources and layers of an archive.
 * @param {string} address  @param {string} credit  @param {ReturnType<typeof import("./map-base.js").read_colours>} colours */
export async function make_tiles(address, credit, colours) {
  const archive = new PMTiles(address), protocol = new Protocol({ metadata: true }), url = `pmtiles://${address}`;
  protocol.add(archive);
  addProtocol("pmtiles", protocol.tile);
  const { tileType } = await archive.getHeader();
  const attribution = credit.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  if (tileType !== VECTOR) {
    return {
      sources: { tiles: { type: "raster", url, tileSize: 256, attribution } },
      layers: [{ id: "sea", type: "background", paint: { "background-color": colours.sea } }, { id: "tiles", type: "raster", source: "tiles" }],
    };
  }
  const { vector_layers: told = [] } = /** @type {any} */ (await archive.getMetadata());
  const named = told.map((/** @type {any} */ { id }) => ({ id, kind: KINDS.find(([pattern]) => pattern.test(id))?.[1] ?? "other" }));
  const order = ["earth", "ground", "water", "building", "other", "road", "rail", "border", "label"];
  named.sort((/** @type {any} */ a, /** @type {any} */ b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  const ground = named.some((/** @type {any} */ { kind }) => kind === "earth") ? colours.sea : colours.land;
  return {
    sources: { tiles: { type: "vector", url, attribution } },
    layers: [{ id: "sea", type: "background", paint: { "background-color": ground } }, ...named.flatMap((/** @type {any} */ each) => list_layers(each, colours))],
  };
}

/** @param {{id: string, kind: string}} layer  @param {ReturnType<typeof import("./map-base.js").read_colours>} colours */
function list_layers({ id, kind }, colours) {
  const lang = document.documentElement.lang === "en" ? "en" : "ja";
  const all = { source: "tiles", "source-layer": id }, area = ["==", ["geometry-type"], "Polygon"], way = ["==", ["geometry-type"], "LineString"];
  const fill = (/** @type {string} */ color, opacity = 1) => ({ ...all, id: `${id}-fill`, type: "fill", filter: area, paint: { "fill-color": color, "fill-opacity": opacity } });
  const line = (/** @type {string} */ color, /** @type {any} */ width, /** @type {any} */ more = {}) => ({ ...all, id: `${id}-line`, type: "line", filter: way, paint: { "line-color": color, "line-width": width, ...more } });
  const label = {
    ...all, id: `${id}-label`, type: "symbol", filter: ["any", ["==", ["geometry-type"], "Point"], way],
    layout: { "text-field": ["coalesce", ["get", `name:${lang}`], ["get", `name_${lang}`], ["get", "name"], ["get", "vt_text"], ""], "text-size": 11, "text-font": ["sans-serif"], "text-max-width": 8 },
    paint: { "text-color": colours.soft, "text-halo-color": colours.land, "text-halo-width": 1 },
  };
  const wider = ["interpolate", ["exponential", 1.5], ["zoom"], 8, 0.5, 14, 2, 18, 10];
  switch (kind) {
    case "earth": return [fill(colours.land)];
    case "ground": return [fill(colours.line, 0.35)];
    case "water": return [fill(colours.sea), line(colours.line, 1.5)];
    case "building": return [fill(colours.line, 0.6)];
    case "road": return [line(colours.line, wider)];
    case "rail": return [line(colours.soft, 1, { "line-dasharray": [4, 2] })];
    case "border": return [line(colours.soft, 0.8, { "line-dasharray": [3, 2] })];
    case "label": return [label];
    default: return [line(colours.line, 1)];
  }
}
