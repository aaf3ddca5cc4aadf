import { readFileSync } from "node:fs";
import type { Clock } from "#lib/clock.ts";
import {
  parseCpuTicks,
  parseDiskTraffic,
  parseLoad,
  parseMemory,
  parseNetworkTraffic,
  type CpuTicks,
} from "#drivers/host/parse.ts";

/** Raw counters of this host at one moment; rates come from two samples. Bytes and ticks count since boot. */
export interface HostSample {
  /** Wall time, milliseconds. */
  readonly at: number;
  /** Monotonic time, milliseconds: what rates are divided by. */
  readonly monotonicMs: number;
  readonly cpu: CpuTicks;
  readonly memory: { readonly usedBytes: number; readonly totalBytes: number };
  readonly disk: { readonly readBytes: number; readonly writtenBytes: number };
  readonly network: { readonly receivedBytes: number; readonly sentBytes: number };
  readonly load: readonly [number, number, number];
}

/** Six small reads of /proc, which the kernel answers from memory: well under a millisecond, so synchronous. */
export function sampleHost(clock: Clock): HostSample {
  const memory = parseMemory(read("/proc/meminfo"));
  const disk = parseDiskTraffic(read("/proc/diskstats"));
  const network = parseNetworkTraffic(read("/proc/net/dev"));
  return {
    at: clock.now(),
    monotonicMs: clock.monotonic(),
    cpu: parseCpuTicks(read("/proc/stat")),
    memory: { usedBytes: memory.totalBytes - memory.availableBytes, totalBytes: memory.totalBytes },
    disk: { readBytes: disk.inBytes, writtenBytes: disk.outBytes },
    network: { receivedBytes: network.inBytes, sentBytes: network.outBytes },
    load: parseLoad(read("/proc/loadavg")),
  };
}

/** Share of all processors that was busy between two samples, 0-100. */
export function cpuPercentBetween(before: HostSample, after: HostSample): number {
  const total = after.cpu.total - before.cpu.total;
  if (total <= 0) return 0;
  return Math.min(100, Math.max(0, ((after.cpu.busy - before.cpu.busy) / total) * 100));
}

/** A container may hide some of these files: an absent one reads as empty, and its counters as zero. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
