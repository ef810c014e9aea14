// The layers of a map's own points and shapes.

const NOTHING = { type: "FeatureCollection", features: [] };
const PLAIN = ["!", ["has", "point_count"]];

/** The sources of points and shapes, empty at first. */
export function list_data() {
  return {
    shapes: { type: "geojson", data: NOTHING },
    places: { type: "geojson", data: NOTHING, cluster: true, clusterRadius: 42, clusterMaxZoom: 16 },
  };
}

/** @param {ReturnType<typeof import("./map-base.js").read_colours>} colours */
export function list_layers({ mark, paper }) {
  return [
    { id: "shapes", type: "fill", source: "shapes", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": mark, "fill-opacity": 0.25 } },
    { id: "shape-lines", type: "line", source: "shapes", paint: { "line-color": mark, "line-width": ["case", ["==", ["geometry-type"], "Polygon"], 1, 3] } },
    {
      id: "clusters", type: "circle", source: "places", filter: ["has", "point_count"],
      paint: { "circle-color": mark, "circle-opacity": 0.9, "circle-stroke-color": paper, "circle-stroke-width": 2, "circle-radius": ["interpolate", ["linear"], ["log10", ["get", "point_count"]], 0.3, 13, 2, 19, 4.5, 30] },
    },
    {
      id: "cluster-counts", type: "symbol", source: "places", filter: ["has", "point_count"],
      layout: { "text-field": ["to-string", ["get", "point_count"]], "text-size": 12, "text-font": ["sans-serif"], "text-allow-overlap": true },
      paint: { "text-color": paper },
    },
    { id: "points", type: "circle", source: "places", filter: PLAIN, paint: { "circle-color": mark, "circle-stroke-color": paper, "circle-stroke-width": 1.5, "circle-radius": 6.5 } },
  ];
}
