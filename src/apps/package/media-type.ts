/**
 * What a shown file is, by its first bytes: a package's word for it is not taken, because a browser would believe it. An SVG can
 * hold scripts; whoever serves one has to forbid them (`Content-Security-Policy: sandbox`).
 */
export function mediaTypeOf(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 1024));
  for (const [type, at, magic] of magics)
    if (start.subarray(at, at + magic.length).equals(magic)) return type;
  const text = start.toString("utf8").trimStart();
  if (/^(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)*<svg[\s>]/.test(text)) return "image/svg+xml";
  if (text.includes('"bomFormat":"CycloneDX"')) return "application/vnd.cyclonedx+json";
  return start.includes(0) ? "application/octet-stream" : "text/plain; charset=utf-8";
}

const magics: readonly (readonly [string, number, Buffer])[] = [
  ["image/png", 0, Buffer.from("89504e470d0a1a0a", "hex")],
  ["image/jpeg", 0, Buffer.from("ffd8ff", "hex")],
  ["image/gif", 0, Buffer.from("GIF8")],
  ["image/webp", 8, Buffer.from("WEBP")],
  ["image/avif", 4, Buffer.from("ftypavif")],
];
