import { assert } from "#lib/assert.ts";

/** A copy of the component that is meant to run. What drains or is stopped is not among them. */
export interface Copy {
  readonly id: string;
  /** Of the release that is wanted, and not marked to be replaced. */
  readonly isNew: boolean;
  /** Serves, or has done what it had to. */
  readonly isReady: boolean;
  /** Ready for as long as the rollout wants to watch it; an old copy is watched when it is ready. */
  readonly isWatched: boolean;
  /** Has nothing to do, as a scaler saw it. */
  readonly isSpare: boolean;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

export interface RollInput {
  readonly copies: readonly Copy[];
  /** Copies wanted in the end. */
  readonly wanted: number;
  /** New copies wanted now: fewer than `wanted` while a canary is watched. */
  readonly wantedNew: number;
  readonly maxSurge: number;
  readonly maxUnavailable: number;
  /** Old ones end before the first new one begins. */
  readonly isAllAtOnce: boolean;
  /** Old copies that are not gone yet, the draining among them; they matter for all at once alone. */
  readonly oldPresent: number;
  /** False while a hook or another component has to come first. */
  readonly mayStart: boolean;
  /** False while the new release still has to prove itself before an old copy goes. */
  readonly mayDrainOld: boolean;
}

export interface Roll {
  readonly start: number;
  readonly drain: readonly string[];
}

/**
 * The next moves of one component from what runs to what is wanted. Pure; called again after each change.
 *
 * Invariant: unless all at once, as long as `wanted - maxUnavailable` copies are ready, no fewer stay ready by what is drained here.
 * Invariant: never more than `wanted + maxSurge` copies are meant to run by what is started here.
 */
export function roll(input: RollInput): Roll {
  const { copies, wanted, wantedNew } = input;
  assert(wantedNew <= wanted, "a canary is a part of what is wanted");
  if (input.isAllAtOnce && copies.some((copy) => !copy.isNew))
    return { start: 0, drain: copies.filter((copy) => !copy.isNew).map(({ id }) => id) };
  const fresh = copies.filter((copy) => copy.isNew);
  const drain = input.isAllAtOnce ? excess(input, fresh) : drainRolling(input, fresh);
  const left = copies.length - drain.length;
  const blocked = !input.mayStart || (input.isAllAtOnce && input.oldPresent > 0);
  const room = wanted + surgeOf(input) - left;
  const start = blocked ? 0 : Math.max(0, Math.min(wantedNew - fresh.length, room));
  return { start, drain };
}

/** With neither surge nor absence allowed nothing could ever move: then one more may run. */
function surgeOf({ maxSurge, maxUnavailable }: RollInput): number {
  return maxSurge === 0 && maxUnavailable === 0 ? 1 : maxSurge;
}

function drainRolling(input: RollInput, fresh: readonly Copy[]): readonly string[] {
  const old = input.copies.filter((copy) => !copy.isNew);
  const drain = [...excess(input, fresh)];
  // A canary, and a release that has to prove itself, take the places that they need and no more.
  const isLimited = input.wantedNew < input.wanted || !input.mayDrainOld;
  const wantedNow = input.mayDrainOld ? input.wantedNew : Math.min(1, input.wantedNew);
  const missing = Math.max(0, wantedNow - fresh.length);
  const cap = input.wanted + surgeOf(input);
  const forRoom = Math.max(0, input.copies.length - drain.length + missing - cap);
  const hasProof = fresh.some((copy) => copy.isWatched) || input.wanted === 0;
  let ready = readyLeft(input, drain, (copy) => copy.isWatched);
  let drained = 0;
  for (const copy of leastUseful(old)) {
    if (isLimited && drained >= forRoom) break;
    if (copy.isReady && ready - 1 < floorOf(input)) continue;
    if (!copy.isReady && drained >= forRoom && !hasProof) continue;
    drain.push(copy.id);
    drained += 1;
    if (copy.isReady) ready -= 1;
  }
  return drain;
}

/** New copies beyond what is wanted: scaled down. */
function excess(input: RollInput, fresh: readonly Copy[]): readonly string[] {
  const drain: string[] = [];
  let ready = readyLeft(input, drain, (copy) => copy.isReady);
  for (const copy of leastUseful(fresh)) {
    if (fresh.length - drain.length <= input.wanted) break;
    if (copy.isReady && ready - 1 < floorOf(input)) continue;
    drain.push(copy.id);
    if (copy.isReady) ready -= 1;
  }
  return drain;
}

function floorOf({ wanted, maxUnavailable }: RollInput): number {
  return Math.max(0, wanted - maxUnavailable);
}

function readyLeft({ copies }: RollInput, drain: readonly string[], counts: (copy: Copy) => boolean): number {
  return copies.filter((copy) => copy.isReady && counts(copy) && !drain.includes(copy.id)).length;
}

/** Those that are not ready first, then the spare, then the youngest: they have the least to lose. */
function leastUseful(copies: readonly Copy[]): readonly Copy[] {
  return copies.toSorted(
    (a, b) =>
      Number(a.isReady) - Number(b.isReady) ||
      Number(b.isSpare) - Number(a.isSpare) ||
      b.createdAt - a.createdAt ||
      (a.id < b.id ? -1 : 1),
  );
}
