import { grown, type Region } from "./tile-grid.ts";

/** How a picture's pyramid is cut into tiles; the same bits for every `cut` and `tile`. */
export interface PyramidPlan {
  readonly width: number;
  readonly height: number;
  /** Levels, the finest included: 2 … 24. */
  readonly levels: number;
  /** K: the finest levels, made tile by tile: 1 … 8. */
  readonly cut: number;
  /** Side of the output tiles, a multiple of 2^cut. */
  readonly tile: number;
}

/** Pixels around an output tile that fusionUp reads (assembly/fusion/window.ts); the outermost for the contrast alone. */
export function fusionHalo(cut: number): number {
  return 2 ** (cut + 2) - 1;
}

/** What `fusionUp` must be given of every frame. */
export function upWindow(plan: PyramidPlan, tile: Region): Region {
  return grown(tile, fusionHalo(plan.cut), plan.width, plan.height);
}

/** What `fusionDown` must be given of every frame. */
export function downWindow(plan: PyramidPlan, tile: Region): Region {
  return grown(tile, 2 ** (plan.cut + 1) - 1, plan.width, plan.height);
}

/** The depth of Mertens' own program, floor(log2(shorter side)) levels, and at least 2. */
export function usualLevels(width: number, height: number): number {
  return Math.max(2, Math.floor(Math.log2(Math.min(width, height))));
}
