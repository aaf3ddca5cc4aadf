import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import type { CarePorts } from "#objects/care/care-ports.ts";
import { applyLifecycle } from "#objects/care/lifecycle-work.ts";
import { dueWorks } from "#objects/care/schedule.ts";
import { storeLayout } from "#objects/drive/layout.ts";
import type { CatalogProcess } from "./catalog-process.ts";

/** Lifecycle rules speak of days. */
const lifecycleEveryMs = 3_600_000;

/** The store of this process as its care sees it; whatever is open when it is asked. */
export function carePorts(
  process: CatalogProcess,
  ports: { readonly clock: Clock; readonly random: Random; readonly log: Log },
): CarePorts {
  return {
    ...ports,
    get catalog() {
      return process.store.catalog;
    },
    get rows() {
      return process.store.care;
    },
    get index() {
      return process.store.index;
    },
    get journal() {
      return process.store.journal;
    },
    get shards() {
      return process.shardCare();
    },
    buckets: () => process.store.configuration.buckets(),
    drives: () => process.drives?.views() ?? [],
    disk: (drive) => process.drives?.reachable(drive),
    count: (counter, by) => process.count(counter, by),
  };
}

/** Begins what is due by itself. Called after each look at the drives. */
export class CareSchedule {
  readonly #process: CatalogProcess;
  readonly #ports: CarePorts;
  readonly #begun = new Map<string, number>();
  #lifecycle: Promise<void> | undefined;

  constructor(process: CatalogProcess, ports: CarePorts) {
    this.#process = process;
    this.#ports = ports;
    this.#begun.set("scrub", ports.clock.monotonic());
  }

  /** Whether the newest drain of the drive came to its end. */
  #isEmptied(drive: number): boolean {
    const newest = this.#process.works.views().find((view) => view.work === "drain" && view.drive === drive);
    return newest?.state === "done";
  }

  tend(signal: AbortSignal): void {
    if (!this.#process.isServing) return;
    const { rows, journal, clock, log } = this.#ports;
    const now = clock.monotonic();
    const drives = this.#ports.drives();
    const segments = journal.segments();
    const due = dueWorks({
      now,
      wallNow: clock.now(),
      begun: this.#begun,
      running: new Set(
        this.#process.works.views().flatMap(({ work, state }) => (state === "running" ? [work] : [])),
      ),
      drives,
      repairsWait: rows.page("repair", undefined, 1).rows.length > 0,
      garbageWaits: rows.page("garbage", undefined, 1).rows.length > 0,
      segments,
      copies: Math.min(storeLayout(Math.max(1, drives.length)).copies, drives.length),
      holds: (drive) => segments.some(({ whole }) => whole.includes(drive)) || !this.#isEmptied(drive),
    });
    for (const { work, drive } of due) {
      this.#begun.set(drive === undefined ? work : `${work}/${drive}`, now);
      this.#process.works.start(work, drive);
    }
    if (
      this.#lifecycle === undefined &&
      now - (this.#begun.get("lifecycle") ?? -Infinity) >= lifecycleEveryMs
    ) {
      this.#begun.set("lifecycle", now);
      this.#lifecycle = applyLifecycle(this.#ports, signal)
        .then(
          (removed) => (removed > 0 ? log.info("care.lifecycle.done", { removed }) : undefined),
          (error: unknown) => log.error("care.lifecycle.failed", { error }),
        )
        .finally(() => (this.#lifecycle = undefined));
    }
  }
}
