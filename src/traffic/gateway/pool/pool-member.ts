import type { SnapshotMember } from "../../snapshot.ts";
import type { Member, MemberConnections, Pool } from "../pool-contract.ts";
import { ConcurrencyLimit } from "./concurrency-limit.ts";
import type { ReadyGroup } from "./ready-groups.ts";

/** A member with what the pool alone knows of it. One object for each instance at each address, in one fixed shape. */
export class PoolMember implements Member {
  readonly id: string;
  name: string;
  readonly address: string;
  readonly port: number;
  readonly pool: Pool;
  wanted: SnapshotMember;
  inFlight = 0;
  upgraded = 0;
  requests = 0;
  failures = 0;
  health: Member["health"] = "unknown";
  concurrencyLimit: number;
  connections: MemberConnections | undefined = undefined;

  /** It left the snapshot; what is in flight still ends. */
  isGone = false;
  limit: ConcurrencyLimit;
  /** The group in which it can be chosen now; `undefined`: it gets no requests. */
  readyIn: ReadyGroup | undefined = undefined;
  /** A member that never was healthy is starting, and no panic makes it a target. */
  wasHealthy = false;
  /** It accepted every connection since its last good check. What refused one and listens again is another process, which is starting. */
  isReachable = false;
  failuresInRow = 0;
  connectFailuresInRow = 0;
  checksPassed = 0;
  checksFailed = 0;
  /** Slow start: from when and until when its share grows. */
  rampFrom = 0;
  rampUntil = 0;
  ejectedUntil = 0;
  ejections = 0;

  constructor(pool: Pool, wanted: SnapshotMember) {
    this.id = wanted.id;
    this.name = wanted.name;
    this.address = wanted.address;
    this.port = wanted.port;
    this.pool = pool;
    this.wanted = wanted;
    const { perInstance, learn } = pool.wanted.policy.concurrency;
    this.limit = new ConcurrencyLimit(perInstance, learn);
    this.concurrencyLimit = this.limit.value;
  }

  get isActive(): boolean {
    return this.wanted.state === "active";
  }
}
