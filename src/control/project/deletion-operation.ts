import type { Actor } from "#api/actor.ts";
import type { Operation } from "#api/records.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import { newId } from "#lib/ids.ts";
import type { Random } from "#lib/random.ts";
import { withEnding, withLine, withPercent, withStep, type OperationRecord } from "../operations/record.ts";

/**
 * The operation that shows how a project is deleted. No process holds it: the reconciler carries it on, whichever process
 * leads, and finds it again by its type and target.
 */
export const deletionType = "project.delete";
const steps = ["delete resources", "remove project"] as const;

export function deletionOf(operations: readonly Operation[], name: string): Operation | undefined {
  return operations.find(
    ({ type, target }) => type === deletionType && target?.kind === "project" && target.name === name,
  );
}

export function beginDeletion(
  project: { readonly name: string; readonly resources: number; readonly actor: Actor },
  ports: { readonly clock: Clock; readonly random: Random },
): OperationRecord {
  const { name, resources, actor } = project;
  const at = isoTime(ports.clock.now());
  const record: OperationRecord = {
    id: newId("operation", ports.clock, ports.random),
    type: deletionType,
    title: `Delete project ${name}`,
    project: name,
    target: { kind: "project", name },
    actor,
    state: "running",
    percent: 0,
    steps: steps.map((step) => ({ name: step, state: "waiting" })),
    log: [],
    cancelable: false,
    createdAt: at,
    updatedAt: at,
    result: { resources, remaining: resources },
  };
  return withLine(withStep(record, steps[0], at), `${resources} resources to delete`, at);
}

export function showRemaining(operation: Operation, remaining: number, clock: Clock): OperationRecord {
  const { revision: _, ...record } = operation;
  const at = isoTime(clock.now());
  const before = Number(record.result?.["resources"] ?? 0);
  // More may have come in before the deletion was known everywhere.
  const resources = Math.max(before, remaining);
  const percent = resources === 0 ? 95 : ((resources - remaining) / resources) * 95;
  const stepped = remaining === 0 ? withStep(record, steps[1], at) : record;
  const lined = withLine(stepped, `${remaining} of ${resources} resources remain`, at);
  return { ...withPercent(lined, percent, at), result: { resources, remaining } };
}

export function endDeletion(operation: Operation, clock: Clock): OperationRecord {
  const { revision: _, ...record } = operation;
  const at = isoTime(clock.now());
  const resources = Number(record.result?.["resources"] ?? 0);
  return withEnding(withStep(record, steps[1], at), { state: "succeeded", result: { resources } }, at);
}
