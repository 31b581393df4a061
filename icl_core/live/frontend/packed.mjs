// Reading what packing.py packed. Knows no page.

/** The header, its digest, and the bytes of the numbers, which begin a buffer of their own. */
export function read(bytes) {
  const text = (from, to) => new TextDecoder().decode(bytes.subarray(from, to));
  const headerEnd = 28 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(24, true);
  const header = JSON.parse(text(28, headerEnd));
  // Copied, because the message may start anywhere and a typed array may not.
  return { header, digest: text(0, 24), body: bytes.slice(headerEnd).buffer };
}
