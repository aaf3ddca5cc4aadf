import type { Operation } from "#api/records.ts";
import type { Tone } from "#console/kit/state.tsx";

export function isRunning(operation: Operation): boolean {
  return operation.state === "running" || operation.state === "cancelling";
}

export const operationTones = {
  running: "busy",
  cancelling: "warn",
  succeeded: "good",
  failed: "bad",
  cancelled: "rest",
} as const satisfies Record<Operation["state"], Tone>;

export const stepTones = {
  waiting: "rest",
  running: "busy",
  done: "good",
  failed: "bad",
  skipped: "rest",
} as const satisfies Record<Operation["steps"][number]["state"], Tone>;
