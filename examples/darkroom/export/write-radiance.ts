import { ascii, RowCount, type Band, type PictureSize, type Sink } from "./bytes.ts";

/**
 * Writes Radiance HDR (RGBE, G. Ward, "Real pixels", Graphics Gems II): 8 bits of mantissa for each colour and one exponent,
 * run-length encoded. `notes` become comment lines of the header, which has no other place for provenance.
 */
export async function writeRadiance(
  size: PictureSize,
  bands: AsyncIterable<Band<Float32Array>>,
  notes: readonly string[],
  sink: Sink,
): Promise<void> {
  const count = new RowCount(size);
  const comments = notes.map((note) => `# ${note.replaceAll(/[^\x20-\x7e]/gu, "?")}\n`).join("");
  await sink(ascii(`#?RADIANCE\n${comments}FORMAT=32-bit_rle_rgbe\n\n-Y ${size.height} +X ${size.width}\n`));
  for await (const band of bands) {
    count.take(band);
    const planes = new Uint8Array(size.width * 4);
    // The new run-length scheme knows widths from 8 to 32,767; others are written flat.
    const packed = size.width >= 8 && size.width <= 32_767;
    for (let y = 0; y < band.rows; y++) {
      const row = band.samples.subarray(y * size.width * 3, (y + 1) * size.width * 3);
      fillPlanes(row, size.width, planes);
      await sink(packed ? runs(planes, size.width) : interleaved(planes, size.width));
    }
  }
  count.end();
}

const scratch = new DataView(new ArrayBuffer(4));

/** Four planes of one row: red, green, blue and the exponent that they share. */
function fillPlanes(row: Float32Array, width: number, planes: Uint8Array): void {
  for (let x = 0; x < width; x++) {
    const [r, g, b] = [finite(row[x * 3]), finite(row[x * 3 + 1]), finite(row[x * 3 + 2])];
    scratch.setFloat32(0, Math.max(r, g, b));
    // The exponent of the float's own form: the greatest mantissa then lies between 128 and 255.
    const exponent = ((scratch.getUint32(0) >>> 23) & 255) - 126;
    if (exponent <= -126) {
      for (let plane = 0; plane < 4; plane++) planes[plane * width + x] = 0;
      continue;
    }
    const scale = 256 / 2 ** exponent;
    planes[x] = r * scale;
    planes[width + x] = g * scale;
    planes[2 * width + x] = b * scale;
    planes[3 * width + x] = exponent + 128;
  }
}

/** Radiance has neither negative light nor infinities. */
function finite(value = 0): number {
  return value > 0 ? Math.min(value, 1e38) : 0;
}

function runs(planes: Uint8Array, width: number): Uint8Array {
  const out: number[] = [2, 2, width >> 8, width & 255];
  for (let plane = 0; plane < 4; plane++) {
    const bytes = planes.subarray(plane * width, (plane + 1) * width);
    let at = 0;
    while (at < width) {
      const run = runLength(bytes, at);
      if (run >= 4) {
        out.push(128 + run, bytes[at] ?? 0);
        at += run;
        continue;
      }
      const start = at;
      while (at < width && at - start < 128 && runLength(bytes, at) < 4) at++;
      out.push(at - start, ...bytes.subarray(start, at));
    }
  }
  return Uint8Array.from(out);
}

function runLength(bytes: Uint8Array, at: number): number {
  let length = 1;
  while (length < 127 && at + length < bytes.length && bytes[at + length] === bytes[at]) length++;
  return length;
}

function interleaved(planes: Uint8Array, width: number): Uint8Array {
  return Uint8Array.from(
    { length: width * 4 },
    (_, index) => planes[(index & 3) * width + (index >> 2)] ?? 0,
  );
}
