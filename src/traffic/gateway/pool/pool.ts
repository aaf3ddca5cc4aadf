import { assert } from "#lib/assert.ts";
import type { Random } from "#lib/random.ts";
import type { SnapshotMember, SnapshotPool } from "../../snapshot.ts";
import type {
  Denial,
  HoldCause,
  Member,
  Outcome,
  Pool,
  PoolCounters,
  PoolRequest,
} from "../pool-contract.ts";
import { Chooser } from "./chooser.ts";
import { denialsOf, type Denials } from "./denials.ts";
import { HoldQueue } from "./hold-queue.ts";
import { poolLimits } from "./limits.ts";
import { afterAnswer, afterCheck, endEjection } from "./member-health.ts";
import { PoolMember } from "./pool-member.ts";
import { quickRandom } from "./quick-random.ts";
import { RetryBudget } from "./retry-budget.ts";

export interface PoolOptions {
  readonly random: Random;
  /** Monotonic. */
  readonly now: number;
  /** Requests begin to wait, or members came that nobody knows yet: the health checker should look at once. */
  readonly onChecksWanted?: (pool: Pool) => void;
}

export function createPool(wanted: SnapshotPool, options: PoolOptions): Pool {
  return new BuiltinPool(wanted, options);
}

/**
 * Who gets the next request, and who waits.
 *
 * Invariant: a request that waits is granted or denied exactly once, or withdrawn, and is not called after that.
 * Invariant: no member is given a request when it has as many as its limit says, drains, or is not ready.
 * Invariant: those who wait come before those who come; a newcomer never passes them.
 */
class BuiltinPool implements Pool {
  readonly id: string;
  readonly counters: PoolCounters = {
    held: 0,
    denied: { "hold-deadline": 0, "hold-full": 0, stopped: 0, "no-members": 0 },
    ejections: 0,
    retries: 0,
    retriesRefused: 0,
    panicked: 0,
  };
  unreadyCount = 0;

  readonly #onChecksWanted: ((pool: Pool) => void) | undefined;
  readonly #chooser: Chooser;
  readonly #queue: HoldQueue;
  readonly #budget = new RetryBudget();
  #wanted: SnapshotPool;
  #denials: Denials;
  #members: readonly PoolMember[] = [];
  #activeCount = 0;
  #ejectedCount = 0;
  /** In the members of now together. */
  #inFlight = 0;
  #isGranting = false;

  constructor(wanted: SnapshotPool, options: PoolOptions) {
    const random = quickRandom(options.random);
    this.id = wanted.id;
    this.#wanted = wanted;
    this.#denials = denialsOf(wanted);
    this.#onChecksWanted = options.onChecksWanted;
    this.#chooser = new Chooser(random);
    this.#queue = new HoldQueue(Math.floor(random.fraction() * 2 ** 32));
    this.update(wanted, options.now);
  }

  get members(): readonly Member[] {
    return this.#members;
  }

  get wanted(): SnapshotPool {
    return this.#wanted;
  }

  get holding(): number {
    return this.#queue.size;
  }

  get holdCause(): HoldCause | undefined {
    if (this.#queue.size === 0) return undefined;
    return this.#chooser.readyCount === 0 ? "no-instance" : "concurrency";
  }

  acquire(request: PoolRequest, now: number): Member | Denial | undefined {
    if (this.#wanted.stopped) return this.#count(this.#denials.stopped);
    const member = this.#queue.size === 0 ? this.#chooser.choose(request, this.#inFlight, now) : undefined;
    if (member === undefined) return this.#hold(request, now);
    this.#take(member, now);
    return member;
  }

  withdraw(request: PoolRequest): void {
    this.#queue.remove(request);
  }

  release(member: Member, outcome: Outcome, now: number): void {
    const own = member as PoolMember; // only a pool makes members, and each is given back to its own
    const { inFlight } = own;
    assert(inFlight > 0, "each member that was given is released once");
    own.inFlight -= 1;
    if (!own.isGone) this.#inFlight -= 1;
    if (outcome.failure === "none" && outcome.status >= 200 && outcome.status < 500) {
      own.limit.answered(outcome.responseMs, inFlight, now);
      own.concurrencyLimit = own.limit.value;
    }
    if (!own.isGone && afterAnswer(own, outcome, this.#wanted.policy, now, this.#mayEject)) {
      if (own.health === "ejected") this.counters.ejections += 1;
      this.#readinessChanged();
    }
    if (this.#queue.size > 0) this.#grantWaiting(now);
  }

  spendRetry(now: number): boolean {
    const may = this.#budget.spend(this.#wanted.policy.retry.budgetPercent, now);
    if (may) this.counters.retries += 1;
    else this.counters.retriesRefused += 1;
    return may;
  }

  update(wanted: SnapshotPool, now: number): void {
    this.#wanted = wanted;
    this.#denials = denialsOf(wanted);
    this.#replaceMembers(wanted.members);
    this.#chooser.setMembers(this.#members, wanted);
    this.#readinessChanged();
    if (wanted.stopped) this.#denyWhere(() => true, this.#denials.stopped, now);
    this.#grantWaiting(now);
    if (this.unreadyCount > 0) this.#onChecksWanted?.(this);
  }

  tick(now: number): void {
    if (this.#ejectedCount > 0) {
      let hasEnded = false;
      for (const member of this.#members) if (endEjection(member, this.#wanted.policy, now)) hasEnded = true;
      if (hasEnded) this.#readinessChanged();
    }
    if (this.#queue.size === 0) return;
    this.#grantWaiting(now); // before deadlines are kept: whoever can be served is
    if (now >= this.#queue.earliestDeadline) this.#endWaits(now);
  }

  reportCheck(member: Member, ok: boolean, now: number, reachable = ok): void {
    const own = member as PoolMember; // as in `release`
    if (own.isGone || !afterCheck(own, { ok, reachable }, this.#wanted.policy, now)) return;
    this.#readinessChanged();
    this.#grantWaiting(now);
  }

  readonly #mayEject = (): boolean =>
    this.#ejectedCount + 1 <= Math.floor(this.#activeCount * poolLimits.ejectedShare);

  #take(member: PoolMember, now: number): void {
    member.inFlight += 1;
    member.requests += 1;
    this.#inFlight += 1;
    if (this.#chooser.panics && member.health !== "healthy") this.counters.panicked += 1;
    this.#budget.countRequest(now);
  }

  #hold(request: PoolRequest, now: number): Denial | undefined {
    const { maxMs, maxRequests, maxBytes } = this.#wanted.policy.hold;
    if (maxMs === 0 || maxRequests === 0 || request.holdUntil <= now) {
      if (this.#chooser.readyCount === 0) return this.#count(this.#denials.noMembers);
      return this.#count(request.holdUntil <= now ? this.#denials.busy : this.#denials.full);
    }
    if (request.heldBytes > maxBytes) return this.#count(this.#denials.full);
    while (this.#queue.size >= maxRequests)
      if (!this.#displaceFor(request, "size", now)) return this.#count(this.#denials.full);
    while (this.#queue.bytes + request.heldBytes > maxBytes)
      if (!this.#displaceFor(request, "bytes", now)) return this.#count(this.#denials.full);
    this.#queue.push(request, now);
    this.counters.held += 1;
    if (this.#queue.size === 1 && this.unreadyCount > 0) this.#onChecksWanted?.(this);
    return undefined;
  }

  /** Makes room by ending the wait of somebody who has more in the queue; each time the queue gets shorter by one. */
  #displaceFor(request: PoolRequest, by: "size" | "bytes", now: number): boolean {
    const victim = this.#queue.victimFor(request, by);
    if (victim === undefined) return false;
    this.#queue.remove(victim);
    victim.denied(this.#count(this.#denials.full), now - victim.heldSince);
    return true;
  }

  /**
   * Gives members to those who wait, as long as there is one with room. What is called may call this pool again; then the
   * outer round goes on with what that left.
   */
  #grantWaiting(now: number): void {
    if (this.#isGranting) return;
    this.#isGranting = true;
    try {
      for (let request = this.#queue.peek(); request !== undefined; request = this.#queue.peek()) {
        const member = this.#chooser.choose(request, this.#inFlight, now);
        if (member === undefined) return;
        this.#queue.shift();
        this.#take(member, now);
        request.granted(member, now - request.heldSince);
      }
    } finally {
      this.#isGranting = false;
    }
  }

  #endWaits(now: number): void {
    const denial = this.#chooser.readyCount === 0 ? this.#denials.notReady : this.#denials.busy;
    this.#queue.removeExpired(now, (request) => request.denied(this.#count(denial), now - request.heldSince));
  }

  #denyWhere(isMeant: (request: PoolRequest) => boolean, denial: Denial, now: number): void {
    this.#queue.removeWhere(isMeant, (request) =>
      request.denied(this.#count(denial), now - request.heldSince),
    );
  }

  #count(denial: Denial): Denial {
    this.counters.denied[denial.why] += 1;
    return denial;
  }

  #replaceMembers(wanted: readonly SnapshotMember[]): void {
    const gone = new Map(this.#members.map((member) => [member.id, member]));
    this.#members = wanted.map((one) => {
      const known = gone.get(one.id);
      // An instance that came back on another port is another process: nothing that is known of the old one holds.
      if (known === undefined || known.address !== one.address || known.port !== one.port)
        return new PoolMember(this, one);
      gone.delete(one.id);
      this.#updateMember(known, one);
      return known;
    });
    for (const member of gone.values()) {
      member.isGone = true;
      member.readyIn = undefined;
      member.connections?.removed();
    }
    this.#inFlight = this.#members.reduce((sum, member) => sum + member.inFlight, 0);
  }

  #updateMember(member: PoolMember, wanted: SnapshotMember): void {
    const wasActive = member.isActive;
    member.wanted = wanted;
    member.name = wanted.name;
    const { perInstance, learn } = this.#wanted.policy.concurrency;
    member.limit.configure(perInstance, learn);
    member.concurrencyLimit = member.limit.value;
    if (wasActive && !member.isActive) member.connections?.removed();
  }

  #readinessChanged(): void {
    this.#chooser.setReadiness(this.#members, this.#wanted);
    this.#activeCount = 0;
    this.#ejectedCount = 0;
    this.unreadyCount = 0;
    for (const { isActive, health } of this.#members) {
      if (!isActive) continue;
      this.#activeCount += 1;
      if (health === "ejected") this.#ejectedCount += 1;
      if (health === "unknown" || health === "unhealthy") this.unreadyCount += 1;
    }
  }
}
