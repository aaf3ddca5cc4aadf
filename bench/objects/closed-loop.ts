import { performance } from "node:perf_hooks";
import { percentile } from "#bench/support/statistics.ts";
import { S3Connection } from "./s3-connection.ts";
import type { Scenario } from "./scenario.ts";
import type { S3Target } from "./s3-target.ts";

export interface LoopResult {
  readonly units: number;
  readonly seconds: number;
  readonly failures: number;
  /** Of the first failure. */
  readonly reason?: string;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Share of one core that this tool took: near 1 it is what was measured. */
  readonly loadShare: number;
}

/** Each client sends its next request when the last is answered. What is under way at the end of the time is waited for and counted. */
export async function closedLoop(target: S3Target, scenario: Scenario, seconds: number): Promise<LoopResult> {
  const latencies: number[] = [];
  let units = 0;
  let failures = 0;
  let reason: string | undefined;
  const cpu = process.cpuUsage();
  const begun = performance.now();
  const client = async (_: unknown, number: number) => {
    using connection = new S3Connection(target);
    for (let sequence = 0; performance.now() - begun < seconds * 1000; sequence += 1) {
      const sent = performance.now();
      try {
        const done = await scenario.call(connection, number, sequence);
        units += done;
        latencies.push(performance.now() - sent);
      } catch (error) {
        failures += 1;
        reason ??= error instanceof Error ? error.message : String(error);
        connection[Symbol.dispose]();
      }
    }
  };
  await Promise.all(Array.from({ length: scenario.clients }, client));
  const elapsed = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return {
    units,
    seconds: elapsed,
    failures,
    ...(reason === undefined ? {} : { reason }),
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    loadShare: (user + system) / 1e6 / elapsed,
  };
}
