import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { inflateSync } from "node:zlib";
import { hasProgram, runProgram } from "../kernels/try-program.ts";
import type { Band } from "./bytes.ts";
import { writeOpenExr } from "./write-openexr.ts";
import { deflate, deflateBands, writePng } from "./write-png.ts";
import { writeRadiance } from "./write-radiance.ts";
import { writeTiff } from "./write-tiff.ts";
import { xmpPacket, xmpSegment } from "./xmp.ts";

const size = { width: 61, height: 45 };
const noConvert = hasProgram("convert") ? false : "ImageMagick's convert is not installed";
const provenance = {
  package: "ab".repeat(32),
  version: "1.2.0",
  tasks: ["cd".repeat(32)],
  parameters: { operator: "Reinhard", "key <value>": 0.18 },
  sources: ['the "first" & only.jpg'],
};
const xmp = xmpPacket(provenance);

const wide = Uint16Array.from({ length: 61 * 45 * 3 }, (_, index) => (index * 7919) & 0xffff);
const narrow = Uint8Array.from(wide, (value) => value >> 8);
const light = Float32Array.from(wide, (value, index) => (index % 50 === 0 ? 0 : 2 ** (value / 3000 - 10)));

/** Collects what a writer gives; `patch` changes it afterwards. */
class File {
  #bytes = Buffer.alloc(0);
  readonly sink = (bytes: Uint8Array) => {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
  };
  readonly patch = (position: number, bytes: Uint8Array) => {
    this.#bytes.set(bytes, position);
  };
  get bytes(): Buffer {
    return this.#bytes;
  }
}

/** Bands of 16 rows. */
async function* bands<Samples extends Uint8Array | Uint16Array | Float32Array>(
  all: Samples,
  last = size.height,
) {
  for (let top = 0; top < last; top += 16) {
    const rows = Math.min(16, last - top);
    // A part of an array has the array's type, which TypeScript cannot tell of the three at once.
    const samples = all.slice(top * size.width * 3, (top + rows) * size.width * 3) as Samples;
    yield { rows, samples } satisfies Band<Samples>;
  }
}

function read(file: File, format: string, depth: string): Buffer {
  return runProgram("convert", [`${format}:-`, "-depth", depth, "-endian", "LSB", "rgb:-"], file.bytes);
}

async function tiff(packed: boolean): Promise<File> {
  const file = new File();
  const options = packed ? { xmp, deflate } : { xmp };
  await writeTiff(size, bands(wide), options, file.sink, (head) => file.patch(0, head));
  return file;
}

async function png(depth: 8 | 16): Promise<File> {
  const file = new File();
  const rows = depth === 8 ? bands(narrow) : bands(wide);
  await writePng(size, depth, rows, { xmp, deflateBands }, file.sink);
  return file;
}

async function exr(samples: "half" | "float", packed: boolean): Promise<File> {
  const file = new File();
  const options = packed ? { samples, xmp, deflate } : { samples, xmp };
  await writeOpenExr(size, bands(light), options, file.sink, file.patch);
  return file;
}

test("a TIFF of 16 bits comes back sample by sample, packed or not", { skip: noConvert }, async () => {
  for (const packed of [false, true]) {
    const samples = new Uint16Array(new Uint8Array(read(await tiff(packed), "tiff", "16")).buffer);
    assert.deepEqual(samples, wide);
  }
});

test("a PNG of 8 or 16 bits comes back sample by sample", { skip: noConvert }, async () => {
  assert.deepEqual(new Uint8Array(read(await png(8), "png", "8")), narrow);
  assert.deepEqual(new Uint16Array(new Uint8Array(read(await png(16), "png", "16")).buffer), wide);
});

test("a Radiance file comes back within the precision of its eight bits", { skip: noConvert }, async () => {
  const file = new File();
  await writeRadiance(size, bands(light), ["tasks: abc"], file.sink);
  const args = [
    "hdr:-",
    "-define",
    "quantum:format=floating-point",
    "-depth",
    "32",
    "-endian",
    "LSB",
    "rgb:-",
  ];
  const samples = new Float32Array(new Uint8Array(runProgram("convert", args, file.bytes)).buffer);
  for (let pixel = 0; pixel < samples.length; pixel += 3) {
    const most = Math.max(...light.subarray(pixel, pixel + 3));
    for (let index = pixel; index < pixel + 3; index++) {
      // ImageMagick keeps what is above white only in builds with high dynamic range.
      const expected = Math.min(light[index] ?? 0, 1);
      const found = Math.min(fromSrgb(samples[index] ?? 0), 1);
      assert.ok(
        Math.abs(found - expected) <= most / 100 + 1 / 65_535,
        `sample ${index}: ${found}, not ${expected}`,
      );
    }
  }
});

test("an OpenEXR file holds every float where its table of offsets says, and the packet in its header", async () => {
  for (const packed of [false, true]) {
    const { bytes } = await exr("float", packed);
    const rows = packed ? 16 : 1;
    const chunks = Math.ceil(size.height / rows);
    const table = endOfHeader(bytes);
    assert.ok(bytes.subarray(0, table).includes(Buffer.from(xmp)));
    for (let chunk = 0; chunk < chunks; chunk++) {
      const at = Number(bytes.readBigUInt64LE(table + chunk * 8));
      assert.equal(bytes.readInt32LE(at), chunk * rows);
      const data = bytes.subarray(at + 8, at + 8 + bytes.readInt32LE(at + 4));
      const count = Math.min(rows, size.height - chunk * rows);
      const raw = data.length < count * size.width * 12 ? unpredicted(inflateSync(data)) : data;
      for (let y = 0; y < count; y++) {
        for (let x = 0; x < size.width * 3; x++) {
          const channel = 2 - Math.floor(x / size.width);
          const pixel = (chunk * rows + y) * size.width + (x % size.width);
          assert.equal(raw.readFloatLE((y * size.width * 3 + x) * 4), light[pixel * 3 + channel]);
        }
      }
    }
  }
});

test(
  "OpenEXR's own library reads what was written",
  { skip: hasProgram("exrheader", "--help") ? false : "exrheader is not installed" },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "export-"));
    try {
      const path = join(folder, "picture.exr");
      await writeFile(path, (await exr("half", true)).bytes);
      assert.match(runProgram("exrheader", [path]).toString(), /zip/);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);

test(
  "ImageMagick reads an OpenEXR file of halves or floats, packed or not",
  { skip: noConvert },
  async () => {
    for (const samples of ["half", "float"] as const) {
      for (const packed of [false, true]) {
        const file = await exr(samples, packed);
        const text = runProgram("identify", ["-format", "%w %h", "exr:-"], file.bytes).toString();
        assert.equal(text, "61 45");
      }
    }
  },
);

test("the provenance packet is well-formed XML with its markup escaped, in every format that has a place for it", async () => {
  const text = Buffer.from(xmp).toString();
  assert.ok(text.includes("the &quot;first&quot; &amp; only.jpg") && text.includes("key &lt;value&gt;=0.18"));
  for (const file of [await tiff(true), await png(16), await exr("half", false)]) {
    assert.ok(file.bytes.includes(Buffer.from(xmp)));
  }
  const segment = Buffer.from(xmpSegment(xmp));
  assert.equal(segment.readUInt16BE(2), segment.length - 2);
});

test("a writer refuses a picture that lacks rows", async () => {
  const file = new File();
  const short = writeTiff(size, bands(wide, 32), {}, file.sink, () => undefined);
  await assert.rejects(short, /lacks rows/);
  await assert.rejects(writePng(size, 16, bands(wide, 32), { deflateBands }, file.sink), /lacks rows/);
  await assert.rejects(writeRadiance(size, bands(light, 32), [], file.sink), /lacks rows/);
});

/** ImageMagick gives linear pictures out as sRGB. */
function fromSrgb(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

/** Position behind the header's attributes. */
function endOfHeader(bytes: Buffer): number {
  let at = 8;
  while (bytes[at] !== 0) {
    at = bytes.indexOf(0, bytes.indexOf(0, at) + 1) + 1;
    at += 4 + bytes.readInt32LE(at);
  }
  return at + 1;
}

/** What OpenEXR's readers do after inflating. */
function unpredicted(bytes: Buffer): Buffer {
  const sums = Buffer.from(bytes);
  for (let index = 1; index < sums.length; index++) {
    sums[index] = (sums[index - 1] ?? 0) + (sums[index] ?? 0) - 128;
  }
  const half = (sums.length + 1) >> 1;
  return Buffer.from(sums.map((_, index) => sums[(index & 1) === 0 ? index >> 1 : half + (index >> 1)] ?? 0));
}
