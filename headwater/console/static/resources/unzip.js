/**
 * The files of a zip archive, each read when asked for: the browser itself inflates.
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 *
 * @param {ArrayBuffer} bytes @returns {{name: string, text: () => Promise<string>}[]}
 */
export function unzip(bytes) {
  const view = new DataView(bytes);
  let end = bytes.byteLength - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) return [];
  const files = [];
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    const [packed, name, extra, comment] = [view.getUint32(at + 20, true), view.getUint16(at + 28, true), view.getUint16(at + 30, true), view.getUint16(at + 32, true)];
    const method = view.getUint16(at + 10, true);
    const local = view.getUint32(at + 42, true);
    const title = new TextDecoder().decode(new Uint8Array(bytes, at + 46, name));
    if (!title.endsWith("/")) {
      const begin = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
      files.push({ name: title, text: () => inflated(new Uint8Array(bytes, begin, packed), method) });
    }
    at += 46 + name + extra + comment;
  }
  return files;
}

/** @param {Uint8Array<ArrayBuffer>} data @param {number} method */
function inflated(data, method) {
  const stream = new Blob([data]).stream();
  return new Response(method === 8 ? stream.pipeThrough(new DecompressionStream("deflate-raw")) : stream).text();
}
