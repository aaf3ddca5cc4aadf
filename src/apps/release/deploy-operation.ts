import { systemActor } from "#api/actor.ts";
import { errorTable } from "#api/errors.ts";
import type { Operation } from "#api/records.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import { newId } from "#lib/ids.ts";
import type { Random } from "#lib/random.ts";
import {
  withEnding,
  withLine,
  withPercent,
  withStep,
  type OperationRecord,
} from "#control/operations/record.ts";
import type { DeployEnding, DeployStep } from "../actions.ts";
import type { App, Release } from "../observed.ts";

/**
 * The operation that shows how a release is brought about. No process holds it: the reconciler carries it on, whichever process
 * leads, and finds it again by its type and target.
 */
export const deployType = "app.deploy";
export const deploySteps: readonly DeployStep[] = ["prepare", "start", "check", "switch", "finish"];

export function deployOf(
  operations: readonly Operation[],
  project: string,
  app: string,
): Operation | undefined {
  return operations.find(
    ({ type, target }) => type === deployType && target?.project === project && target.name === app,
  );
}

/** Number of the release that it is about. */
export function operationRelease({ result }: Operation): number | undefined {
  const value = result?.["release"];
  return typeof value === "number" ? value : undefined;
}

export function beginDeploy(
  app: App,
  release: Release,
  ports: { readonly clock: Clock; readonly random: Random },
): OperationRecord {
  const at = isoTime(ports.clock.now());
  const { number, version, package: name } = release.spec;
  const record: OperationRecord = {
    id: newId("operation", ports.clock, ports.random),
    type: deployType,
    title: `Deploy release ${number} of app ${app.name}`,
    ...(app.project === undefined ? {} : { project: app.project }),
    target: { kind: "app", name: app.name, ...(app.project === undefined ? {} : { project: app.project }) },
    // Whoever asked for it is in the audit entry of the app's change, and in the release.
    actor: systemActor("reconciler/app"),
    state: "running",
    percent: 0,
    steps: deploySteps.map((step) => ({ name: step, state: "waiting" })),
    log: [],
    cancelable: false,
    createdAt: at,
    updatedAt: at,
    result: { release: number },
  };
  return withLine(withStep(record, "prepare", at), `package ${name}, version ${version}`, at);
}

/** The record with what a pass found; undefined when that is no news. Steps only go forward. */
export function showDeploy(
  operation: Operation,
  shown: { readonly step: DeployStep; readonly percent: number; readonly line: string },
  clock: Clock,
): OperationRecord | undefined {
  const { revision: _, ...record } = operation;
  const at = isoTime(clock.now());
  const running = record.steps.findIndex(({ state }) => state === "running");
  const isForward = deploySteps.indexOf(shown.step) > running;
  const stepped = isForward ? withStep(record, shown.step, at) : record;
  const lined = record.log.at(-1)?.message === shown.line ? stepped : withLine(stepped, shown.line, at);
  const done = withPercent(lined, shown.percent, at);
  return done === record ? undefined : done;
}

export function endDeploy(operation: Operation, ending: DeployEnding, clock: Clock): OperationRecord {
  const { revision: _, ...record } = operation;
  const at = isoTime(clock.now());
  if (ending.state !== "failed") return withEnding(record, { state: ending.state }, at);
  const code = "rollout-failed";
  const error = { code, message: ending.reason, remedy: errorTable[code].remedy };
  return withEnding(withLine(record, ending.reason, at), { state: "failed", error }, at);
}
