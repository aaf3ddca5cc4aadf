import type { Affected, Signal } from "#api/incidents.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import { startReporting } from "#main/status/report.ts";
import type { StoreCounter } from "#objects/admin.ts";
import type { Finding } from "#objects/catalog.ts";
import type { DriveView } from "#objects/records.ts";
import { storeLayout } from "#objects/drive/layout.ts";
import { storeSignals, type StoreState } from "#objects/signals/store-signals.ts";
import { AffectedBuckets } from "./affected.ts";
import type { CatalogProcess } from "./catalog-process.ts";

const nobody: Affected = { everyone: false, projects: [] };

/** Tells the status process how the store is, before any client could notice. */
export class StoreReporter {
  readonly #process: CatalogProcess;
  readonly #ports: { readonly socket: string; readonly clock: Clock; readonly log: Log };
  readonly #affected: AffectedBuckets;
  #reporting: { stop(isLeaving: boolean): Promise<void> } | undefined;
  #holdingSince: number | undefined;
  /** By drive: when damage was last found there. */
  readonly #damage = new Map<number, number>();

  constructor(
    process: CatalogProcess,
    ports: { readonly socket: string; readonly clock: Clock; readonly log: Log },
  ) {
    this.#process = process;
    this.#ports = ports;
    this.#affected = new AffectedBuckets(ports.clock);
  }

  start(): void {
    this.#reporting = startReporting({
      from: "catalog",
      ...this.#ports,
      signals: async () => await this.signals(),
    });
  }

  async stop(): Promise<void> {
    await this.#reporting?.stop(true);
  }

  noteFindings(findings: readonly Finding[]): void {
    for (const { kind, drive } of findings)
      if (kind === "checksum-mismatch") this.#damage.set(drive, this.#ports.clock.now());
  }

  async signals(): Promise<readonly Signal[]> {
    const process = this.#process;
    const now = this.#ports.clock.now();
    const drives = process.drives?.views() ?? [];
    const status = this.#state(drives);
    this.#holdingSince = status.phase === "holding" ? (this.#holdingSince ?? now) : undefined;
    const troubled = drives.filter(
      ({ state, freeBytes, totalBytes }) => state !== "ok" || freeBytes < totalBytes / 5,
    );
    const affected = new Map<number, Affected>();
    if (process.isServing)
      for (const { number } of [...troubled, ...[...this.#damage.keys()].map((drive) => ({ number: drive }))])
        affected.set(number, await this.#affected.of(process.store, number));
    const [damage] = [...this.#damage].toSorted((a, b) => b[1] - a[1]);
    return storeSignals(
      {
        status,
        drives,
        affectedBy: (drive) => affected.get(drive) ?? nobody,
        ...(damage === undefined
          ? {}
          : { damaged: { affected: affected.get(damage[0]) ?? nobody, lastAt: damage[1] } }),
        ...(this.#holdingSince === undefined ? {} : { holdingSince: this.#holdingSince }),
      },
      now,
    );
  }

  /** Cheap: it is asked each second. */
  #state(drives: readonly DriveView[]): StoreState {
    const { isServing, reason, counters } = this.#process;
    const { m } = storeLayout(Math.max(1, drives.length));
    const lost = drives.filter(
      ({ state }) => state !== "ok" && state !== "full" && state !== "draining",
    ).length;
    const count = (name: StoreCounter) => counters.get(name) ?? 0;
    return {
      phase: isServing ? "serving" : reason === undefined ? "starting" : "holding",
      ...(reason === undefined ? {} : { reason }),
      margin: Math.max(0, m - lost),
      counters: {
        hedges: count("hedges"),
        insideRetries: count("insideRetries"),
        heldRequests: count("heldRequests"),
        checksumMismatches: count("checksumMismatches"),
        repairedShards: count("repairedShards"),
        brokenPromises: count("brokenPromises"),
        segmentMoves: count("segmentMoves"),
        droppedEvents: count("droppedEvents"),
      },
    };
  }
}
