// A zip of texts (APPNOTE 6.3.3), deflated where the browser can.

const encoder = new TextEncoder();
const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let k = 0; k < 8; k++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

/** @param {Uint8Array} bytes */
function check(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = TABLE[(value ^ byte) & 255] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

/** @param {[string, string[]][]} files  names and the parts of their texts  @param {string} type  @returns {Promise<Blob>} */
export async function write_zip(files, type) {
  const parts = /** @type {BlobPart[]} */ ([]), entries = /** @type {Uint8Array<ArrayBuffer>[]} */ ([]);
  let at = 0;
  for (const [name, texts] of files) {
    const body = new Uint8Array(await new Blob(texts).arrayBuffer());
    const packs = "CompressionStream" in globalThis;
    const packed = packs ? new Uint8Array(await new Response(new Blob([body]).stream().pipeThrough(new CompressionStream("deflate-raw"))).arrayBuffer()) : body;
    const title = encoder.encode(name), head = new DataView(new ArrayBuffer(26));
    [20, 0x800, packs ? 8 : 0, 0, 0x21].forEach((value, n) => head.setUint16(2 * n, value, true));
    [check(body), packed.length, body.length].forEach((value, n) => head.setUint32(10 + 4 * n, value, true));
    head.setUint16(22, title.length, true);
    const common = new Uint8Array(head.buffer);
    parts.push(Uint8Array.of(0x50, 0x4b, 3, 4), common, title, packed);
    const rest = new DataView(new ArrayBuffer(14));
    rest.setUint32(10, at, true);
    entries.push(Uint8Array.of(0x50, 0x4b, 1, 2, 20, 0), common, new Uint8Array(rest.buffer), title);
    at += 30 + title.length + packed.length;
  }
  const end = new DataView(new ArrayBuffer(22)), size = entries.reduce((sum, each) => sum + each.length, 0);
  end.setUint32(0, 0x06054b50, true);
  [files.length, files.length].forEach((value, n) => end.setUint16(8 + 2 * n, value, true));
  [size, at].forEach((value, n) => end.setUint32(12 + 4 * n, value, true));
  return new Blob([...parts, ...entries, end.buffer], { type });
}
