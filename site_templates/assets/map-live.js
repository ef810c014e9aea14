// The map that can be moved: points of the table's rows in clusters, what stands behind each, the table filtered by what
// is in view, and what is near.

import { make } from "./element.js";
import { read_address, write_at } from "./map-address.js";
import { make_base, read_colours } from "./map-base.js";
import { draw_by, make_choice } from "./map-by.js";
import { make_list } from "./map-list.js";
import { open_records } from "./map-popup.js";
import { list_data, list_layers } from "./map-style.js";
import { AttributionControl, Map, Marker, NavigationControl, ScaleControl, setWorkerUrl } from "./maplibre.js";

/** @typedef {import("./map-base.js").Say} Say */
/** @typedef {import("./map-points.js").Found} Found */
/** @typedef {import("./table-filter.js").Filter} Filter */
/** @typedef {{ask(question: any): Promise<any>, columns: any[], shown(): any[], state: any, change(change: any, what?: string): any, element: HTMLElement}} View */

const MOST = 50_000;   // points that are drawn
const PAUSE = 300;     // milliseconds after a move before the table follows
const NEAREST = 20;    // places that are listed

/** @param {HTMLElement} figure  @param {Say} say */
export async function start(figure, say) {
  const live = new LiveMap(figure, say, await find_view(figure));
  await Promise.all([new URL("./maplibre.css", import.meta.url), new URL("./map.css", import.meta.url)].map(load_style));
  await live.draw();
}

/** @param {URL} address */
function load_style(address) {
  if (document.querySelector(`link[href="${address.href}"]`)) return null;
  const link = make("link", { rel: "stylesheet", href: address.href });
  const loaded = new Promise((done) => {
    for (const event of ["load", "error"]) link.addEventListener(event, done);
  });
  document.head.append(link);
  return loaded;
}

/** The view of the table on the same page; where there is none, one that only reads.  @param {HTMLElement} figure  @returns {Promise<View>} */
async function find_view(figure) {
  const element = /** @type {HTMLElement | null} */ (document.querySelector(`[data-view="${CSS.escape(figure.dataset.map ?? "")}"]`));
  if (element) return (await import("./table.js")).start(element);
  return new (await import("./map-reader.js")).Reader(figure);
}

export class LiveMap {
  /** @param {HTMLElement} figure  @param {Say} say  @param {View} view */
  constructor(figure, say, view) {
    this.figure = figure;
    this.say = say;
    this.view = view;
    const { place, box, where, by } = JSON.parse(figure.dataset.play ?? "{}");
    /** @type {[string, string][]} */
    this.choices = by ?? [];
    /** @type {string[]} how the rows are placed, and the columns with that */
    this.place = place;
    this.box = box;
    /** @type {Filter[]} */
    this.where = Object.entries(where ?? {}).map(([column, value]) => ({ column, op: "in", value: [String(value)] }));
    this.status = /** @type {HTMLElement} */ (figure.querySelector(".map-status"));
    /** @type {Found} */
    this.found = { lon: [], lat: [], row: [], shapes: [], count: 0, read: 0, missing: 0, more: [] };
    /** @type {[number, number] | null} where the reader is */
    this.me = null;
    this.points = this.turn = 0;
    this.name = figure.dataset.figure ?? "";
    /** @type {{how: string, column: string} | null} the column by which points are coloured or sized */
    this.by = read_address(this.name, this.choices).by;
    /** Whether the table's own rows are placed as those of the map. */
    this.linked = view.element !== figure && JSON.stringify(JSON.parse(view.element.dataset.place || "[]")) === JSON.stringify(place);
  }

  async draw() {
    const { say } = this, colours = read_colours();
    setWorkerUrl(new URL("./maplibre-worker.js", import.meta.url).href);
    const base = await this.find_base(colours);
    this.element = make("div", { className: "map-live" });
    this.figure.querySelector(".map-box")?.append(this.element);
    this.figure.classList.add("live");
    const within = this.within(), [west, south, east, north] = within ? String(within.value).split(",").map(Number) : this.box;
    const { at } = read_address(this.name, this.choices), whole = { bounds: [[west, south], [east, north]], fitBoundsOptions: { padding: within ? 0 : 36, maxZoom: 15 } };
    const map = this.map = new Map({
      container: this.element, ...(within ? whole : at ?? whole),
      style: { version: 8, sources: { ...base.sources, ...list_data() }, layers: [...base.layers, ...list_layers(colours)] },
      attributionControl: false, fadeDuration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 300, cooperativeGestures: true, dragRotate: false, pitchWithRotate: false, touchPitch: false, maxZoom: 19,
      localIdeographFontFamily: getComputedStyle(document.body).fontFamily, locale: this.list_words(),
    });
    map.touchZoomRotate.disableRotation();
    map.keyboard.disableRotation();
    map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    map.addControl(new ScaleControl({ unit: "metric" }), "top-left");
    map.addControl(new AttributionControl({ compact: false }), "bottom-right");
    map.on("error", (/** @type {any} */ event) => console.warn(event.error));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.recolour());
    await new Promise((done) => map.once("load", done));
    this.draw_tools();
    for (const layer of ["clusters", "points", "shapes", "shape-lines"]) {
      map.on("mouseenter", layer, () => (map.getCanvas().style.cursor = "pointer"));
      map.on("mouseleave", layer, () => (map.getCanvas().style.cursor = ""));
    }
    map.on("click", (/** @type {any} */ event) => this.press(event));
    map.on("moveend", (/** @type {any} */ event) => this.follow(Boolean(event.originalEvent)));
    addEventListener("popstate", () => this.go_back());
    this.view.element.addEventListener("filtered", () => this.adopt());
    await this.load();
    if (this.sampled && (within || at)) await this.load();
  }

  /** What lies under the points: the operator's tiles, or outlines where there are none or they can't be read.
   * @param {ReturnType<typeof read_colours>} colours */
  async find_base(colours) {
    const { tiles, credit = "" } = this.figure.dataset;
    if (!tiles) return make_base(this.say, colours);
    try {
      return await (await import("./map-tiles.js")).make_tiles(new URL(tiles, location.href).href, credit, colours);
    } catch (error) {
      console.warn(error);
      return make_base(this.say, colours);
    }
  }

  list_words() {
    const { say } = this;
    return {
      "Map.Title": say("title"), "NavigationControl.ZoomIn": say("closer"), "NavigationControl.ZoomOut": say("farther"), "Popup.Close": say("close"),
      "CooperativeGesturesHandler.WindowsHelpText": say("wheel"), "CooperativeGesturesHandler.MacHelpText": say("wheel_mac"), "CooperativeGesturesHandler.MobileHelpText": say("fingers"),
      "ScaleControl.Meters": "m", "ScaleControl.Kilometers": "km", "Marker.Title": say("here"),
    };
  }

  /** Takes on the colours of the scheme that was changed to. */
  async recolour() {
    const colours = read_colours(), base = await this.find_base(colours);
    for (const { id, paint } of [...base.layers, ...list_layers(colours)]) {
      for (const [name, value] of Object.entries(paint ?? {})) if (this.map?.getLayer(id)) this.map.setPaintProperty(id, name, value);
    }
    if (this.by) this.load();
  }

  draw_tools() {
    const { say } = this;
    this.only = make("input", { type: "checkbox", checked: Boolean(this.within()) });
    this.only.addEventListener("change", () => this.filter());
    const near = make("button", { type: "button", className: "button quiet" }, say("near"));
    near.addEventListener("click", () => this.ask_position());
    const whole = make("button", { type: "button", className: "button quiet" }, say("whole"));
    whole.addEventListener("click", () => this.show_whole());
    this.choice = make_choice(this, this.choices);
    this.figure.querySelector(".map-tools")?.replaceChildren(...(this.linked ? [make("label", { className: "view-choice" }, this.only, " ", say("only"))] : []), near, whole, ...this.choice?.elements ?? []);
    this.listed = make("ol", { className: "map-list" });
    this.list = make("details", { className: "map-places" }, make("summary", {}, say("list")), this.listed);
    this.list.addEventListener("toggle", () => this.fill_list());
    this.legend = make("ul", { className: "map-legend", hidden: true, ariaLabel: say("by") });
    this.figure.querySelector(".map-after")?.replaceChildren(this.legend, this.list);
  }

  // ---- which rows ----------------------------------------------------------------------------------------------------

  /** The table's condition "in this part of the map".  @returns {Filter | undefined} */
  within() {
    return this.view.state.filters.find((/** @type {Filter} */ each) => each.op === "within");
  }

  /** The part of the earth that is in view: west, south, east, north. */
  seen() {
    const bounds = /** @type {any} */ (this.map).getBounds(), spell = (/** @type {number} */ value, /** @type {number} */ most) => Math.max(-most, Math.min(most, Number(value.toFixed(5))));
    return [spell(bounds.getWest(), 180), spell(bounds.getSouth(), 90), spell(bounds.getEast(), 180), spell(bounds.getNorth(), 90)];
  }

  /** Filters the table by what is in view, or no longer. */
  filter() {
    write_at(this.name, this.only?.checked ? null : this.map);
    const rest = this.view.state.filters.filter((/** @type {Filter} */ each) => each.op !== "within");
    const within = { column: this.place[1], op: "within", value: this.seen().join(","), place: this.place };
    this.view.change({ filters: this.only?.checked ? [...rest, within] : rest }, "map");
  }

  /** Does what a move asks for: the table or else the address follows, a sample becomes finer, the list is of what is seen.
   * @param {boolean} moved  whether the reader moved it */
  follow(moved) {
    clearTimeout(this.soon);
    this.moved ||= moved;
    this.soon = setTimeout(() => {
      if (this.only?.checked && this.linked) this.filter();
      else if (this.moved) write_at(this.name, this.map);
      this.moved = false;
      if (this.sampled) this.load();
      else this.tell();
      this.fill_list();
    }, PAUSE);
  }

  /** Leaves the table to what it shows next: a move that is under way (the map comes to a popup) changes it no more. */
  stop_following() {
    clearTimeout(this.soon);
    if (this.only) this.only.checked = false;
  }

  /** Takes on the filters of the table; without a word where they are the same as before. */
  adopt() {
    if (this.only) this.only.checked = Boolean(this.within());
    if (this.loaded !== this.describe()) this.load();
  }

  /** Shows what the address says, after "Back" or "Forward". */
  go_back() {
    const { by, at } = read_address(this.name, this.choices), map = /** @type {any} */ (this.map);
    if (at && !this.within()) map.jumpTo(at);
    if (JSON.stringify(by) === JSON.stringify(this.by)) return;
    this.by = by;
    this.choice?.show();
    this.load();
  }

  describe() {
    const { search, filters } = this.view.state;
    return JSON.stringify([search, filters.filter((/** @type {Filter} */ each) => each.op !== "within")]);
  }

  /** Reads where the rows are.  @param {number[] | null} box  of a part of the earth alone */
  async load(box = this.sampled ? this.seen() : null) {
    const turn = ++this.turn, told = this.describe(), { search, filters } = this.view.state;
    const rest = JSON.parse(JSON.stringify(filters.filter((/** @type {Filter} */ each) => each.op !== "within")));
    const part = box ? [{ column: this.place[1], op: "within", value: box.join(","), place: this.place }] : [];
    const answer = await this.view.ask({ ask: "places", query: { search, filters: [...rest, ...this.where, ...part] }, wish: { place: this.place, more: this.by ? [this.by.column] : [], most: MOST } });
    if (turn !== this.turn) return;
    if (!answer.found) {
      this.status.textContent = this.say("unread");
      return;
    }
    [this.loaded, this.found] = [told, answer.found];
    if (!box) this.sampled = this.found.read < this.found.count;
    this.points = this.found.row.length; // after them come the middles of shapes, which are listed and not drawn
    const points = this.found.row.map((_, n) => ({ type: "Feature", properties: { n }, geometry: { type: "Point", coordinates: [this.found.lon[n], this.found.lat[n]] } }));
    const shapes = this.found.shapes.map(({ geometry }, n) => ({ type: "Feature", properties: { n }, geometry }));
    for (const { row, box: [west, south, east, north] } of this.found.shapes) {
      this.found.row.push(row);
      this.found.lon.push((west + east) / 2);
      this.found.lat.push((south + north) / 2);
    }
    draw_by(this, points, this.found.more[0] ?? []);
    /** @type {any} */ (this.map?.getSource("places")).setData({ type: "FeatureCollection", features: points });
    /** @type {any} */ (this.map?.getSource("shapes")).setData({ type: "FeatureCollection", features: shapes });
    this.tell();
    this.fill_list();
  }

  /** The points in view: their numbers in `found`. */
  list_seen() {
    const [west, south, east, north] = this.seen(), { lon, lat, shapes } = this.found, seen = /** @type {number[]} */ ([]);
    for (let n = 0; n < lon.length; n++) {
      const [w, s, e, h] = shapes[n - this.points]?.box ?? [lon[n], lat[n], lon[n], lat[n]];
      if (e >= west && w <= east && h >= south && s <= north) seen.push(n);
    }
    return seen;
  }

  tell() {
    const { say, found } = this, drawn = found.lon.length;
    const words = [!found.count ? say("none") : found.read < found.count ? say("sampled", { n: found.count, drawn }) : say("all", { n: drawn })];
    if (found.missing) words.push(say("missing", { n: found.missing }));
    if (found.lon.length) words.push(say("seen", { n: this.list_seen().length }));
    if (this.me && found.lon.length) words.push(say("near_told"));
    this.status.textContent = words.join(say("stop"));
  }

  show_whole() {
    const { lon, lat, shapes } = this.found, [west, south, east, north] = this.box, plain = !lon.length || this.sampled || shapes.length;
    const ends = plain ? [west, south, east, north] : [lon.reduce((a, b) => Math.min(a, b)), lat.reduce((a, b) => Math.min(a, b)), lon.reduce((a, b) => Math.max(a, b)), lat.reduce((a, b) => Math.max(a, b))];
    if (!this.only?.checked) write_at(this.name, null);
    this.map?.fitBounds([[ends[0], ends[1]], [ends[2], ends[3]]], { padding: 36, maxZoom: 15 });
  }

  // ---- what stands behind a point ----------------------------------------------------------------------------------------

  /** @param {any} event */
  async press({ point, lngLat, originalEvent }) {
    const map = /** @type {any} */ (this.map), near = [[point.x - 6, point.y - 6], [point.x + 6, point.y + 6]];
    const [hit] = map.queryRenderedFeatures(near, { layers: ["clusters", "points"] });
    if (!hit) {
      const shapes = map.queryRenderedFeatures(near, { layers: ["shapes", "shape-lines"] });
      const rows = [...new Set(shapes.map((/** @type {any} */ each) => this.found.shapes[each.properties.n]?.row))].filter((row) => row !== undefined);
      if (rows.length) await open_records(this, rows, [lngLat.lng, lngLat.lat]);
      return;
    }
    if (!hit.properties.cluster) return this.open(hit.properties.n);
    const source = map.getSource("places"), leaves = await source.getClusterLeaves(hit.properties.cluster_id, 100, 0);
    const numbers = leaves.map((/** @type {any} */ each) => each.properties.n), { lon, lat } = this.found;
    if (numbers.length === hit.properties.point_count && numbers.every((/** @type {number} */ n) => lon[n] === lon[numbers[0]] && lat[n] === lat[numbers[0]])) return this.open(numbers[0]);
    map.easeTo({ center: hit.geometry.coordinates, zoom: await source.getClusterExpansionZoom(hit.properties.cluster_id) }, { originalEvent });
  }

  /** Opens what stands at a point: every row there.  @param {number} n  its number in `found` */
  open(n) {
    const { lon, lat, row } = this.found, rows = row.filter((_, m) => lon[m] === lon[n] && lat[m] === lat[n]);
    return open_records(this, rows, [lon[n], lat[n]]);
  }

  async fill_list() {
    if (!this.list?.open || !this.listed) return;
    const turn = this.filling = (this.filling ?? 0) + 1, from = this.me ?? /** @type {any} */ (this.map).getCenter().toArray();
    const made = await make_list(this, this.me ? this.found.lon.map((_, n) => n) : this.list_seen(), from, NEAREST);
    if (turn !== this.filling) return;
    const focused = /** @type {HTMLElement | null} */ (this.listed.contains(document.activeElement) ? document.activeElement : null);
    this.listed.replaceChildren(...made);
    if (focused) this.focus_listed(focused.dataset.n);
  }

  /** Puts the focus on a place of the list again, which was made anew; on the list where it isn't there any more.  @param {string | undefined} n */
  focus_listed(n) {
    const place = /** @type {HTMLElement | null | undefined} */ (this.listed?.querySelector(`[data-n="${n}"]`) ?? this.list?.querySelector("summary"));
    place?.focus({ preventScroll: true });
  }

  // ---- what is near ------------------------------------------------------------------------------------------------------

  /** Asks the browser where the reader is, which only the reader's press does. */
  ask_position() {
    const { say } = this;
    if (!isSecureContext || !navigator.geolocation) {
      this.status.textContent = say("near_insecure");
      return;
    }
    this.status.textContent = say("near_asked");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => this.show_near([coords.longitude, coords.latitude]),
      ({ code }) => {
        this.status.textContent = say(code === 1 ? "near_refused" : "near_unknown");
      }, { timeout: 20_000, maximumAge: 60_000 });
  }

  /** @param {[number, number]} me */
  async show_near(me) {
    const map = /** @type {any} */ (this.map);
    this.me = me;
    this.marker ??= new Marker({ color: read_colours().me });
    this.marker.setLngLat(me).addTo(map);
    if (this.sampled) await this.load([me[0] - 0.2, me[1] - 0.2, me[0] + 0.2, me[1] + 0.2]);
    if (this.list) this.list.open = true;
    await this.fill_list();
    const { lon, lat } = this.found, near = [...this.listed?.querySelectorAll("[data-n]") ?? []].slice(0, 5).map((each) => Number(/** @type {HTMLElement} */ (each).dataset.n));
    const [x, y] = [[me[0], ...near.map((n) => lon[n])], [me[1], ...near.map((n) => lat[n])]];
    map.fitBounds([[Math.min(...x), Math.min(...y)], [Math.max(...x), Math.max(...y)]], { padding: 50, maxZoom: 16 });
    this.tell();
  }
}
