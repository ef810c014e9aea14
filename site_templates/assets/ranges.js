// A published file, read over HTTP by byte ranges.
//
// All pieces are of one file: each is held against the ETag and the length of the first.  No piece is asked for by
// If-Match, as browsers leave their cache aside for that (https://fetch.spec.whatwg.org/#http-network-or-cache-fetch).

const WHOLE = 32e6;        // bytes of a file that is fetched whole where the server knows no ranges

/** What went wrong, for people: `code` is a key of the words `view_error_…`. */
export class Trouble extends Error {
  /** @param {string} code  @param {Record<string, string | number>} args */
  constructor(code, args = {}) {
    super(code);
    this.code = code;
    this.args = args;
  }
}

export class RangedFile {
  /** @param {string} url  @param {number} bytes */
  constructor(url, bytes) {
    this.url = url;
    this.bytes = bytes;
    /** @type {Uint8Array | null} */
    this.whole = null;
    /** @type {string | null} what names the file as it was when its first piece came */
    this.stamp = null;
    this.tail = new Uint8Array();
  }

  /** Fetches the last bytes, which stay.  @param {number} length  @param {AbortSignal} signal */
  async keep_tail(length, signal) {
    this.tail = await this.fetch(Math.max(this.bytes - length, 0), this.bytes, signal);
  }

  /** The bytes from `start` up to `end`.  @param {number} start  @param {number} end  @param {AbortSignal} signal */
  async fetch(start, end, signal) {
    if (this.whole) return this.whole.subarray(start, end);
    const from = this.bytes - this.tail.length;
    if (this.tail.length && start >= from) return this.tail.subarray(start - from, end - from);
    let response;
    try {
      response = await fetch(this.url, { headers: { Range: `bytes=${start}-${end - 1}` }, signal });
      if (response.status === 206) {
        this.hold(response);
        const body = new Uint8Array(await response.arrayBuffer());
        if (body.length !== end - start) throw new Trouble("changed");
        return body;
      }
      if (response.status === 200 && this.bytes <= WHOLE) {
        const body = new Uint8Array(await response.arrayBuffer());
        if (body.length !== this.bytes) throw new Trouble("changed");
        this.whole = body;
        return body.subarray(start, end);
      }
    } catch (error) {
      if (signal.aborted || error instanceof Trouble) throw error;
      throw new Trouble("fetch", { status: response?.status ?? 0 });
    }
    response.body?.cancel();
    if (response.status === 416) throw new Trouble("changed"); // it has become shorter
    throw response.status === 200 ? new Trouble("ranges") : new Trouble("fetch", { status: response.status });
  }

  /** Gives up where a piece is of another file than the first, or than the page tells of.  @param {Response} piece */
  hold({ headers }) {
    const bytes = headers.get("Content-Range")?.split("/")[1] ?? "*", stamp = headers.get("ETag") ?? headers.get("Last-Modified");
    if ((bytes !== "*" && bytes !== String(this.bytes)) || (this.stamp ?? stamp) !== stamp) throw new Trouble("changed");
    this.stamp = stamp;
  }
}
