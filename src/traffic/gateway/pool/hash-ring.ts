import { poolLimits } from "./limits.ts";
import { hasRoom } from "./balance.ts";
import type { PoolMember } from "./pool-member.ts";
import type { ReadyGroup } from "./ready-groups.ts";

/** Points take 32 bits and members' indexes the 20 bits below: together exact in a double, and sorted without comparing by a function. */
const indexes = 2 ** 20;

/**
 * Consistent hashing: a member that goes gives only its own keys away. All active members have points, also those that are not
 * ready: a short illness moves keys to a neighbour and back, and the ring is only made when the list of members changes.
 */
export class HashRing {
  readonly #points: Float64Array;
  readonly #members: readonly PoolMember[];

  constructor(members: readonly PoolMember[]) {
    this.#members = members;
    const wished = Math.floor(poolLimits.ringPoints / Math.max(1, members.length));
    const each = Math.min(poolLimits.ringPointsMost, Math.max(poolLimits.ringPointsLeast, wished));
    this.#points = new Float64Array(members.length * each);
    for (const [index, member] of members.entries()) {
      const seed = hashText(member.id);
      for (let point = 0; point < each; point += 1)
        this.#points[index * each + point] = mix(seed + Math.imul(point, 0x9e3779b1)) * indexes + index;
    }
    this.#points.sort();
  }

  /** The first ready one after the key with less than `loadBound` requests; the caller falls back when there is none. */
  find(key: number, loadBound: number, group: ReadyGroup, avoid: unknown): PoolMember | undefined {
    const count = this.#points.length;
    const start = this.#firstAfter(mix(key));
    for (let step = 0; step < count; step += 1) {
      const point = this.#points[(start + step) % count] ?? 0;
      const member = this.#members[point % indexes];
      if (member === undefined || !hasRoom(member) || member.inFlight >= loadBound) continue;
      if (member.readyIn === group && member !== avoid) return member;
    }
    return undefined;
  }

  #firstAfter(hash: number): number {
    const wanted = hash * indexes;
    let low = 0;
    let high = this.#points.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#points[middle] ?? 0) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** FNV-1a, 32 bits. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash;
}

/** The finaliser of MurmurHash3: every bit of the key counts for every bit of the point. */
function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
