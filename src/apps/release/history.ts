import type { AppAction } from "../actions.ts";
import type { World } from "../world.ts";

/** Releases of one app that are kept, beside those that are in use. */
export const keptReleases = 50;
/** At most this many go in one pass. */
const batch = 20;

/** Forgets the oldest releases; never the newest, the last good one, or one that an instance is of. */
export function planHistory({ observed, newest, good }: World): readonly AppAction[] {
  const { releases, instances } = observed;
  const over = releases.length - keptReleases;
  if (over <= 0) return [];
  const used = new Set([newest, good].map((release) => release?.spec.number));
  for (const { spec } of instances) used.add(spec.release);
  const gone = releases.slice(0, over).filter(({ spec }) => !used.has(spec.number));
  return gone.length === 0 ? [] : [{ do: "delete-releases", releases: gone.slice(0, batch) }];
}
