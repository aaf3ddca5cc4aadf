import type { BlobRef, InputRef, JobGraph, TaskSpec } from "#burst/graph.ts";
import { addAlignedBracket, type Bracket, type BracketOptions } from "./aligned-bracket.ts";
import { addResponse, type KnownResponse } from "./response-graph.ts";
import { addTask, assembled, memoryFor, milliseconds, partsOf, placeOf, tileAt } from "./picture-tasks.ts";
import { type Frame, placedTilesOf, storageSide } from "./tile-grid.ts";
import { addToneMap, type ToneMapping } from "./tone-map.ts";

export interface RadianceOptions extends Omit<BracketOptions, "response" | "tile"> {
  /** Hash of the kernel package's manifest. */
  readonly packageHash: string;
  /** What `responseGraph` found, or a response that is known. */
  readonly response: BlobRef | KnownResponse;
  /** Absent: the result is radiance, tiles of f32. */
  readonly tone?: { readonly mapping: ToneMapping; readonly output: "u8" | "u16" };
  /** Whether the radiance is kept beside the mapped picture, for an export. */
  readonly keepRadiance?: boolean;
  /** Side of the parts that a task works on, a multiple of 256. It changes no bit of the result. */
  readonly tile?: number;
}

/** Nanoseconds for a pixel of one frame, as measured. */
const nanosecondsPerPixel = 25;

/**
 * The radiance of a bracket, and its tone mapping. Results "x,y" for each storage tile of the picture (of the radiance: "radiance x,y" when both are kept). A preview is the same graph
 * of smaller frames and scaled transforms.
 */
export function radianceGraph(options: RadianceOptions): JobGraph {
  const tasks: TaskSpec[] = [];
  const tile = options.tile ?? usualTile(options);
  const response =
    typeof options.response === "string" ? addResponse(tasks, options.response) : options.response;
  const bracket = addAlignedBracket(tasks, { ...options, response, tile });
  const radiance = addRadiance(tasks, bracket, { ...options, response, tile });
  const results = (frame: Frame, prefix: string): JobGraph["results"] =>
    placedTilesOf(frame).map(({ x, y, from }) => ({ name: `${prefix}${x},${y}`, from }));
  const { tone } = options;
  if (tone === undefined) return { package: options.packageHash, tasks, results: results(radiance, "") };
  const mapped = addToneMap(tasks, radiance, tone.mapping, tone.output, tile);
  return {
    package: options.packageHash,
    tasks,
    results: [
      ...results(mapped, ""),
      ...(options.keepRadiance === true ? results(radiance, "radiance ") : []),
    ],
  };
}

/** What a task of the merge holds for each pixel stays small enough for a worker of 256 MiB. */
export function usualTile({ frames, pixelBytes }: Pick<RadianceOptions, "frames" | "pixelBytes">): number {
  return frames.length * (pixelBytes + 1) > 48 ? 2 * storageSide : 4 * storageSide;
}

/** Merges frames that lie upon each other: a picture of f32, radiance relative to an exposure of 1. */
export function addRadiance(
  tasks: TaskSpec[],
  { frames, masks }: Bracket,
  options: Pick<BracketOptions, "exposures" | "reference" | "pixelBytes" | "tile"> & {
    readonly response: InputRef;
  },
): Frame {
  const { exposures, reference, response, pixelBytes } = options;
  const first = frames[0];
  if (first === undefined || exposures.length !== frames.length) {
    throw new RangeError("the bracket has no frames, or other frames than exposures");
  }
  const flags = frames.map((_, index) => (masks[index] === undefined ? 0 : 1));
  const made = partsOf(first.width, first.height, options.tile).map((part) => {
    const pixels = part.width * part.height;
    const outputBytes = pixels * 12 + part.tiles.length * 16;
    const outputs = addTask(tasks, {
      fn: "mergeRadiance",
      args: [frames.length, reference, ...exposures, ...flags],
      inputs: [
        response,
        ...part.tiles.flatMap((tile) => [
          ...frames.map((frame) => tileAt(frame, tile)),
          ...masks.flatMap((mask) => (mask === undefined ? [] : [tileAt(mask, tile)])),
        ]),
      ],
      outputs: part.tiles.length,
      cost: milliseconds(nanosecondsPerPixel * pixels * frames.length),
      memoryBytes: memoryFor(pixels * frames.length * (pixelBytes + 1) + outputBytes),
      outputBytes,
      stage: "radiance merge",
      place: placeOf(part),
    });
    return { part, outputs };
  });
  return assembled(first, made);
}
