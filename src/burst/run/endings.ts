import type { Extras } from "./extras.ts";
import type { Grants } from "./grants.ts";
import type { JobState } from "./job-state.ts";
import { leasesOf, type LeaseRecord } from "./lease-record.ts";
import { runLimits } from "./limits.ts";
import type { Proofs } from "./proofs.ts";
import type { RunEvents } from "./run-events.ts";

/** How jobs and leases end. */
export class Endings {
  readonly #events: RunEvents;
  readonly #extras: Extras;
  readonly #grants: Grants;
  readonly #waitMs: number;
  readonly #proofs: Proofs;

  /** `waitMs`: a job whose tasks are all done waits so long for checks that run. */
  constructor(parts: {
    readonly events: RunEvents;
    readonly extras: Extras;
    readonly grants: Grants;
    readonly proofs: Proofs;
    readonly waitMs: number;
  }) {
    this.#events = parts.events;
    this.#extras = parts.extras;
    this.#grants = parts.grants;
    this.#waitMs = parts.waitMs;
    this.#proofs = parts.proofs;
  }

  /** The leases are over, and those who have them are told. */
  revoke(leases: readonly LeaseRecord[]): void {
    for (const lease of leases) this.#grants.end(lease);
    this.tellRevoked(leases);
  }

  fail(job: JobState, reason: string): void {
    if (job.ended) return;
    job.ended = true;
    this.revokeAll(job);
    this.#extras.forget(job);
    this.#proofs.forget(job);
    this.#events.ended(job, reason);
  }

  /** Checks that nobody could make do not keep a job; disputes do. */
  endIfDone(job: JobState, now: number): void {
    if (job.ended || !job.isDone || this.#extras.isDisputed(job)) return;
    job.doneMs ??= now;
    const waitedMs = now - job.doneMs;
    if (job.live.size > 0 && waitedMs < this.#waitMs) return;
    if (waitedMs < runLimits.proofWaitMs && this.#proofs.isMissing(job, now)) return;
    job.ended = true;
    this.revokeAll(job);
    this.#extras.forget(job);
    this.#proofs.forget(job);
    this.#events.ended(job, undefined);
  }

  revokeAll(job: JobState): void {
    const leases = [...job.live.keys()].flatMap((task) => [...leasesOf(job, task)]);
    for (const lease of leases) this.#grants.end(lease);
    this.tellRevoked(leases);
  }

  tellRevoked(leases: readonly LeaseRecord[]): void {
    if (leases.length === 0) return; // as with nearly every result
    for (const worker of new Set(leases.map((lease) => lease.worker)))
      if (worker.connected)
        this.#events.revoked(
          worker,
          leases.filter((lease) => lease.worker === worker),
        );
  }
}
