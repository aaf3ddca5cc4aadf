import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import type { Pressure } from "#burst/worker/burst-worker.ts";
import type { Sha256 } from "#burst/task.ts";
import type { ShareBytes } from "#burst/worker/ports.ts";
import { SteadyPressure } from "#burst/worker/pressure.ts";
import { systemClock } from "#lib/clock.ts";

/** Shorter ones are hashed here, longer ones by a thread of the crypto pool. */
const inlineHashBytes = 64 * 1024;

export const sha256: Sha256 = async (bytes) => {
  if (bytes.length <= inlineHashBytes) return createHash("sha256").update(bytes).digest("hex");
  // Nothing here is shared memory, which is all that the type would exclude.
  const digest = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return Buffer.from(digest).toString("hex");
};

/** Shorter ones are copied to threads as cheaply as they are shared. */
const leastSharedBytes = 32 * 1024;

/** Large inputs go to memory that the threads read: a copy for each of them would be most of what a worker takes. */
export const shareBytes: ShareBytes = (bytes) => {
  if (bytes.length < leastSharedBytes) return bytes;
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  bytes.buffer.transfer(0); // freed now, not when it is collected
  return shared;
};

/** One core stays with what else the machine does. */
export function defaultSlots(): number {
  return Math.max(1, availableParallelism() - 1);
}

const memoryOfSlot = 256 * 1024 * 1024;

/** What tasks may use together: a share for each slot, and never more than half of the machine. */
export function defaultMemoryBytes(slots: number): number {
  return Math.min(slots * memoryOfSlot, Math.floor(totalmem() / 2));
}

/** Percent of the last ten seconds in which somebody waited for memory (the kernel's pressure stall information). */
const seriousPercent = 10;
const criticalPercent = 40;

/**
 * How short of memory the machine is. Its processors are no measure: a worker means to keep them busy, and gives way by its niceness.
 */
export function memoryPressure(): () => Pressure {
  const steady = new SteadyPressure();
  return () => steady.sample(sampleOf(readPercent()), systemClock.monotonic());
}

function sampleOf(percent: number): Pressure {
  if (percent >= criticalPercent) return "critical";
  if (percent >= seriousPercent) return "serious";
  return percent >= 1 ? "fair" : "nominal";
}

function readPercent(): number {
  try {
    const found = /^some avg10=(\d+\.\d+)/m.exec(readFileSync("/proc/pressure/memory", "utf8"));
    return Number(found?.[1] ?? 0);
  } catch {
    return 0; // this kernel does not measure it
  }
}
