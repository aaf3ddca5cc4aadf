import { systemActor } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import type { Clock } from "#lib/clock.ts";
import type { Fence } from "#store/store.ts";
import type { Reconciler } from "./reconciler.ts";

/** Actions of one pass; a plan with more goes on in the next pass. */
export const maxActionsPerPass = 200;

export interface PassReport {
  readonly saw: string;
  readonly did: string;
  readonly outcome: "idle" | "again";
}

/**
 * One pass of one key. The fence is asked before every action, so that nothing is begun once the lease is lost; an
 * action that is under way is stopped by the signal, and its late writes by the epoch that they carry.
 */
export async function runPass<Observed, Action>(
  reconciler: Reconciler<Observed, Action>,
  key: string,
  context: {
    readonly epoch: number;
    readonly fence: () => Fence | undefined;
    readonly clock: Clock;
    readonly signal: AbortSignal;
  },
): Promise<PassReport> {
  const { clock, signal } = context;
  const observed = await reconciler.observe(key, signal);
  const planned = reconciler.plan(observed, clock.now());
  const saw = clip(reconciler.describe.observed(observed));
  const by = { actor: systemActor(`reconciler/${reconciler.name}`) };
  const did: string[] = [];
  let outcome: PassReport["outcome"] = planned.length > maxActionsPerPass ? "again" : "idle";
  for (const action of planned.slice(0, maxActionsPerPass)) {
    signal.throwIfAborted();
    const fence = context.fence();
    // A new epoch is a new leadership: what was observed under the old one may no longer be so.
    if (fence === undefined || fence.epoch !== context.epoch)
      throw new VdcError("fenced", `this process no longer leads ${reconciler.name}`);
    if ((await reconciler.act(action, { fence, signal, by })) === "again") outcome = "again";
    if (did.length < maxActionsNamed) did.push(reconciler.describe.action(action));
  }
  const more = planned.length - did.length;
  const didText = did.length === 0 ? "nothing" : did.join(", ") + (more > 0 ? ` and ${more} more` : "");
  return { saw, did: clip(didText), outcome };
}

const maxActionsNamed = 5;
const maxTextLength = 300;

function clip(text: string): string {
  return text.length <= maxTextLength ? text : `${text.slice(0, maxTextLength - 1)}…`;
}
