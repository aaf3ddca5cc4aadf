import type { InputRef, JobGraph, TaskSpec } from "#burst/graph.ts";
import { addTask, memoryFor, milliseconds, partsOf, placeOf, tileAt } from "./picture-tasks.ts";
import { type Frame, storageSide } from "./tile-grid.ts";

/** Responses that need no measurement. */
export type KnownResponse = "linear" | "srgb";

export interface ResponseOptions {
  /** Hash of the kernel package's manifest. */
  readonly packageHash: string;
  /** Frames of at most a few megapixels that lie upon each other: a level of their pyramids. */
  readonly frames: readonly Frame[];
  readonly pixelBytes: number;
  readonly exposures: readonly number[];
  readonly method: "debevec" | "robertson";
}

const responseBytes = 256 * 3 * 4 + 16;
/**
 * Debevec's lambda; larger is smoother. Exposures in equal steps leave a ripple of that period open, and nothing but smoothness closes it: with 8 the sample bracket's response
 * rippled by 0.2 stops, with 200 by 0.02.
 */
const smoothness = 200;
/** Side of the cells of which each gives one sample. */
const cell = 16;

/** The camera's response from a bracket: a result "response", which the radiance merge takes. `tasks`: earlier ones of the same job, which may make the frames. */
export function responseGraph(options: ResponseOptions, tasks: TaskSpec[] = []): JobGraph {
  const { frames, exposures } = options;
  const first = frames[0];
  if (first === undefined || frames.length < 2 || exposures.length !== frames.length) {
    throw new RangeError("a response needs two frames at least, each with its exposure");
  }
  const samples = partsOf(first.width, first.height, 4 * storageSide).flatMap((part) => {
    const pixels = part.width * part.height * frames.length;
    const outputBytes = Math.ceil((pixels * 3) / cell ** 2) + 64;
    return addTask(tasks, {
      fn: "responseSamples",
      args: [frames.length, cell],
      inputs: part.tiles.flatMap((tile) => frames.map((frame) => tileAt(frame, tile))),
      outputs: 1,
      cost: milliseconds(5 * pixels),
      memoryBytes: memoryFor(pixels * options.pixelBytes + outputBytes),
      outputBytes,
      stage: "response samples",
      place: placeOf(part),
    });
  });
  const response = addTask(tasks, {
    fn: "fitResponse",
    args: [options.method === "debevec" ? 0 : 1, smoothness, frames.length, ...exposures],
    inputs: samples,
    outputs: 1,
    cost: milliseconds(400e6),
    memoryBytes: memoryFor(16 * 1024 ** 2),
    outputBytes: responseBytes,
    stage: "response fit",
  });
  return {
    package: options.packageHash,
    tasks,
    results: response.map((from) => ({ name: "response", from })),
  };
}

/** Adds the task that writes a known response. */
export function addResponse(tasks: TaskSpec[], known: KnownResponse): InputRef {
  const [response] = addTask(tasks, {
    fn: "knownResponse",
    args: [known === "linear" ? 0 : 1],
    inputs: [],
    outputs: 1,
    cost: milliseconds(0),
    memoryBytes: memoryFor(0),
    outputBytes: responseBytes,
    stage: "response",
  });
  if (response === undefined) throw new RangeError("a task without outputs");
  return response;
}
