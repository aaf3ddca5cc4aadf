/// <reference lib="webworker" />
import type { Band } from "#darkroom/export/bytes.ts";
import { writeOpenExr } from "#darkroom/export/write-openexr.ts";
import { deflate, deflateBands, writePng } from "#darkroom/export/write-png.ts";
import { writeRadiance } from "#darkroom/export/write-radiance.ts";
import { writeTiff } from "#darkroom/export/write-tiff.ts";
import { type Provenance, provenanceLines, xmpPacket } from "#darkroom/export/xmp.ts";
import { decodeTile } from "#darkroom/graph/tile-format.ts";
import { joinTiles } from "#darkroom/graph/tile-grid.ts";

/** Writes files away from the page's thread, band by band: it asks for each row of tiles when it comes to it. */
declare const self: DedicatedWorkerGlobalScope;

export type ExportFormat = "png8" | "png16" | "tiff16" | "exr" | "hdr";

export type ExportRequest =
  | {
      readonly kind: "write";
      readonly format: ExportFormat;
      readonly width: number;
      readonly height: number;
      readonly side: number;
      readonly rows: number;
      readonly provenance: Provenance;
      /** Where it goes; absent: it comes back as a Blob. */
      readonly file: FileSystemFileHandle | undefined;
    }
  | { readonly kind: "row"; readonly tiles: readonly Uint8Array[] };

export type ExportAnswer =
  | { readonly kind: "row"; readonly row: number }
  | { readonly kind: "done"; readonly blob: Blob | undefined; readonly bytes: number }
  | { readonly kind: "failed"; readonly message: string };

function tell(answer: ExportAnswer): void {
  self.postMessage(answer, { transfer: [] });
}

let waiting: PromiseWithResolvers<readonly Uint8Array[]> | undefined;

self.addEventListener("message", ({ data }: MessageEvent<ExportRequest>) => {
  if (data.kind === "row") return waiting?.resolve(data.tiles);
  write(data).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : "The file could not be written.";
    tell({ kind: "failed", message });
  });
});

type Wanted = Extract<ExportRequest, { kind: "write" }>;

async function write(wanted: Wanted): Promise<void> {
  const target = await openTarget(wanted.file);
  try {
    await writeFormat(wanted, target);
  } catch (error) {
    await target.abort();
    throw error;
  }
  const blob = await target.close();
  tell({ kind: "done", blob, bytes: target.length() });
}

async function writeFormat(wanted: Wanted, { sink, patch }: Target): Promise<void> {
  const { width, height, format, provenance } = wanted;
  const xmp = xmpPacket(provenance);
  const size = { width, height };
  switch (format) {
    case "png8":
      return await writePng(size, 8, bands(wanted, toBytes), { xmp, deflateBands }, sink);
    case "png16":
      return await writePng(size, 16, bands(wanted, toWords), { xmp, deflateBands }, sink);
    case "tiff16":
      return await writeTiff(
        size,
        bands(wanted, toWords),
        { xmp, deflate },
        sink,
        async (head) => await patch(0, head),
      );
    case "exr":
      return await writeOpenExr(
        size,
        bands(wanted, toFloats),
        { samples: "half", xmp, deflate },
        sink,
        patch,
      );
    case "hdr":
      return await writeRadiance(size, bands(wanted, toFloats), provenanceLines(provenance), sink);
  }
}

type Samples = Uint8Array | Uint16Array | Float32Array;

async function* bands<T extends Samples>(
  { width, height, side, rows }: Wanted,
  convert: (samples: Samples) => T,
): AsyncGenerator<Band<T>> {
  for (let row = 0; row < rows; row += 1) {
    waiting = Promise.withResolvers();
    tell({ kind: "row", row });
    const tiles = (await waiting.promise).map((bytes, column) => ({
      at: { x: column * side, y: 0 },
      tile: decodeTile(bytes),
    }));
    const count = Math.min(side, height - row * side);
    const { samples } = joinTiles(width, count, tiles);
    yield { rows: count, samples: convert(samples) };
  }
}

function toBytes(samples: Samples): Uint8Array {
  if (samples instanceof Uint8Array) return samples;
  return Uint8Array.from(samples, (value) => Math.round(value / 257));
}

function toWords(samples: Samples): Uint16Array {
  if (samples instanceof Uint16Array) return samples;
  return Uint16Array.from(samples, (value) => value * 257);
}

function toFloats(samples: Samples): Float32Array {
  if (samples instanceof Float32Array) return samples;
  throw new RangeError("this result has no radiance");
}

interface Target {
  readonly sink: (bytes: Uint8Array) => Promise<void>;
  readonly patch: (position: number, bytes: Uint8Array) => Promise<void>;
  length(): number;
  close(): Promise<Blob | undefined>;
  abort(): Promise<void>;
}

/** A file on disk, or parts in memory where the browser gives no file. */
async function openTarget(file: FileSystemFileHandle | undefined): Promise<Target> {
  let length = 0;
  if (file === undefined) {
    const parts: { readonly at: number; readonly bytes: Uint8Array<ArrayBuffer> }[] = [];
    return {
      sink: async (bytes) => {
        parts.push({ at: length, bytes: new Uint8Array(bytes) });
        length += bytes.length;
      },
      // What is patched was written in one piece, or in several that begin there.
      patch: async (position, bytes) => {
        for (const part of parts) {
          const from = Math.max(part.at, position);
          const to = Math.min(part.at + part.bytes.length, position + bytes.length);
          if (from < to) part.bytes.set(bytes.subarray(from - position, to - position), from - part.at);
        }
      },
      length: () => length,
      close: async () => new Blob(parts.map(({ bytes }) => bytes)),
      abort: async () => void parts.splice(0),
    };
  }
  const stream = await file.createWritable();
  return {
    sink: async (bytes) => {
      await stream.write(new Uint8Array(bytes));
      length += bytes.length;
    },
    patch: async (position, bytes) => {
      await stream.write({ type: "write", position, data: new Uint8Array(bytes) });
    },
    length: () => length,
    close: async () => {
      await stream.close();
      return undefined;
    },
    abort: async () => await stream.abort(),
  };
}
