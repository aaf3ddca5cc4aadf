import type { Operation } from "#api/records.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import type { Colour, Paint } from "#cli/output/paint.ts";
import type { Table } from "#cli/output/table.ts";
import { ageText } from "#cli/output/units.ts";

const colours: Readonly<Record<Operation["state"], Colour>> = {
  running: "blue",
  cancelling: "yellow",
  succeeded: "green",
  failed: "red",
  cancelled: "yellow",
};

export function operationTable(operations: readonly Operation[], nowMs: number): Table {
  return {
    headers: ["ID", "STATE", "DONE", "TYPE", "TITLE", "BY", "AGE"],
    rows: operations.map((operation) => [
      operation.id,
      { text: operation.state, colour: colours[operation.state] },
      `${operation.percent}%`,
      operation.type,
      operation.title,
      operation.actor.name,
      ageText(operation.createdAt, nowMs),
    ]),
  };
}

/** One operation for reading: steps, log, and when it failed why and what to do. */
export function operationText(operation: Operation, nowMs: number, paint: Paint): string {
  const state = paint(colours[operation.state], operation.state);
  const lines = [
    harmlessLine(operation.title),
    `id:      ${harmlessLine(operation.id)}`,
    `type:    ${harmlessLine(operation.type)}`,
    `state:   ${state} (${operation.percent}%)`,
    `by:      ${harmlessLine(operation.actor.name)}`,
    `begun:   ${operation.createdAt} (${ageText(operation.createdAt, nowMs)} ago)`,
    ...(operation.finishedAt === undefined ? [] : [`ended:   ${operation.finishedAt}`]),
    ...(operation.steps.length === 0 ? [] : ["steps:"]),
    ...operation.steps.map((step) => `  ${step.state.padEnd(8)} ${harmlessLine(step.name)}`),
    ...(operation.log.length === 0 ? [] : ["log:"]),
    ...operation.log.map((line) => `  ${line.at} ${harmlessLine(line.message)}`),
    ...failureLines(operation),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function failureLines(operation: Operation): readonly string[] {
  if (operation.error === undefined) return [];
  return [
    `error:   ${harmlessLine(operation.error.message)}`,
    `what to do: ${harmlessLine(operation.error.remedy)}`,
  ];
}

/** `project.delete 40% removing widgets`: the state of an operation on one line. */
export function progressLine(operation: Operation): string {
  const step = operation.steps.find((one) => one.state === "running")?.name;
  const doing = operation.state === "running" ? (step ?? "running") : operation.state;
  return harmlessLine(`${operation.title}: ${operation.percent}% ${doing}`);
}
