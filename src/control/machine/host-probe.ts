import type { MachineDisk, MachineProgram, MachineStatus } from "#api/kinds/machine.ts";

/**
 * What control asks of the host it runs on; `src/main` fills it from `src/drivers/host`. Nothing throws but an
 * abort: what cannot be known is left out.
 */
export interface HostProbe {
  /** Groups of questions, each a step of the operation `machine.probe`. Their facts are laid together. */
  readonly groups: readonly {
    readonly name: string;
    look(signal: AbortSignal): Promise<HostFacts>;
  }[];
  /** Raw counters since boot. Cheap and synchronous: /proc is answered from memory. */
  sample(): HostCounters;
  /** At most `limit` processes, those with the most memory first. */
  processes(limit: number): readonly HostProcess[];
}

/** What a host is and can do, in the words of a machine's status. */
export interface HostFacts extends Omit<
  MachineStatus,
  "phase" | "observedGeneration" | "probedAt" | "disks" | "programs"
> {
  readonly disks?: readonly Readonly<MachineDisk>[];
  readonly programs?: readonly Readonly<Omit<MachineProgram, "version" | "path" | "remedy">>[];
}

/** Bytes and ticks count since boot, or since whatever was counted last came up. */
export interface HostCounters {
  /** Wall time in milliseconds, for people. */
  readonly at: number;
  /** Monotonic time in milliseconds, which rates are divided by. */
  readonly monotonicMs: number;
  readonly cpu: { readonly busy: number; readonly total: number };
  readonly memory: { readonly usedBytes: number; readonly totalBytes: number };
  readonly disk: { readonly readBytes: number; readonly writtenBytes: number };
  readonly network: { readonly receivedBytes: number; readonly sentBytes: number };
  readonly load: readonly [number, number, number];
}

export interface HostProcess {
  readonly pid: number;
  readonly user: string;
  readonly name: string;
  /** User and system time in ticks of 10 ms. */
  readonly cpuTicks: number;
  /** With the pid it tells a process from a later one that got the same pid. */
  readonly startTicks: number;
  readonly rssBytes: number;
  readonly state: string;
  readonly command: string;
}
