// What a merge of Darkroom has to be: the same graphs with the same package of kernels, run by Node.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { kernelManifestSchema } from "#api/burst-package.ts";
import type { BlobRef, InputRef, JobGraph } from "#burst/graph.ts";
import { callKernel } from "#burst/kernel/call-kernel.ts";
import { webAssembly, type WasmModule } from "#burst/kernel/web-assembly.ts";
import { taskText } from "#burst/task.ts";
import { exifSegment, withSegments } from "#darkroom/album/exif-write.ts";
import { takePicture } from "#darkroom/graph/bracket-scene.ts";
import type { JpegSource } from "#darkroom/graph/decoded-frame.ts";
import {
  hdrAnalyseGraph,
  hdrRenderGraph,
  type HdrRenderOptions,
  readHdrTransforms,
} from "#darkroom/graph/hdr.ts";
import { decodeTile, encodeTile } from "#darkroom/graph/tile-format.ts";
import { cutTiles, joinTiles } from "#darkroom/graph/tile-grid.ts";
import { type Line, maskTiles } from "#darkroom/page/src/engine/mask-tiles.ts";
import { repositoryRoot } from "#main/repository.ts";
import { type Blobs, putBlob } from "./run-graph.ts";

const dist = join(repositoryRoot, "examples/darkroom/dist/kernels");
const quality = 95;

export interface ReferenceSize {
  readonly width: number;
  readonly height: number;
}

/** RGB in 8 bits, row by row. */
export interface ReferencePicture extends ReferenceSize {
  readonly samples: Uint8Array;
  /** Ids of the tasks that made its tiles. */
  readonly taskIds: readonly string[];
}

/** A bracket in which something moves, as JPEG files, and what exposure fusion makes of it as long as nothing else is chosen. */
export class ReferenceBracket {
  readonly size: ReferenceSize;
  /** Files of cameras, from dark to bright; the one in the middle leads. */
  readonly files: readonly Uint8Array[];
  readonly #packageHash: string;
  readonly #moduleOf: (fn: string) => WasmModule;
  readonly #blobs: Blobs = new Map();
  /** What each task gave, by its id. */
  readonly #memo = new Map<string, readonly BlobRef[]>();
  readonly #lights: readonly number[];

  private constructor(
    size: ReferenceSize,
    shots: readonly {
      readonly seconds: readonly [number, number];
      readonly mover: { u: number; v: number };
    }[],
    packageHash: string,
    moduleOf: (fn: string) => WasmModule,
  ) {
    this.size = size;
    this.#packageHash = packageHash;
    this.#moduleOf = moduleOf;
    const [, still] = shots;
    const lightOf = ([over, under]: readonly [number, number]) => over / under;
    this.#lights = shots.map(({ seconds }) => lightOf(seconds));
    this.files = shots.map(({ seconds, mover }, seed) => {
      const exposure = lightOf(seconds) / lightOf(still?.seconds ?? seconds);
      return this.#jpeg(encodedShot({ ...size, seed, exposure, mover }), seconds, seed);
    });
  }

  /** The kernels are those of the package that was built last. */
  static async take(
    size: ReferenceSize,
    shots: readonly {
      readonly seconds: readonly [number, number];
      readonly mover: { u: number; v: number };
    }[],
  ): Promise<ReferenceBracket> {
    const text = await readFile(join(dist, "manifest.json"));
    const manifest = kernelManifestSchema.parse(JSON.parse(text.toString()));
    const modules = new Map<string, WasmModule>();
    for (const name of Object.keys(manifest.files))
      modules.set(name, new webAssembly.Module(await readFile(join(dist, name))));
    const moduleOf = (fn: string) => modules.get(manifest.functions[fn]?.file ?? "") ?? assert.fail(fn);
    return new ReferenceBracket(size, shots, hashOf(text), moduleOf);
  }

  /** At full size, of the files with these numbers; `painted`: lines upon the mask of each of them. */
  merged(
    output: HdrRenderOptions["output"],
    painted?: readonly (readonly Line[])[],
    used: readonly number[] = [...this.files.keys()],
  ): ReferencePicture {
    const bracket = {
      packageHash: this.#packageHash,
      photos: used.map((number) => this.#source(number)),
      exposures: used.map((number) => this.#lights[number] ?? assert.fail()),
      reference: Math.floor((used.length - 1) / 2),
    };
    const found = this.#run(hdrAnalyseGraph(bracket)).results.get("transforms");
    const { graph, width, height } = hdrRenderGraph({
      ...bracket,
      transforms: readHdrTransforms(found ?? assert.fail("no transforms"), bracket),
      response: "srgb",
      level: 0,
      output,
      painted: painted?.map((lines) => (lines.length === 0 ? undefined : this.#mask(lines))),
      method: { kind: "fusion", weights: { contrast: 1, saturation: 1, exposure: 1 } },
    });
    const { results, makers } = this.#run(graph);
    const tiles = [...results].map(([name, bytes]) => {
      const [x = 0, y = 0] = name.split(",").map(Number);
      return { at: { x, y }, tile: decodeTile(bytes) };
    });
    const samples = Uint8Array.from(joinTiles(width, height, tiles).samples, (value) =>
      output === "u8" ? value : Math.round(value / 257),
    );
    return { width, height, samples, taskIds: [...makers] };
  }

  #source(number: number): JpegSource {
    const file = putBlob(this.#blobs, this.files[number] ?? assert.fail());
    return { kind: "jpeg", ...this.size, file, orientation: 1, isProgressive: false };
  }

  #mask(lines: readonly Line[]) {
    const tiles = maskTiles({ ...this.size, level: 0, lines });
    return { ...this.size, tiles: tiles.map((tile) => putBlob(this.#blobs, tile)) };
  }

  /** Results by name, and the ids of the tasks that made them. What an earlier run made is not made again. */
  #run({ package: packageHash, tasks, results }: JobGraph) {
    const made: { readonly id: string; readonly outputs: readonly BlobRef[] }[] = [];
    const blobOf = (input: InputRef) =>
      "blob" in input ? input.blob : (made[input.task]?.outputs[input.output]?.blob ?? assert.fail());
    for (const task of tasks) {
      const inputs = task.inputs.map(blobOf);
      const id = hashOf(taskText(packageHash, task, inputs));
      const bytes = inputs.map((hash) => this.#blobs.get(hash) ?? assert.fail());
      const outputs =
        this.#memo.get(id) ??
        callKernel(this.#moduleOf(task.fn), task.fn, task.args, bytes).map((output) =>
          putBlob(this.#blobs, output),
        );
      this.#memo.set(id, outputs);
      made.push({ id, outputs });
    }
    const makers = new Set(
      results.flatMap(({ from }) => ("task" in from ? (made[from.task]?.id ?? []) : [])),
    );
    const bytesOf = (from: InputRef) => this.#blobs.get(blobOf(from)) ?? assert.fail();
    return { results: new Map(results.map(({ name, from }) => [name, bytesOf(from)])), makers };
  }

  #jpeg(tiles: readonly Uint8Array[], exposure: readonly [number, number], second: number): Uint8Array {
    const { width, height } = this.size;
    const args = [width, height, quality, 0, 0, height, height, encodedSide];
    const file = Buffer.concat(callKernel(this.#moduleOf("encodeJpeg"), "encodeJpeg", args, tiles));
    const shot = {
      ...this.size,
      make: "Darkroom",
      model: "Test",
      time: `2026-06-21T19:42:1${second}.000`,
      exposure,
      aperture: [1, 1],
      iso: 100,
      focalLength: [35, 1],
      focalLength35: 35,
      bias: [0, 1],
    } as const;
    return withSegments(file, [exifSegment(shot)]);
  }
}

const encodedSide = 64;

function encodedShot(shot: Parameters<typeof takePicture>[0]): Uint8Array[] {
  return cutTiles(takePicture(shot), encodedSide).map(encodeTile);
}

function hashOf(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}
