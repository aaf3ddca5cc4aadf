import { useEffect, useState } from "react";
import type { TileSource } from "#darkroom/graph/decoded-frame.ts";
import { placedTilesOf } from "#darkroom/graph/tile-grid.ts";
import { openEngine } from "../engine/engine.ts";
import { start } from "../lib/start.ts";
import type { Blobs } from "../engine/blobs.ts";
import { tilePainter } from "../engine/tile-painter.ts";
import type { MergePhoto } from "./recipe.ts";

/** Wider pictures are compared at this width: a bitmap of all pixels would take hundreds of megabytes. */
const maxWidth = 4_096;

/** The photo that a merge is compared with, decoded by the browser; undefined until it is there. */
export function useBefore(before: MergePhoto | undefined): ImageBitmap | undefined {
  const [bitmap, setBitmap] = useState<ImageBitmap>();
  const hash = before?.photo.hash;
  useEffect(() => {
    if (before === undefined) return undefined;
    let isGone = false;
    let made: ImageBitmap | undefined;
    start("The photo to compare with could not be shown", async () => {
      const { blobs } = await openEngine();
      made = await bitmapOf(before, blobs);
      if (isGone) made?.close();
      else setBitmap(made);
    });
    return () => {
      isGone = true;
      setBitmap(undefined);
      made?.close();
    };
    // The photo's hash is all that it depends on: its other facts never change.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [hash]);
  return bitmap;
}

async function bitmapOf({ source, photo }: MergePhoto, blobs: Blobs): Promise<ImageBitmap | undefined> {
  if (source.kind === "tiles") return await joined(source, blobs);
  const bytes = blobs.get(source.file.blob);
  if (bytes === undefined) return undefined;
  const resizeWidth = Math.min(maxWidth, source.width);
  return await createImageBitmap(new Blob([bytes], { type: photo.type }), {
    resizeWidth,
    resizeQuality: "high",
  });
}

/** RAW and TIFF lie here as tiles only: those of the finest level that is not too wide. */
async function joined({ levels }: TileSource, blobs: Blobs): Promise<ImageBitmap | undefined> {
  const level = levels.find(({ width }) => width <= maxWidth) ?? levels.at(-1);
  if (level === undefined) return undefined;
  const canvas = new OffscreenCanvas(level.width, level.height);
  const context = canvas.getContext("2d");
  for (const { x, y, from } of placedTilesOf(level)) {
    const bytes = "blob" in from ? blobs.get(from.blob) : undefined;
    if (bytes === undefined) return undefined;
    const { bitmap } = await tilePainter.paint(bytes);
    context?.drawImage(bitmap, x, y);
    bitmap.close();
  }
  return canvas.transferToImageBitmap();
}
