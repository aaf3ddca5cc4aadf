import type { Result } from "#api/burst-protocol.ts";
import { VdcError } from "#api/errors.ts";
import { BlobFault } from "./blobs.ts";
import type { TaskOutcome } from "./ports.ts";

/** A task that was revoked or given back. */
export class Stopped extends Error {
  override readonly name = "Stopped";
}

/** A task ran longer than its lease allows. */
export class TimeIsOver extends Error {
  override readonly name = "TimeIsOver";

  constructor(timeMs: number) {
    super(`it ran longer than ${timeMs} ms`);
  }
}

type Failure = Omit<Extract<Result, { readonly outcome: "failed" }>, "lease" | "outcome">;

const maxMessage = 2_000;

/** How a failure is told. What is not the task's fault or a blob's is this worker's. */
export function failureOf(cause: unknown): Failure {
  if (cause instanceof BlobFault)
    return { kind: "input", message: cause.message.slice(0, maxMessage), blob: cause.blob };
  if (cause instanceof TimeIsOver) return { kind: "time", message: cause.message };
  if (isOutcome(cause)) return { kind: cause.kind, message: cause.message.slice(0, maxMessage) };
  // Words of this machine's own errors stay here: they may name its files.
  const message = cause instanceof VdcError ? cause.message : "the worker could not run it";
  return { kind: "worker", message: message.slice(0, maxMessage) };
}

function isOutcome(cause: unknown): cause is Exclude<TaskOutcome, { readonly kind: "done" }> {
  return typeof cause === "object" && cause !== null && !(cause instanceof Error) && "kind" in cause;
}
