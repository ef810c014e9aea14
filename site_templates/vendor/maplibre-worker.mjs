// The worker of maps: a file of its own, so that the pages' policy needs no `blob:`.  It is exported for the sake of the
// bundler, which leaves out what is imported for its effects alone.
import * as worker from "maplibre-gl/dist/maplibre-gl-worker.mjs";
export { worker };
