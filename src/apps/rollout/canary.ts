import type { RolloutPolicy } from "#api/kinds/app.ts";
import type { Release } from "../observed.ts";

/** The step of a canary that runs. */
export interface CanaryStep {
  readonly index: number;
  readonly sharePercent: number;
  readonly seconds: number;
  /** When all its instances were there; milliseconds since the epoch. */
  readonly since?: number;
}

/** Undefined when no canary runs: another strategy, all steps passed, or nothing old that takes the other share. */
export function canaryStep(release: Release, policy: RolloutPolicy, hasOld: boolean): CanaryStep | undefined {
  if (policy.strategy !== "canary" || !hasOld) return undefined;
  const index = release.status.canaryStep ?? 0;
  const step = policy.canary[index];
  if (step === undefined) return undefined;
  const { stepSince } = release.status;
  return { index, ...step, ...(stepSince === undefined ? {} : { since: Date.parse(stepSince) }) };
}

/** New copies of a component that a share of the requests needs. */
export function canaryCount(wanted: number, { sharePercent }: CanaryStep): number {
  return Math.min(wanted, Math.max(1, Math.ceil((wanted * sharePercent) / 100)));
}
