// What the address says of a map, for whoever gets the link: `figure-places-points-1.by=colour.ward` and, once the reader
// has moved it, `figure-places-points-1.at=12.5/35.69/139.7` (zoom, latitude, longitude).  A move to where the reader is
// isn't told.

/** @typedef {{how: string, column: string}} By */

/** @param {string} name  of the chart  @param {[string, string][]} choices  how points may be drawn, and by which columns */
export function read_address(name, choices) {
  const query = new URLSearchParams(location.search), told = query.get(`figure-${name}.by`);
  const chosen = choices.find(([how, column]) => told === `${how}.${column}`);
  const [zoom, lat, lon] = (query.get(`figure-${name}.at`) ?? "").split("/").map((each) => (each ? Number(each) : NaN));
  const sound = zoom >= 0 && zoom <= 22 && Math.abs(lat) <= 85 && Math.abs(lon) <= 180;
  return { by: chosen ? { how: chosen[0], column: chosen[1] } : null, at: sound ? { zoom, center: /** @type {[number, number]} */ ([lon, lat]) } : null };
}

/** @param {string} name  @param {By | null} by */
export function write_by(name, by) {
  write(`figure-${name}.by`, by ? `${by.how}.${by.column}` : "");
}

/** @param {string} name  @param {any} map  the map whose place is told; null where that goes without saying */
export function write_at(name, map) {
  const { lng = 0, lat = 0 } = map?.getCenter().wrap() ?? {};
  write(`figure-${name}.at`, map ? [map.getZoom().toFixed(2), lat.toFixed(5), lng.toFixed(5)].map(Number).join("/") : "");
}

/** @param {string} key  @param {string} value  "" for none */
function write(key, value) {
  const query = new URLSearchParams(location.search);
  if ((query.get(key) ?? "") === value) return;
  if (value) query.set(key, value);
  else query.delete(key);
  const text = query.toString().replaceAll("%2F", "/");
  history.replaceState(history.state, "", `${location.pathname}${text ? `?${text}` : ""}${location.hash}`);
  document.dispatchEvent(new Event("chart-address"));
}
