import type { MachineProcess } from "#api/system.ts";
import type { Clock } from "#lib/clock.ts";
import type { HostProbe } from "./host-probe.ts";
import { mostFirst, processesBetween, type ProcessReading, type ProcessSort } from "./rates.ts";

/** Processes of one reading: the largest of all that the host has, so that every bigger one is among them. */
export const maxProcessesRead = 1_000;
/** A reading is used again for this long, however many ask. */
export const readingAgeMs = 1_000;
/** Between the two readings that the first asker waits for. */
const firstGapMs = 250;
/** A reading older than this says nothing of what goes on now. */
const staleMs = 10_000;

/** Reads processes only when somebody asks; the share of CPU is since the reading before. */
export interface ProcessTable {
  /** Those that use most of what is asked for, most first. */
  read(
    query: { readonly sort: ProcessSort; readonly limit: number },
    signal: AbortSignal,
  ): Promise<readonly MachineProcess[]>;
}

export function createProcessTable(options: {
  readonly host: Pick<HostProbe, "processes">;
  readonly clock: Clock;
}): ProcessTable {
  const { clock, host } = options;
  let last: ProcessReading | undefined;
  let table: readonly MachineProcess[] = [];
  let tableAtMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  const look = (): ProcessReading => ({
    monotonicMs: clock.monotonic(),
    processes: host.processes(maxProcessesRead),
  });

  const refresh = async (): Promise<void> => {
    let before = last;
    if (before === undefined || clock.monotonic() - before.monotonicMs > staleMs) {
      before = look();
      await clock.sleep(firstGapMs);
    }
    last = look();
    table = processesBetween(before, last);
    tableAtMs = last.monotonicMs;
  };

  return {
    read: async ({ sort, limit }, signal) => {
      signal.throwIfAborted();
      if (clock.monotonic() - tableAtMs >= readingAgeMs) {
        // Those who ask at once share one reading.
        reading ??= refresh().finally(() => (reading = undefined));
        await reading;
      }
      return mostFirst(table, sort).slice(0, limit);
    },
  };
}
