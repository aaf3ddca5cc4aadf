import { percentile } from "./statistics.ts";

export interface LoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly count: number;
}

/** `clients` callers, each with one request under way at a time, for `durationMs` after a warm-up. */
export async function runLoad(options: {
  readonly clients: number;
  readonly warmUpMs: number;
  readonly durationMs: number;
  readonly call: (client: number, sequence: number) => Promise<void>;
}): Promise<LoadResult> {
  const latencies: number[] = [];
  const begin = performance.now() + options.warmUpMs;
  const end = begin + options.durationMs;
  const client = async (number: number) => {
    for (let sequence = 0; performance.now() < end; sequence += 1) {
      const sent = performance.now();
      await options.call(number, sequence);
      const done = performance.now();
      if (sent >= begin && done <= end) latencies.push(done - sent);
    }
  };
  await Promise.all(Array.from({ length: options.clients }, (_, number) => client(number)));
  return {
    perSecond: latencies.length / (options.durationMs / 1000),
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    count: latencies.length,
  };
}
