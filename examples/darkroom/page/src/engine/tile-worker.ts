/// <reference lib="webworker" />
import { decodeTile } from "#darkroom/graph/tile-format.ts";
import { maskTiles, type MaskWanted } from "./mask-tiles.ts";
import { type Counts, narrowStrips, paintTile } from "./tile-paint.ts";

/** What the page's thread must not do itself: pixels of tiles for the screen, and masks from strokes. */
declare const self: DedicatedWorkerGlobalScope;

export type TileRequest =
  | { readonly id: number; readonly kind: "paint"; readonly tile: Uint8Array }
  | { readonly id: number; readonly kind: "narrow"; readonly tile: Uint8Array; readonly rows: number }
  | { readonly id: number; readonly kind: "mask"; readonly wanted: MaskWanted };

export type TileAnswer =
  | { readonly id: number; readonly bitmap: ImageBitmap; readonly counts: Counts }
  | { readonly id: number; readonly masks: readonly Uint8Array<ArrayBuffer>[] }
  | { readonly id: number; readonly strips: readonly Uint8Array<ArrayBuffer>[] }
  | { readonly id: number; readonly failure: string };

self.addEventListener("message", ({ data }: MessageEvent<TileRequest>) => {
  answer(data).catch((error: unknown) => {
    const failure = error instanceof Error ? error.message : "A tile could not be shown.";
    tell({ id: data.id, failure });
  });
});

function tell(message: TileAnswer): void {
  self.postMessage(message, { transfer: [] });
}

async function answer(request: TileRequest): Promise<void> {
  const { id } = request;
  if (request.kind === "mask") return tell({ id, masks: maskTiles(request.wanted) });
  if (request.kind === "narrow") {
    const strips = narrowStrips(request.tile, request.rows);
    return self.postMessage(
      { id, strips } satisfies TileAnswer,
      strips.map(({ buffer }) => buffer),
    );
  }
  const { image, counts } = paintTile(decodeTile(request.tile));
  const bitmap = await createImageBitmap(image);
  self.postMessage({ id, bitmap, counts } satisfies TileAnswer, [bitmap, counts.buffer]);
}
