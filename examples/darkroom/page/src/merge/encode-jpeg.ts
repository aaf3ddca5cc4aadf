import type { TaskSpec } from "#burst/graph.ts";
import { concatenate } from "#darkroom/export/bytes.ts";
import { xmpSegment } from "#darkroom/export/xmp.ts";
import type { Engine } from "../engine/engine.ts";
import { runLocally } from "../engine/local-run.ts";
import { tilePainter } from "../engine/tile-painter.ts";
import { bandRowsOf } from "./jpeg-bands.ts";
import { type ResultTiles, tileBytesOf } from "./result-tiles.ts";

/** Start of image: what a file begins with, and where a segment can follow. */
const startBytes = 2;
const bytesPerPixel = 3;

/** A JPEG file of a result, 4:4:4, by the page's own workers, with its provenance. */
export async function encodeJpeg(
  engine: Engine,
  tiles: ResultTiles,
  quality: number,
  xmp: Uint8Array,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const { width, height, side } = tiles;
  const { blobs, kernels } = engine;
  const bandRows = bandRowsOf(width, height, side);
  const tasks: TaskSpec[] = [];
  for (const [row, hashes] of tiles.rows.entries()) {
    const strips: (readonly Uint8Array<ArrayBuffer>[])[] = [];
    for (const hash of hashes) strips.push(await tilePainter.narrow(tileBytesOf(blobs, hash), bandRows));
    for (const [band] of (strips[0] ?? []).entries()) {
      const inputs = [];
      for (const strip of strips.flatMap((one) => one[band] ?? [])) {
        const kept = await blobs.add(strip);
        blobs.hold(kept.blob);
        inputs.push(kept);
      }
      const top = row * side + band * bandRows;
      const rows = Math.min(bandRows, height - top);
      const pixels = width * rows;
      tasks.push({
        fn: "encodeJpeg",
        args: [width, height, quality, 0, top, rows, bandRows, side],
        inputs,
        outputs: 1,
        cost: 2 + pixels / 20_000,
        memoryBytes: 8 * 1024 ** 2 + pixels * bytesPerPixel * 4,
        outputBytes: pixels,
        stage: "encode",
      });
    }
  }
  const results = tasks.map((_, task) => ({ name: `${task}`, from: { task, output: 0 } }));
  try {
    const pieces = await runLocally({ package: kernels.packageHash, tasks, results }, { ...engine, signal });
    const file = concatenate(results.map(({ name }) => tileBytesOf(blobs, pieces.get(name) ?? "")));
    return new Uint8Array(
      concatenate([file.subarray(0, startBytes), xmpSegment(xmp), file.subarray(startBytes)]),
    );
  } finally {
    for (const { inputs } of tasks)
      for (const input of inputs) if ("blob" in input) blobs.release(input.blob);
  }
}
