import type { GatewayPorts } from "../gateway-contract.ts";
import type { Member, Pool } from "../pool-contract.ts";
import { startCheck, type Check, type CheckResult } from "./check.ts";
import { healthLimits } from "./limits.ts";

/** Looks after the members of all pools, and tells each pool what it found. One timer for all. */
export interface HealthChecker {
  /** The pools of the snapshot that is in use now; checks of members that went are given up. */
  watch(pools: readonly Pool[]): void;
  /** Something changed that somebody may wait for; the pools' `onChecksWanted`. Looks within the same turn of the loop. */
  wake(): void;
  stop(): void;
}

/** What is known of one member's checks. */
interface Watched {
  readonly member: Member;
  readonly since: number;
  nextAt: number;
  /** Gap of urgent checks; 0 while nothing is urgent. */
  gapMs: number;
  running: Check | undefined;
}

/**
 * A member that is ready is asked each `intervalMs`. One that is not, and that is new or has requests waiting for it, is asked after
 * 50 ms, then with growing gaps up to 250 ms: the hold ends with the member's first sign of life. Draining members are left alone.
 */
export function createHealthChecker(ports: Pick<GatewayPorts, "connect" | "clock">): HealthChecker {
  return new Sweeper(ports);
}

class Sweeper implements HealthChecker {
  readonly #ports: Pick<GatewayPorts, "connect" | "clock">;
  #watched = new Map<Member, Watched>();
  /** The same in the order in which they are looked at, and where the next look begins: nobody is always last. */
  #order: readonly Watched[] = [];
  #from = 0;
  #running = 0;
  #timer: Disposable | undefined;
  #timerAt = 0;
  #isStopped = false;

  constructor(ports: Pick<GatewayPorts, "connect" | "clock">) {
    this.#ports = ports;
  }

  watch(pools: readonly Pool[]): void {
    const now = this.#ports.clock.monotonic();
    const before = this.#watched;
    this.#watched = new Map();
    for (const pool of pools)
      for (const member of pool.members) {
        if (member.wanted.state === "draining") continue;
        const known = before.get(member);
        before.delete(member);
        this.#watched.set(member, known ?? { member, since: now, nextAt: now, gapMs: 0, running: undefined });
      }
    for (const gone of before.values()) this.#giveUp(gone);
    this.#order = [...this.#watched.values()];
    this.wake();
  }

  wake(): void {
    if (this.#isStopped) return;
    this.#lookAgainIn(0);
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.[Symbol.dispose]();
    for (const watched of this.#watched.values()) this.#giveUp(watched);
    this.#watched.clear();
    this.#order = [];
  }

  /** Starts what is due, and sets the timer for what is due next. */
  #sweep(): void {
    const now = this.#ports.clock.monotonic();
    let next = now + healthLimits.sweepMaxMs;
    const count = this.#order.length;
    const start = this.#from;
    for (let step = 0; step < count; step += 1) {
      const watched = this.#order[(start + step) % count];
      if (watched === undefined || watched.running !== undefined) continue;
      this.#considerUrgency(watched, now);
      if (watched.nextAt > now) next = Math.min(next, watched.nextAt);
      else if (this.#running < healthLimits.checksAtOnce) this.#start(watched);
      else {
        this.#from = (start + step) % count;
        break; // the end of any check brings the next look
      }
    }
    this.#lookAgainIn(Math.max(healthLimits.sweepMinMs, next - now));
  }

  /** A member that becomes urgent is due now; one that is not any more goes back to its interval. */
  #considerUrgency(watched: Watched, now: number): void {
    const { member } = watched;
    const isReady = member.health === "healthy" || member.health === "ejected";
    const isUrgent = !isReady && (member.pool.holding > 0 || now - watched.since < healthLimits.newMs);
    if (isUrgent && watched.gapMs === 0) {
      watched.gapMs = healthLimits.urgentMs;
      watched.nextAt = Math.min(watched.nextAt, now);
    } else if (!isUrgent) watched.gapMs = 0;
  }

  #start(watched: Watched): void {
    const { member } = watched;
    const { host, policy } = member.pool.wanted;
    const { path, timeoutMs } = policy.health;
    this.#running += 1;
    watched.running = startCheck(
      { address: member.address, port: member.port, account: member.wanted.account, host, path, timeoutMs },
      this.#ports,
      (result) => this.#ended(watched, result),
    );
  }

  #ended(watched: Watched, { ok, reachable }: CheckResult): void {
    const { member } = watched;
    const now = this.#ports.clock.monotonic();
    watched.running = undefined;
    this.#running -= 1;
    member.pool.reportCheck(member, ok, now, reachable);
    this.#considerUrgency(watched, now);
    watched.nextAt = now + (watched.gapMs > 0 ? watched.gapMs : member.pool.wanted.policy.health.intervalMs);
    watched.gapMs = Math.min(healthLimits.urgentMaxMs, watched.gapMs * healthLimits.urgentGrowth);
    this.#lookAgainIn(healthLimits.sweepMinMs);
  }

  #giveUp(watched: Watched): void {
    if (watched.running === undefined) return;
    watched.running.cancel();
    watched.running = undefined;
    this.#running -= 1;
  }

  /** Looks again after `ms`, or earlier when that was arranged already. */
  #lookAgainIn(ms: number): void {
    if (this.#isStopped) return;
    const at = this.#ports.clock.monotonic() + ms;
    if (this.#timer !== undefined && this.#timerAt <= at) return;
    this.#timer?.[Symbol.dispose]();
    this.#timerAt = at;
    this.#timer = this.#ports.clock.after(ms, () => {
      this.#timer = undefined;
      this.#sweep();
    });
  }
}
