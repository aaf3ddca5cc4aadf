import { useEffect, useState } from "react";
import { openEngine } from "../engine/engine.ts";
import { start } from "../lib/start.ts";
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
      const { source, photo } = before;
      const bytes = source.kind === "jpeg" ? blobs.get(source.file.blob) : undefined;
      if (bytes === undefined) return;
      const width = Math.min(maxWidth, source.width);
      made = await createImageBitmap(new Blob([bytes], { type: photo.type }), {
        resizeWidth: width,
        resizeQuality: "high",
      });
      if (isGone) made.close();
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
