import type { RolloutPolicy } from "#api/kinds/app.ts";
import type { Component } from "#api/manifest.ts";
import type { Instance } from "../observed.ts";
import type { InstanceTraffic } from "../ports.ts";
import { isReady, startingSince } from "./members.ts";

export interface GateInput {
  /** Instances of the new release that are meant to run. */
  readonly instances: readonly Instance[];
  readonly components: ReadonlyMap<string, Component>;
  readonly policy: RolloutPolicy;
  readonly traffic: ReadonlyMap<string, InstanceTraffic>;
  readonly now: number;
}

export type Verdict =
  | { readonly kind: "good-so-far"; /** When a deadline passes next. */ readonly nextAt?: number }
  | { readonly kind: "failed"; readonly reason: string };

/** Whether a new release may go on. What one instance does wrong fails all of it: the rest would do the same. */
export function judge(input: GateInput): Verdict {
  let nextAt: number | undefined;
  for (const instance of input.instances) {
    const verdict = judgeInstance(instance, input);
    if (verdict.kind === "failed") return verdict;
    nextAt = Math.min(nextAt ?? Infinity, verdict.nextAt ?? Infinity);
  }
  const rate = judgeErrors(input);
  if (rate !== undefined) return { kind: "failed", reason: rate };
  return { kind: "good-so-far", ...(nextAt === undefined || nextAt === Infinity ? {} : { nextAt }) };
}

function judgeInstance(instance: Instance, { components, policy, now }: GateInput): Verdict {
  const { status, name, spec } = instance;
  if (isReady(instance, components.get(spec.component))) return { kind: "good-so-far" };
  if (status.phase === "failed" || status.phase === "crash-loop")
    return {
      kind: "failed",
      reason: `Instance ${name} ${status.phase === "failed" ? "failed" : "keeps crashing"}: ${whyOf(instance)}`,
    };
  const deadline = startingSince(instance) + policy.readyWithinSeconds * 1000;
  if (now < deadline) return { kind: "good-so-far", nextAt: deadline };
  const why = status.reason === undefined ? "" : ` ${status.reason}`;
  return {
    kind: "failed",
    reason: `Instance ${name} was not ready within ${policy.readyWithinSeconds} s.${why}`,
  };
}

function whyOf({ status }: Instance): string {
  return status.reason ?? status.lastExit?.detail ?? "it gave no reason; see its logs.";
}

function judgeErrors({ instances, policy, traffic }: GateInput): string | undefined {
  let requests = 0;
  let failures = 0;
  for (const { id } of instances) {
    const seen = traffic.get(id);
    requests += seen?.requests ?? 0;
    failures += seen?.failures ?? 0;
  }
  if (requests < policy.minRequests) return undefined;
  const percent = (failures / requests) * 100;
  if (percent <= policy.maxErrorPercent) return undefined;
  const shown = Math.round(percent * 10) / 10;
  return `${failures} of ${requests} requests failed (${shown} %); at most ${policy.maxErrorPercent} % may.`;
}
