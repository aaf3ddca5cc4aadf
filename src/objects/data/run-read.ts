import type { DriveState } from "#objects/records.ts";
import type { DataPorts } from "./data-ports.ts";
import { findingOf } from "./drive-trouble.ts";
import type { ExtentSource, StripeRun } from "./extent-source.ts";
import type { HedgeBudget } from "./hedge-budget.ts";

/** Fewer than k shards can be read now. */
export class TooFewShards extends Error {
  override readonly name = "TooFewShards";
}

/** Who is asked first. States that are read like "ok" are 0. */
const stateRank: Readonly<Record<DriveState, number>> = {
  ok: 0,
  full: 0,
  readonly: 0,
  draining: 0,
  suspect: 1,
  stale: 2,
  failed: 2,
  wrong: 2,
  missing: 2,
};
const avoidedRank = 1;
/** A drive that takes so many times as long as the fastest is not asked for data when parity can do. */
const slowFactor = 8;
const slowMinMs = 20;

/**
 * Reads one run of stripes: the wanted data shards when their drives are well, otherwise any k. A shard that fails is replaced by another at once, one that is
 * late when the budget allows it. Resolves with verified chunks of all wanted shards, or of any k.
 */
export class RunRead {
  readonly #ports: DataPorts;
  readonly #budget: HedgeBudget;
  readonly #source: ExtentSource;
  readonly #run: StripeRun;
  readonly #wanted: readonly number[];
  readonly #order: readonly number[];
  readonly #got = new Map<number, Uint8Array>();
  readonly #running = new Set<number>();
  /** Started, and not counted on any more. */
  readonly #late = new Set<number>();
  readonly #started = new Set<number>();
  readonly #done = Promise.withResolvers<ReadonlyMap<number, Uint8Array>>();
  #isOver = false;

  constructor(
    ports: DataPorts,
    budget: HedgeBudget,
    source: ExtentSource,
    run: StripeRun,
    wanted: readonly number[],
  ) {
    this.#ports = ports;
    this.#budget = budget;
    this.#source = source;
    this.#run = run;
    this.#wanted = wanted;
    this.#order = this.#rankedShards();
  }

  async result(): Promise<ReadonlyMap<number, Uint8Array>> {
    const k = this.#source.geometry.k;
    const best = new Set(this.#order.slice(0, k));
    // Wanted shards on good drives are the best; when all are, no other is read.
    if (this.#wanted.every((shard) => best.has(shard))) for (const shard of this.#wanted) this.#start(shard);
    else for (const shard of best) this.#start(shard);
    this.#budget.earn(this.#started.size);
    const hedge = this.#ports.clock.after(this.#budget.hedgeMs, () => this.#hedge());
    this.#goOn();
    try {
      return await this.#done.promise;
    } finally {
      this.#isOver = true;
      hedge[Symbol.dispose]();
    }
  }

  #start(shard: number): void {
    const { clock, health } = this.#ports;
    const drive = this.#source.drive(shard);
    this.#started.add(shard);
    this.#running.add(shard);
    const begin = clock.monotonic();
    const trouble = clock.after(this.#budget.troubleMs, () => {
      this.#blame(shard, undefined);
      this.#giveUpOn([shard]);
    });
    const over = () => {
      trouble[Symbol.dispose]();
      this.#running.delete(shard);
      this.#late.delete(shard);
    };
    const read = async () => {
      try {
        const bytes = await this.#source.read(shard, this.#run);
        health.good(drive, clock.monotonic() - begin);
        over();
        this.#got.set(shard, bytes);
      } catch (error) {
        over();
        if (!this.#source.isClosed) this.#blame(shard, error);
      }
      this.#goOn();
    };
    read().catch((error: unknown) => this.#done.reject(error));
  }

  #hedge(): void {
    const late = [...this.#running].filter((shard) => !this.#late.has(shard));
    if (this.#isOver || !this.#budget.take(this.#extraWithout(late.length))) return;
    this.#giveUpOn(late);
  }

  #giveUpOn(late: readonly number[]): void {
    for (const shard of late) if (this.#running.has(shard)) this.#late.add(shard);
    if (this.#isOver) return;
    const before = this.#started.size;
    this.#goOn();
    if (this.#started.size > before) this.#ports.count("hedges");
  }

  /** How many reads it takes to do without `lateCount` of those that run. */
  #extraWithout(lateCount: number): number {
    const reliable = this.#running.size - this.#late.size - lateCount;
    return Math.max(1, this.#source.geometry.k - this.#got.size - reliable);
  }

  /** Ends when there is enough, otherwise sees to it that enough may come. */
  #goOn(): void {
    if (this.#isOver) return;
    const { k } = this.#source.geometry;
    if (this.#got.size >= k || this.#wanted.every((shard) => this.#got.has(shard))) {
      this.#isOver = true;
      this.#done.resolve(this.#got);
      return;
    }
    const isComing = (shard: number) =>
      this.#got.has(shard) || (this.#running.has(shard) && !this.#late.has(shard));
    if (this.#wanted.every(isComing)) return;
    for (const shard of this.#order) {
      if (this.#got.size + this.#running.size - this.#late.size >= k) return;
      if (!this.#started.has(shard)) this.#start(shard);
    }
    if (this.#running.size > 0) return;
    this.#isOver = true;
    this.#done.reject(new TooFewShards("fewer than k shards can be read"));
  }

  #blame(shard: number, error: unknown): void {
    const drive = this.#source.drive(shard);
    const finding = findingOf(drive, error, { extentId: this.#source.extent.id, shard });
    // A shard that is damaged or not there says nothing of how the drive answers.
    if (finding.kind === "checksum-mismatch") this.#ports.count("checksumMismatches");
    else if (finding.kind !== "missing-shard") this.#ports.health.trouble(drive);
    this.#ports.report(finding);
  }

  /** Shards that can be asked, best first: by the drive's state, then wanted ones, then data before parity. */
  #rankedShards(): readonly number[] {
    const { health } = this.#ports;
    const states = new Map(this.#ports.drives().map((drive) => [drive.number, drive.state]));
    const { drives, k } = this.#source.extent;
    const fastest = Math.min(...drives.filter((drive) => drive >= 0).map((drive) => health.readMs(drive)));
    const slowMs = Math.max(slowMinMs, fastest * slowFactor);
    const rank = (shard: number): number => {
      const drive = this.#source.drive(shard);
      const state = stateRank[states.get(drive) ?? "missing"];
      const isSlow = health.isAvoided(drive) || health.readMs(drive) > slowMs;
      const kind = this.#wanted.includes(shard) ? 0 : shard < k ? 1 : 2;
      return (state * 2 + (isSlow ? avoidedRank : 0)) * 3 + kind;
    };
    return drives
      .map((_, shard) => shard)
      .filter((shard) => this.#source.drive(shard) >= 0 && this.#ports.shards(this.#source.drive(shard)))
      .map((shard) => ({ shard, rank: rank(shard) }))
      .toSorted((a, b) => a.rank - b.rank)
      .map(({ shard }) => shard);
  }
}
