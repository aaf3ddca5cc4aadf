import type { MachineProcess, MachineSample } from "#api/system.ts";
import { isoTime } from "#lib/clock.ts";
import type { HostCounters, HostProcess } from "./host-probe.ts";

/** Rates over less time than this say nothing. */
const shortestSeconds = 0.001;

/** The sample between two readings. A counter that went back was reset, and what it counted is not known: 0. Pure. */
export function sampleBetween(before: HostCounters, after: HostCounters): MachineSample {
  const seconds = (after.monotonicMs - before.monotonicMs) / 1000;
  const rate = (from: number, to: number) =>
    seconds >= shortestSeconds && to > from ? round((to - from) / seconds) : 0;
  return {
    at: isoTime(after.at),
    cpuPercent: share(after.cpu.busy - before.cpu.busy, after.cpu.total - before.cpu.total),
    load1: after.load[0],
    memoryUsedBytes: Math.max(0, after.memory.usedBytes),
    memoryTotalBytes: after.memory.totalBytes,
    diskReadBytesPerSecond: rate(before.disk.readBytes, after.disk.readBytes),
    diskWriteBytesPerSecond: rate(before.disk.writtenBytes, after.disk.writtenBytes),
    networkReceiveBytesPerSecond: rate(before.network.receivedBytes, after.network.receivedBytes),
    networkSendBytesPerSecond: rate(before.network.sentBytes, after.network.sentBytes),
  };
}

/** All processes at one moment. */
export interface ProcessReading {
  readonly monotonicMs: number;
  readonly processes: readonly HostProcess[];
}

const msPerTick = 10;

/** Processes with their share of one core between two readings, in the order of the later reading. Pure. */
export function processesBetween(before: ProcessReading, after: ProcessReading): readonly MachineProcess[] {
  const elapsedMs = after.monotonicMs - before.monotonicMs;
  const ticksBefore = new Map(before.processes.map((one) => [identity(one), one.cpuTicks]));
  return after.processes.map((one): MachineProcess => {
    // One that the reading before does not hold may be new, or have been too small for it: not known is 0.
    const spentMs = (one.cpuTicks - (ticksBefore.get(identity(one)) ?? one.cpuTicks)) * msPerTick;
    const cpuPercent = elapsedMs > 0 && spentMs > 0 ? round((spentMs / elapsedMs) * 100) : 0;
    const { pid, user, name, state, command } = one;
    return { pid, user, name, state, cpuPercent, residentBytes: one.rssBytes, command };
  });
}

export type ProcessSort = "cpu" | "memory";

/** The table by what is asked for, most first; the other figure and then the pid part equals. Pure. */
export function mostFirst(table: readonly MachineProcess[], sort: ProcessSort): readonly MachineProcess[] {
  const cpu = (a: MachineProcess, b: MachineProcess) => b.cpuPercent - a.cpuPercent;
  const memory = (a: MachineProcess, b: MachineProcess) => b.residentBytes - a.residentBytes;
  const [first, second] = sort === "cpu" ? [cpu, memory] : [memory, cpu];
  return table.toSorted((a, b) => first(a, b) || second(a, b) || a.pid - b.pid);
}

/** A pid is given again; with its start it is not. */
function identity({ pid, startTicks }: HostProcess): string {
  return `${pid}:${startTicks}`;
}

function share(part: number, whole: number): number {
  return whole > 0 ? Math.min(100, Math.max(0, round((part / whole) * 100))) : 0;
}

/** One decimal is what a chart shows, and keeps the history small. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}
