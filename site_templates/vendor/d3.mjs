// Scales, round steps of axes, periods of time and lines of charts, for `assets/chart-draw.js`.
export { scaleBand, scaleLinear, scaleUtc } from "d3-scale";
export { line } from "d3-shape";
export { utcDay, utcMonth, utcYear } from "d3-time";
