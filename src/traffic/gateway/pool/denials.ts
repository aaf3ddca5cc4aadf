import type { SnapshotPool } from "../../snapshot.ts";
import type { Denial } from "../pool-contract.ts";
import { retryAfterSeconds } from "./limits.ts";

/** Every answer that a pool can give instead of a member, made once for each snapshot. */
export interface Denials {
  readonly stopped: Denial;
  /** None is ready, and waiting is not allowed. */
  readonly noMembers: Denial;
  readonly full: Denial;
  /** Waited too long for a member to become ready. */
  readonly notReady: Denial;
  /** Waited too long for a member to have room. */
  readonly busy: Denial;
}

export function denialsOf(wanted: SnapshotPool): Denials {
  const { app, component } = wanted;
  const notReady = wanted.holdReason ?? "no instance is ready yet";
  return {
    stopped: denial("stopped", `The app ${app} is stopped.`, retryAfterSeconds.stopped),
    noMembers: denial("no-members", `${app}/${component}: ${notReady}.`, retryAfterSeconds.waiting),
    full: denial("hold-full", `${app}/${component}: too many requests are waiting.`, retryAfterSeconds.full),
    notReady: denial("hold-deadline", `${app}/${component}: ${notReady}.`, retryAfterSeconds.waiting),
    busy: denial(
      "hold-deadline",
      `${app}/${component}: every instance has as many requests as it can take.`,
      retryAfterSeconds.waiting,
    ),
  };
}

function denial(why: Denial["why"], reason: string, seconds: number): Denial {
  return Object.freeze({ why, reason, retryAfterSeconds: seconds });
}
