import type { DriveState } from "#objects/records.ts";

export interface EnsembleCandidate {
  readonly number: number;
  readonly state: DriveState;
  /** It failed or was late a short while ago. */
  readonly isPenalized: boolean;
}

/** Lower is better. Undefined: never written. */
function tier(candidate: EnsembleCandidate): number | undefined {
  switch (candidate.state) {
    case "ok":
      return candidate.isPenalized ? 2 : 0;
    // Full drives keep headroom for this: removals must always work.
    case "full":
    case "draining":
      return candidate.isPenalized ? 3 : 1;
    case "suspect":
      return 3;
    case "readonly":
    case "missing":
    case "wrong":
    case "stale":
    case "failed":
      return undefined;
  }
}

/**
 * The drives for the next segment: up to `copies` good ones; those that failed or stalled lately only when fewer than `acks` are left otherwise, for a third
 * copy on a drive that stalls makes the segment move again. `rotation` spreads segments evenly. Undefined when even `acks` cannot be found.
 */
export function chooseEnsemble(
  candidates: readonly EnsembleCandidate[],
  want: { readonly copies: number; readonly acks: number; readonly rotation: number },
): readonly number[] | undefined {
  const usable = candidates
    .map((candidate) => ({ number: candidate.number, tier: tier(candidate) }))
    .filter((one): one is { number: number; tier: number } => one.tier !== undefined)
    .toSorted((a, b) => a.number - b.number);
  const turn = usable.length === 0 ? 0 : want.rotation % usable.length;
  const inTurn = [...usable.slice(turn), ...usable.slice(0, turn)].toSorted((a, b) => a.tier - b.tier);
  const good = inTurn.filter((one) => one.tier <= 1).slice(0, want.copies);
  const chosen = good.length >= want.acks ? good : inTurn.slice(0, want.acks);
  return chosen.length < want.acks ? undefined : chosen.map((one) => one.number);
}
