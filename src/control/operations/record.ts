import { errorTable, VdcError } from "#api/errors.ts";
import type { Operation, OperationStep } from "#api/records.ts";
import { assert } from "#lib/assert.ts";

/** An operation as it is written; the store gives it its revision. */
export type OperationRecord = Omit<Operation, "revision">;

export type Ending =
  | { readonly state: "succeeded"; readonly result?: NonNullable<Operation["result"]> }
  | { readonly state: "failed"; readonly error: NonNullable<Operation["error"]> }
  | { readonly state: "cancelled" };

/** The last lines are kept. */
export const maxLogLines = 200;
export const maxLineLength = 500;

export function isFinished(record: Pick<Operation, "state">): boolean {
  return record.state !== "running" && record.state !== "cancelling";
}

/** Ends the step that runs and begins the one that is named; steps in between were not needed. */
export function withStep(record: OperationRecord, name: string, at: string): OperationRecord {
  const index = record.steps.findIndex((step) => step.name === name);
  assert(index >= 0, "an operation names its steps when it starts");
  const steps = record.steps.map((step, position): OperationStep => {
    if (position === index) return { ...step, state: "running", startedAt: step.startedAt ?? at };
    if (step.state === "running") return { ...step, state: "done", finishedAt: at };
    return step.state === "waiting" && position < index ? { ...step, state: "skipped" } : step;
  });
  return { ...record, steps, updatedAt: at };
}

/** Never back, and never 100 before the end. */
export function withPercent(record: OperationRecord, percent: number, at: string): OperationRecord {
  const whole = Math.max(record.percent, Math.min(99, Math.floor(percent)));
  return whole === record.percent ? record : { ...record, percent: whole, updatedAt: at };
}

export function withLine(record: OperationRecord, message: string, at: string): OperationRecord {
  const line = { at, message: message.slice(0, maxLineLength) };
  return { ...record, log: [...record.log.slice(-(maxLogLines - 1)), line], updatedAt: at };
}

/** The final state. A step that ran is done only when the whole succeeded. */
export function withEnding(record: OperationRecord, ending: Ending, at: string): OperationRecord {
  assert(!isFinished(record), "an operation ends once");
  const lastStep = ending.state === "succeeded" ? "done" : "failed";
  const steps = record.steps.map((step): OperationStep => {
    if (step.state === "running") return { ...step, state: lastStep, finishedAt: at };
    return step.state === "waiting" ? { ...step, state: "skipped" } : step;
  });
  return {
    ...record,
    ...ending,
    percent: ending.state === "succeeded" ? 100 : record.percent,
    steps,
    updatedAt: at,
    finishedAt: at,
  };
}

/** What people read of an error: code, message and remedy of the table; of a fault nothing but that it is one. */
export function outwardError(error: unknown): NonNullable<Operation["error"]> {
  const code = error instanceof VdcError ? error.code : "fault";
  const message = error instanceof VdcError ? error.message : "Something in VDC broke while this ran.";
  return { code, message, remedy: errorTable[code].remedy };
}

export const interrupted: Ending = {
  state: "failed",
  error: outwardError(new VdcError("interrupted", "The control process that ran it ended before it did.")),
};
