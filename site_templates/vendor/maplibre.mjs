// Maps with clustering and popups, the protocol of one-file tile archives, and the arcs of the outlines, for
// `assets/map-live.js`.
export { addProtocol, AttributionControl, LngLatBounds, Map, Marker, NavigationControl, Popup, ScaleControl, setWorkerUrl } from "maplibre-gl";
export { PMTiles, Protocol } from "pmtiles";
export { feature, mesh } from "topojson-client";
