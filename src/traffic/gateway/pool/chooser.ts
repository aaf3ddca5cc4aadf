import type { Random } from "#lib/random.ts";
import type { SnapshotPool } from "../../snapshot.ts";
import type { PoolRequest } from "../pool-contract.ts";
import { hasRoom, leastLoad, roundRobin } from "./balance.ts";
import { HashRing } from "./hash-ring.ts";
import { poolLimits } from "./limits.ts";
import type { PoolMember } from "./pool-member.ts";
import { groupReady, readyMembers, type ReadyGroup } from "./ready-groups.ts";

/**
 * Which member a request gets, by the policy's balance, among those that are ready and have room. Invariant: `undefined` means that
 * no request at all could get one, so the first of those that wait speaks for all.
 */
export class Chooser {
  readonly #random: Random;
  #balance: SnapshotPool["policy"]["balance"] = "least-load";
  #ring = new HashRing([]);
  #groups: readonly ReadyGroup[] = [];
  #byId: ReadonlyMap<string, PoolMember> = new Map();
  readyCount = 0;
  /** Members that are not healthy are among those that are ready. */
  panics = false;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The list of members, or what is wanted of them, has changed. `setReadiness` has to follow. */
  setMembers(members: readonly PoolMember[], wanted: SnapshotPool): void {
    this.#balance = wanted.policy.balance;
    this.#byId = new Map(members.map((member) => [member.id, member]));
    this.#ring = new HashRing(this.#balance === "hash" ? members.filter((member) => member.isActive) : []);
  }

  /** Somebody's health has changed. */
  setReadiness(members: readonly PoolMember[], wanted: SnapshotPool): void {
    const { ready, panics } = readyMembers(members, wanted);
    this.#groups = groupReady(members, ready, wanted.shares);
    this.readyCount = this.#groups.reduce((sum, group) => sum + group.members.length, 0);
    this.panics = panics;
  }

  /** `inFlight`: requests in all members together. */
  choose(request: PoolRequest, inFlight: number, now: number): PoolMember | undefined {
    if (request.stickyId !== "") {
      const preferred = this.#byId.get(request.stickyId);
      if (preferred?.readyIn !== undefined && preferred !== request.avoid && hasRoom(preferred))
        return preferred;
    }
    const groups = this.#groups;
    const first = groups[0];
    if (first === undefined) return undefined;
    return groups.length === 1
      ? this.#chooseIn(first, request, inFlight, now)
      : this.#chooseByShare(request, inFlight, now);
  }

  /** A group by its share, and when nobody in it has room, another one by theirs. */
  #chooseByShare(request: PoolRequest, inFlight: number, now: number): PoolMember | undefined {
    let tried = 0; // a bit for each group; there are at most `poolLimits.groups`
    for (let round = 0; round < this.#groups.length; round += 1) {
      const index = this.#groupByShare(tried);
      const group = this.#groups[index];
      if (group === undefined) return undefined;
      const member = this.#chooseIn(group, request, inFlight, now);
      if (member !== undefined) return member;
      tried |= 1 << index;
    }
    return undefined;
  }

  #groupByShare(tried: number): number {
    let total = 0;
    for (let index = 0; index < this.#groups.length; index += 1)
      if ((tried & (1 << index)) === 0) total += this.#groups[index]?.share ?? 0;
    let point = this.#random.fraction() * total;
    let last = -1;
    for (let index = 0; index < this.#groups.length; index += 1) {
      if ((tried & (1 << index)) !== 0) continue;
      last = index;
      point -= this.#groups[index]?.share ?? 0;
      if (point < 0) return index;
    }
    return last; // the sum of the shares was rounded
  }

  #chooseIn(group: ReadyGroup, request: PoolRequest, inFlight: number, now: number): PoolMember | undefined {
    switch (this.#balance) {
      case "least-load":
        return leastLoad(group.members, request.avoid, this.#random, now);
      case "round-robin": {
        const index = roundRobin(group.members, group.next, request.avoid, this.#random, now);
        if (index >= 0) group.next = index + 1;
        return group.members[index];
      }
      case "hash": {
        const bound = Math.ceil((poolLimits.hashLoadBound * (inFlight + 1)) / Math.max(1, this.readyCount));
        return (
          this.#ring.find(request.hashKey, bound, group, request.avoid) ??
          leastLoad(group.members, request.avoid, this.#random, now)
        );
      }
    }
  }
}
