// The rows of a map that stands on a page without its table: read, and nothing else.

/** @typedef {import("./table-filter.js").Column} Column */

export class Reader {
  /** @param {HTMLElement} figure */
  constructor(figure) {
    this.element = figure;
    this.state = { search: "", filters: /** @type {any[]} */ ([]) };
    this.columns = JSON.parse(figure.dataset.columns ?? "[]").map((/** @type {any[]} */ [name, title, unit]) => ({ name, title, unit }));
    this.worker = new Worker(new URL("./view-worker.js", import.meta.url), { type: "module" });
    /** @type {Map<number, (data: any) => void>} */
    this.waiting = new Map();
    this.asked = 0;
    this.worker.onmessage = ({ data }) => {
      this.waiting.get(data.id)?.(data);
      this.waiting.delete(data.id);
    };
    this.worker.onerror = () => {
      for (const answer of this.waiting.values()) answer({ trouble: "worker" });
    };
  }

  /** @param {any} question  @returns {Promise<any>} */
  ask(question) {
    const { parquet = "", bytes } = this.element.dataset, id = ++this.asked;
    this.worker.postMessage({ id, url: new URL(parquet, location.href).href, bytes: Number(bytes), ...question });
    return new Promise((answer) => this.waiting.set(id, answer));
  }

  shown() {
    return this.columns;
  }

  change() {}
}
