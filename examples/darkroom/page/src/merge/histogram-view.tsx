import { useEffect, useRef } from "react";
import { countBins } from "../engine/tile-paint.ts";
import type { Histogram } from "./picture.ts";

/** Added where they lie upon each other: all three are a grey that does not dazzle. */
const colours = ["rgb(178 58 58)", "rgb(54 150 78)", "rgb(60 92 190)"] as const;
/** From this share on, clipping is marked. */
const worthTelling = 0.0005;

/** How often each tone is in the picture, and what is lost at its ends. */
export function HistogramView({ histogram }: { readonly histogram: Histogram | undefined }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (context === undefined || context === null) return;
    drawHistogram(context, histogram);
  }, [histogram]);
  return (
    <figure className="flex flex-col gap-1 border-b border-line p-4">
      <canvas
        ref={canvas}
        width={512}
        height={160}
        role="img"
        aria-label="Histogram"
        className="h-20 w-full bg-sunken"
      />
      <figcaption className="tabular flex justify-between text-xs text-dim">
        <Clipped share={histogram?.clippedLow} what="black" />
        <Clipped share={histogram?.clippedHigh} what="white" />
      </figcaption>
    </figure>
  );
}

function Clipped({ share = 0, what }: { readonly share: number | undefined; readonly what: string }) {
  const isWorth = share >= worthTelling;
  return (
    <span className={isWorth ? "text-bad" : undefined}>
      {isWorth ? `▲ ${(share * 100).toFixed(1)} % lost in ${what}` : `nothing lost in ${what}`}
    </span>
  );
}

/** Heights are square roots, so that small counts are seen; the ends count with the scale only as far as the rest does. */
function drawHistogram(context: CanvasRenderingContext2D, histogram: Histogram | undefined): void {
  const { width, height } = context.canvas;
  context.clearRect(0, 0, width, height);
  if (histogram === undefined) return;
  const { counts } = histogram;
  let most = 1;
  for (let bin = 1; bin < countBins - 1; bin += 1)
    for (let channel = 0; channel < 3; channel += 1)
      most = Math.max(most, counts[channel * countBins + bin] ?? 0);
  context.globalCompositeOperation = "lighter";
  for (const [channel, colour] of colours.entries()) {
    context.fillStyle = colour;
    context.beginPath();
    context.moveTo(0, height);
    for (let bin = 0; bin < countBins; bin += 1) {
      const share = Math.min(1, Math.sqrt((counts[channel * countBins + bin] ?? 0) / most));
      context.lineTo((bin / (countBins - 1)) * width, height * (1 - share));
    }
    context.lineTo(width, height);
    context.fill();
  }
  context.globalCompositeOperation = "source-over";
}
