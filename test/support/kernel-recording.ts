import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { renderAlbum } from "#darkroom/album/render-album.ts";
import { KernelPool, share, type KernelCall } from "#darkroom/album/kernel-pool.ts";
import { type Shot, takePicture } from "#darkroom/graph/bracket-scene.ts";
import { bracketOf, storeFrame } from "#darkroom/graph/fusion-world.ts";
import { fusionGraph } from "#darkroom/graph/fusion.ts";
import type { JpegSource } from "#darkroom/graph/decoded-frame.ts";
import {
  hdrAnalyseGraph,
  type HdrBracket,
  type HdrMethod,
  hdrRenderGraph,
  hdrResponseGraph,
  readHdrTransforms,
} from "#darkroom/graph/hdr.ts";
import { reduceLevel } from "#darkroom/graph/panorama-frame.ts";
import { framesOf, optionsOf, register } from "#darkroom/graph/panorama-world.ts";
import { panoramaGraph } from "#darkroom/graph/panorama.ts";
import { encodeTile } from "#darkroom/graph/tile-format.ts";
import { cutTiles } from "#darkroom/graph/tile-grid.ts";
import { usualToneMapping } from "#darkroom/graph/tone-map.ts";
import { buildKernel, type KernelName } from "#darkroom/kernels/build-kernel.ts";
import type { JobGraph, TaskSpec } from "#burst/graph.ts";
import { callKernel } from "#burst/kernel/call-kernel.ts";
import { webAssembly, type WasmModule } from "#burst/kernel/web-assembly.ts";
import type { RecordedCall } from "./kernel-replay.ts";
import { makeTexture } from "./panorama-views.ts";
import { type Blobs, type GraphRun, putBlob } from "./run-graph.ts";

const kernelNames = ["jpeg", "radiance", "fusion", "panorama", "album"] as const satisfies KernelName[];
const packageHash = "0".repeat(64);
const ofTheAbi = new Set(["allocate", "failure"]);

/** The kernels of Darkroom, each function with its module. */
export class DarkroomKernels {
  readonly #modules = new Map<KernelName, WasmModule>();
  readonly #byFunction = new Map<string, KernelName>();
  readonly binaries = new Map<KernelName, Uint8Array>();

  static async build(): Promise<DarkroomKernels> {
    const kernels = new DarkroomKernels();
    for (const name of kernelNames) {
      const binary = await buildKernel(name);
      const module = new webAssembly.Module(binary);
      kernels.binaries.set(name, binary);
      kernels.#modules.set(name, module);
      for (const { name: fn, kind } of webAssembly.Module.exports(module))
        if (kind === "function" && !ofTheAbi.has(fn)) kernels.#byFunction.set(fn, name);
    }
    return kernels;
  }

  get functions(): readonly string[] {
    return [...this.#byFunction.keys()];
  }

  named(name: KernelName): WasmModule {
    const module = this.#modules.get(name);
    if (module === undefined) throw new RangeError(`there is no kernel ${name}`);
    return module;
  }

  kernelOf(fn: string): KernelName {
    const name = this.#byFunction.get(fn);
    if (name === undefined) throw new RangeError(`no kernel has ${fn}`);
    return name;
  }

  readonly moduleOf = (fn: string): WasmModule => this.named(this.kernelOf(fn));
}

/** Calls of kernels with what they gave, and the bytes that they are about. */
export interface Recording {
  readonly calls: RecordedCall[];
  readonly blobs: Blobs;
}

/** A call of every function of every kernel: all phases of a bracket and of a panorama, and a tiny album. */
export async function recordEverything(kernels: DarkroomKernels): Promise<Recording> {
  const recording: Recording = { calls: [], blobs: new Map() };
  recordBracket(recording, kernels);
  recordSmallTiles(recording, kernels);
  recordPanorama(recording, kernels);
  const pool = new RecordingPool(recording, kernels);
  await renderAlbum(pool, { scale: 1 / 40, samples: 2, cells: 128 });
  return recording;
}

/** Writes it as `replayCalls` loads it. */
export async function writeRecording(
  { calls, blobs }: Recording,
  kernels: DarkroomKernels,
  folder: string,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "calls.json"), JSON.stringify(calls));
  for (const [name, binary] of kernels.binaries) await writeFile(join(folder, `${name}.wasm`), binary);
  const needed = new Set(calls.flatMap(({ inputs }) => inputs));
  for (const hash of needed) await writeFile(join(folder, hash), blobs.get(hash) ?? new Uint8Array());
}

function recordCall(
  { calls, blobs }: Recording,
  kernels: DarkroomKernels,
  { fn, args }: Pick<TaskSpec, "fn" | "args">,
  inputs: readonly Uint8Array[],
): Uint8Array<ArrayBuffer>[] {
  const outputs = callKernel(kernels.moduleOf(fn), fn, args, inputs);
  calls.push({
    kernel: kernels.kernelOf(fn),
    fn,
    args,
    inputs: inputs.map((bytes) => putBlob(blobs, bytes).blob),
    outputs: outputs.map((bytes) => createHash("sha256").update(bytes).digest("hex")),
  });
  return outputs;
}

/** Runs a graph, each call recorded. */
function recordGraph(recording: Recording, kernels: DarkroomKernels, graph: JobGraph): GraphRun {
  const outputs: Uint8Array[][] = [];
  const bytesOf = (from: JobGraph["results"][number]["from"]): Uint8Array => {
    const bytes = "blob" in from ? recording.blobs.get(from.blob) : outputs[from.task]?.[from.output];
    if (bytes === undefined) throw new Error(`nothing is there for ${JSON.stringify(from)}`);
    return bytes;
  };
  for (const task of graph.tasks)
    outputs.push(recordCall(recording, kernels, task, task.inputs.map(bytesOf)));
  return { outputs, results: new Map(graph.results.map(({ name, from }) => [name, bytesOf(from)])) };
}

function resultOf(run: GraphRun, name: string): Uint8Array {
  const bytes = run.results.get(name);
  if (bytes === undefined) throw new Error(`the graph gave no ${name}`);
  return bytes;
}

const size = { width: 400, height: 300 };
const shots: readonly (Partial<Shot> & { readonly exposure: number })[] = [
  { exposure: 0.25, x: 5.2, y: -3.6, angle: 0.006, mover: { u: 0.3, v: 0.4 } },
  { exposure: 1, mover: { u: 0.5, v: 0.4 } },
  { exposure: 4, x: -7.4, y: 2.3, angle: -0.004, mover: { u: 0.7, v: 0.4 } },
];

/** A hand-held bracket in which something moves, as JPEG files. */
export function makeBracket(recording: Recording, kernels: DarkroomKernels): HdrBracket {
  const photos = shots.map((shot, seed): JpegSource => {
    const tiles = cutTiles(takePicture({ ...size, seed, ...shot }), 64).map(encodeTile);
    const args = [size.width, size.height, 95, 0, 0, size.height, size.height, 64];
    const file = Buffer.concat(recordCall(recording, kernels, { fn: "encodeJpeg", args }, tiles));
    return {
      kind: "jpeg",
      ...size,
      file: putBlob(recording.blobs, file),
      orientation: 1,
      isProgressive: false,
    };
  });
  return { packageHash, photos, exposures: shots.map(({ exposure }) => exposure), reference: 1 };
}

export const fusionMethod: HdrMethod = {
  kind: "fusion",
  weights: { contrast: 1, saturation: 1, exposure: 1 },
  normalise: { blackPercent: 1, whitePercent: 1 },
};

function recordBracket(recording: Recording, kernels: DarkroomKernels): void {
  const bracket = makeBracket(recording, kernels);
  const analysed = recordGraph(recording, kernels, hdrAnalyseGraph(bracket));
  const transforms = readHdrTransforms(resultOf(analysed, "transforms"), bracket);
  const fitted = recordGraph(recording, kernels, hdrResponseGraph({ ...bracket, transforms }));
  const response = putBlob(recording.blobs, resultOf(fitted, "response"));
  const operators = [
    { kind: "reinhard", white: 0 },
    { kind: "drago", bias: 0.85 },
    { kind: "durand", contrast: 5 },
  ] as const;
  const methods: HdrMethod[] = operators.map((operator) => ({
    kind: "radiance",
    tone: { ...usualToneMapping, operator, local: operator.kind === "durand" },
    keepRadiance: false,
  }));
  for (const method of [fusionMethod, ...methods]) {
    const common = { ...bracket, transforms, response, ghosts: "medium" as const, method, level: 0 };
    recordGraph(recording, kernels, hdrRenderGraph({ ...common, output: "u16", tile: 256 }).graph);
  }
}

/** So many tiles that their histograms are added up in a tree. */
function recordSmallTiles(recording: Recording, kernels: DarkroomKernels): void {
  const frames = bracketOf(2, 200, 160, 7).map((picture) => storeFrame(recording.blobs, picture));
  const weights = { contrast: 1, saturation: 1, exposure: 1 };
  const normalise = { blackPercent: 1, whitePercent: 1 };
  const cut = { tile: 32, cut: 2 };
  recordGraph(
    recording,
    kernels,
    fusionGraph({ packageHash, frames, weights, output: "u8", normalise, ...cut }),
  );
}

function recordPanorama(recording: Recording, kernels: DarkroomKernels): void {
  const { blobs } = recording;
  const base = { focal: 190, width: 200, height: 150, pitch: 0, roll: 0, gain: 1 };
  const views = [-0.2, 0.2].map((yaw) => ({ ...base, yaw }));
  const frames = framesOf(blobs, makeTexture(1200, 0.4), views);
  const registered = register(kernels.moduleOf, blobs, frames);
  recordGraph(recording, kernels, registered.registration.graph);
  for (const projection of ["cylindrical", "spherical", "rectilinear"] as const)
    recordGraph(recording, kernels, panoramaGraph(packageHash, optionsOf(registered, projection)).graph);
  const tasks: TaskSpec[] = [];
  for (const { full } of frames) reduceLevel(tasks, full, 2);
  recordGraph(recording, kernels, { package: packageHash, tasks, results: [] });
}

/** Calls in this thread, and records. */
class RecordingPool extends KernelPool {
  readonly #recording: Recording;
  readonly #kernels: DarkroomKernels;

  constructor(recording: Recording, kernels: DarkroomKernels) {
    super({ modules: { album: kernels.named("album"), jpeg: kernels.named("jpeg") } }, 0);
    this.#recording = recording;
    this.#kernels = kernels;
  }

  override async call(call: KernelCall): Promise<SharedArrayBuffer> {
    const inputs = call.inputs.map((input) => new Uint8Array(input).slice());
    const [output = new Uint8Array()] = recordCall(this.#recording, this.#kernels, call, inputs);
    return await Promise.resolve(share(output));
  }
}
