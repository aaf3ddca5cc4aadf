import type { ObjectDetail } from "#api/objects.ts";

type Extent = ObjectDetail["extents"][number];

export interface ShardHealth {
  readonly tone: "good" | "warn" | "bad";
  readonly text: string;
}

/** How an object's shards are, in a sentence: what could still fail decides. */
export function shardHealth(extents: readonly Extent[]): ShardHealth {
  const margins = extents.map(marginOf);
  const margin = Math.min(...margins);
  const lost = extents.flatMap(({ shards }) => shards).filter(isLost).length;
  if (margin < 0) return { tone: "bad", text: "Too many shards are lost: a part of it cannot be read" };
  const reserve =
    margin === 0 ? "no drive may fail" : `${margin} more ${margin === 1 ? "drive" : "drives"} may fail`;
  if (lost > 0)
    return {
      tone: "warn",
      text: `${lost} ${lost === 1 ? "shard is" : "shards are"} being rebuilt; until then ${reserve}`,
    };
  return { tone: margin === 0 ? "warn" : "good", text: `Nothing is missing; ${reserve}` };
}

/** Shards that may still be lost with nothing lost; negative when it is too late. */
function marginOf({ m, shards }: Extent): number {
  return m - shards.filter(isLost).length;
}

function isLost({ state }: Extent["shards"][number]): boolean {
  return state === "missing" || state === "damaged";
}
