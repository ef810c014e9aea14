// Where the rows of a table are on the earth: the points and shapes of a map, and which of them lie in a part of it.
// Runs in the table's worker.

/** @typedef {import("./rows.js").Column} Column */
/** @typedef {{column: string, op: string, value: string | string[], place?: string[]}} Filter */
/** @typedef {[number, number, number, number]} Box  west, south, east, north */
/** @typedef {{type: string, coordinates?: any, geometries?: any[]}} Geometry */
/** @typedef {{lon: number[], lat: number[], row: number[], shapes: {row: number, geometry: Geometry, box: Box}[], count: number, read: number, missing: number, more: any[]}} Found */

const ROWS = 20_000; // rows that are read together
const RUN = 500;     // neighbouring rows that a sample takes together, as they are on the same pages
const SHAPES = 5_000_000; // signs of geometries that are passed on

/** What is told of where a row is: longitude and latitude, or a geometry; null where it is nowhere.
 * @param {string} kind  @param {any[]} values  @returns {[number, number] | Geometry | null} */
export function locate(kind, values) {
  if (values.some((value) => value === null || value === undefined || value === "")) return null;
  if (kind === "geojson") {
    try {
      const told = JSON.parse(values[0]), geometry = told?.type === "Feature" ? told.geometry : told;
      if (geometry?.type === "Point") return is_place(geometry.coordinates) ? [Number(geometry.coordinates[0]), Number(geometry.coordinates[1])] : null;
      return geometry && typeof geometry.type === "string" && bound(geometry) ? geometry : null;
    } catch {
      return null;
    }
  }
  const pair = (kind === "geopoint" ? String(values[0]).split(",") : values).map(Number);
  return is_place(pair) ? [pair[0], pair[1]] : null;
}

/** @param {any} pair */
function is_place(pair) {
  return Array.isArray(pair) && pair.length >= 2 && Math.abs(Number(pair[0])) <= 180 && Math.abs(Number(pair[1])) <= 90;
}

/** The box around a geometry; null if it has no place on the earth.  @param {Geometry} geometry  @returns {Box | null} */
export function bound(geometry) {
  const box = /** @type {Box} */ ([Infinity, Infinity, -Infinity, -Infinity]);
  let sound = true;
  const take = (/** @type {any} */ part) => {
    if (!Array.isArray(part)) sound = false;
    else if (typeof part[0] === "number") {
      if (!is_place(part)) sound = false;
      box[0] = Math.min(box[0], part[0]);
      box[1] = Math.min(box[1], part[1]);
      box[2] = Math.max(box[2], part[0]);
      box[3] = Math.max(box[3], part[1]);
    } else part.forEach(take);
  };
  if (geometry.geometries) {
    for (const each of geometry.geometries) take(each.coordinates);
  } else take(geometry.coordinates);
  return sound && box[0] <= box[2] ? box : null;
}

/** The box that a filter names.  @param {string} text  @returns {Box} */
export function read_box(text) {
  return /** @type {Box} */ (text.split(",").map(Number));
}

/** A test whether a cell lies in a box, or touches it.  @param {string} kind  @param {Box} box */
export function make_within(kind, [west, south, east, north]) {
  return (/** @type {any} */ value) => {
    const place = locate(kind, [value]);
    if (!place) return false;
    const [w, s, e, n] = Array.isArray(place) ? [place[0], place[1], place[0], place[1]] : /** @type {Box} */ (bound(place));
    return e >= west && w <= east && n >= south && s <= north;
  };
}

/** The filters that say "in this box" of a table's columns.  @param {string[]} place  @param {string} value  @returns {Filter[]} */
export function spell_within([kind, across, up], value) {
  if (kind !== "degrees") return [{ column: across, op: "within", value, place: [kind, across] }];
  const [west, south, east, north] = value.split(",");
  return [
    { column: across, op: "ge", value: west }, { column: across, op: "le", value: east },
    { column: up, op: "ge", value: south }, { column: up, op: "le", value: north },
  ];
}

/** The places of `count` rows: all of them, or runs of neighbours at even distances.  @param {number} count  @param {number} most */
export function choose_rows(count, most) {
  if (count <= most) return Uint32Array.from({ length: count }, (_, n) => n);
  const runs = Math.max(1, Math.floor(most / RUN)), step = (count - RUN) / Math.max(1, runs - 1);
  return Uint32Array.from({ length: runs * RUN }, (_, n) => Math.floor(Math.floor(n / RUN) * step) + (n % RUN));
}

/** Where the rows are, `most` of them, and the values of the columns `more` there.
 * @param {import("./rows.js").Table} table  @param {Uint32Array | null} rows
 * @param {{place: string[], more: string[], most: number}} wish  @param {AbortSignal} signal  @returns {Promise<Found>} */
export async function find_places(table, rows, { place: [kind, ...names], more, most }, signal) {
  const columns = [...names, ...more].map((name) => /** @type {Column} */ (table.columns.find((column) => column.name === name)));
  const count = rows ? rows.length : table.rows, chosen = choose_rows(count, most);
  const found = /** @type {Found} */ ({ lon: [], lat: [], row: [], shapes: [], count, read: chosen.length, missing: 0, more: more.map(() => []) });
  let signs = 0;
  for (let from = 0; from < chosen.length; from += ROWS) {
    const part = chosen.subarray(from, from + ROWS), numbers = rows ? part.map((n) => rows[n]) : part;
    const cells = await table.readRows(numbers, columns, signal);
    for (let n = 0; n < numbers.length; n++) {
      const where = locate(kind, names.map((_, c) => cells[c][n]));
      if (!where) found.missing += 1;
      else if (Array.isArray(where)) {
        found.lon.push(where[0]);
        found.lat.push(where[1]);
        found.row.push(numbers[n]);
        more.forEach((_, m) => found.more[m].push(cells[names.length + m][n]));
      } else if ((signs += String(cells[0][n]).length) <= SHAPES) found.shapes.push({ row: numbers[n], geometry: where, box: /** @type {Box} */ (bound(where)) });
      else found.read -= 1;
    }
    signal.throwIfAborted();
  }
  return found;
}
