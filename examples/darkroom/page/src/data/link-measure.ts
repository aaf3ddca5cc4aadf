import { RateMeasure } from "#burst/choice/rate-measure.ts";

const clock = { monotonic: () => performance.now() };
const up = new RateMeasure(clock);
const down = new RateMeasure(clock);
/** Bytes a second of an ordinary line, for a page that has neither sent nor fetched anything yet: 40 Mbit/s, and a quarter of what comes goes out. */
const usual = 5_000_000;
const usualPart = 4;

/** How fast this page sends and fetches, as it was seen. */
export const linkMeasure = {
  /** Around every PUT of photos and blobs. */
  up,
  /** Around every GET of them. */
  down,
  /** Bytes a second. */
  get rates(): { readonly uplink: number; readonly downlink: number } {
    const downlink = down.rate ?? usual;
    return { downlink, uplink: up.rate ?? downlink / usualPart };
  },
};
