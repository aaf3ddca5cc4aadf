import type { FusionWeights } from "#darkroom/graph/fusion-stages.ts";
import type { GhostAmount } from "#darkroom/graph/ghost-masks.ts";
import type { ToneMapping } from "#darkroom/graph/tone-map.ts";
import type { Photo } from "../data/own-server.ts";
import type { MergePhoto, Stroke } from "./recipe.ts";

/** What a user chooses for an HDR merge. Photos are named by their hashes. */
export interface HdrParameters {
  readonly method: "fusion" | "radiance";
  readonly leftOut: readonly string[];
  /** Undefined: the middle exposure. */
  readonly reference: string | undefined;
  readonly isAligned: boolean;
  readonly weights: FusionWeights;
  /** Whether the result is stretched from black to white. */
  readonly isStretched: boolean;
  /** How the camera's response is found: by which method, or that of sRGB is taken. */
  readonly response: "debevec" | "robertson" | "srgb";
  readonly operator: ToneMapping["operator"]["kind"];
  readonly white: number;
  readonly bias: number;
  readonly contrast: number;
  readonly isLocal: boolean;
  readonly exposure: number;
  readonly saturation: number;
  readonly ghosts: "none" | GhostAmount;
  readonly strokes: readonly Stroke[];
}

export const usualHdr: HdrParameters = {
  method: "fusion",
  leftOut: [],
  reference: undefined,
  isAligned: true,
  weights: { contrast: 1, saturation: 1, exposure: 1 },
  isStretched: false,
  response: "debevec",
  operator: "durand",
  white: 0,
  bias: 0.85,
  contrast: 5,
  isLocal: true,
  exposure: 0,
  saturation: 1,
  ghosts: "none",
  strokes: [],
};

/** How much light a photo took: seconds × ISO / aperture². Undefined when EXIF does not say how long. */
export function lightOf({ exif }: Photo): number | undefined {
  const { exposureSeconds, iso = 100, aperture = 1 } = exif;
  return exposureSeconds === undefined ? undefined : (exposureSeconds * iso) / 100 / aperture ** 2;
}

/** Lights of all; photos whose exposure nobody knows are taken to be two stops apart, in their order. */
export function lightsOf(photos: readonly MergePhoto[]): number[] {
  const known = photos.map(({ photo }) => lightOf(photo));
  if (known.every((light) => light !== undefined)) return known;
  return photos.map((_, index) => 4 ** index);
}

export function usedPhotos(photos: readonly MergePhoto[], { leftOut }: HdrParameters): MergePhoto[] {
  return photos.filter(({ photo }) => !leftOut.includes(photo.hash));
}

/** Index of the leading photo among those that are used: the chosen one, or the middle exposure. */
export function referenceOf(used: readonly MergePhoto[], { reference }: HdrParameters): number {
  const chosen = used.findIndex(({ photo }) => photo.hash === reference);
  if (chosen >= 0) return chosen;
  const lights = lightsOf(used);
  const order = lights.map((_, index) => index).toSorted((a, b) => (lights[a] ?? 0) - (lights[b] ?? 0));
  return order[Math.floor((order.length - 1) / 2)] ?? 0;
}

export function toneOf(parameters: HdrParameters): ToneMapping {
  const { operator, white, bias, contrast, isLocal, exposure, saturation } = parameters;
  const operators = {
    reinhard: { kind: "reinhard", white },
    drago: { kind: "drago", bias },
    durand: { kind: "durand", contrast },
  } as const;
  return { operator: operators[operator], local: isLocal, exposure, saturation };
}

/** Provenance: what of it decided the result. */
export function describeHdr(parameters: HdrParameters): Readonly<Record<string, string | number | boolean>> {
  const { method, weights, isStretched, isAligned, ghosts, strokes } = parameters;
  const both = { method, aligned: isAligned, ghosts, strokes: strokes.length };
  if (method === "fusion") return { ...both, ...weights, stretched: isStretched };
  const { operator, exposure, saturation, isLocal, response, white, bias, contrast } = parameters;
  const own = { reinhard: { white }, drago: { bias }, durand: { contrast } }[operator];
  return { ...both, operator, ...own, local: isLocal, exposure, saturation, response };
}
