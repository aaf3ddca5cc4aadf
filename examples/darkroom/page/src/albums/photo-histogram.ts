import { useEffect, useState } from "react";
import { previewBlob } from "../data/previews.ts";
import { countBins, emptyCounts } from "../engine/tile-paint.ts";
import type { Histogram } from "../merge/picture.ts";

/** Long side, in pixels, of what is counted: shares stay the same, and counting takes a millisecond or two. */
const countedSide = 480;

/** Counts tones of an image's RGBA bytes. Pure. */
export function countTones(data: Uint8ClampedArray): Histogram {
  const counts = emptyCounts();
  const add = (bin: number) => {
    counts[bin] = (counts[bin] ?? 0) + 1;
  };
  let [low, high] = [0, 0];
  for (let at = 0; at < data.length; at += 4) {
    const [red = 0, green = 0, blue = 0] = [data[at], data[at + 1], data[at + 2]];
    add(red);
    add(countBins + green);
    add(2 * countBins + blue);
    // Rec. 709 in 16 bits of fraction.
    add(3 * countBins + ((red * 13_933 + green * 46_871 + blue * 4_732) >> 16));
    if (Math.min(red, green, blue) === 0) low += 1;
    if (Math.max(red, green, blue) === 255) high += 1;
  }
  const pixels = data.length / 4;
  return { counts, pixels, clippedLow: low / Math.max(1, pixels), clippedHigh: high / Math.max(1, pixels) };
}

/** Tones of a photo's preview; undefined until they are counted. */
export function usePhotoHistogram(preview: string | undefined): Histogram | undefined {
  const [found, setFound] = useState<{ readonly of: string; readonly histogram: Histogram | undefined }>();
  useEffect(() => {
    if (preview === undefined) return undefined;
    let isGone = false;
    previewBlob(preview)
      .then(countBlob)
      .then(
        (counted) => {
          if (!isGone) setFound({ of: preview, histogram: counted });
          return undefined;
        },
        () => undefined, // a photo without its preview has no histogram
      );
    return () => {
      isGone = true;
    };
  }, [preview]);
  return found?.of === preview ? found?.histogram : undefined;
}

async function countBlob(blob: Blob): Promise<Histogram | undefined> {
  const bitmap = await createImageBitmap(blob);
  const scale = Math.min(1, countedSide / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [Math.ceil(bitmap.width * scale), Math.ceil(bitmap.height * scale)];
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context?.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return context === null ? undefined : countTones(context.getImageData(0, 0, width, height).data);
}
