import { background } from "#lib/background.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Catalog, Finding } from "#objects/catalog.ts";
import type { ExtentRef } from "#objects/records.ts";

const sendEveryMs = 100;
/** Findings of different things that wait; a drive that fails altogether has said enough by then. */
const findingsMax = 2_000;
/** Extents of one call. */
const discardMax = 500;
/** Extents that wait; what is dropped is found by the garbage collector's scan. */
const discardWaitingMax = 10_000;

/** What a front tells the catalog behind its requests' back: together, and the same thing once. */
export class FrontReports {
  readonly #catalog: Pick<Catalog, "report" | "discard">;
  readonly #clock: Clock;
  readonly #log: Log;
  #findings = new Map<string, Finding>();
  #extents: ExtentRef[] = [];
  #isDue = false;

  constructor(catalog: Pick<Catalog, "report" | "discard">, clock: Clock, log: Log) {
    this.#catalog = catalog;
    this.#clock = clock;
    this.#log = log;
  }

  finding(finding: Finding): void {
    const { drive, kind, extentId = "", shard = "", segment = "" } = finding;
    const key = `${drive} ${kind} ${extentId} ${shard} ${segment}`;
    const known = this.#findings.get(key);
    if (known === undefined && this.#findings.size >= findingsMax) return;
    this.#findings.set(key, { ...finding, count: finding.count + (known?.count ?? 0) });
    this.#send();
  }

  discard(extents: readonly ExtentRef[]): void {
    if (this.#extents.length + extents.length > discardWaitingMax) return;
    this.#extents.push(...extents);
    this.#send();
  }

  #send(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#clock.after(sendEveryMs, () => background(this.#sendNow(), "objects.report", this.#log));
  }

  async #sendNow(): Promise<void> {
    this.#isDue = false;
    const findings = [...this.#findings.values()];
    this.#findings = new Map();
    const extents = this.#extents.splice(0, discardMax);
    if (this.#extents.length > 0) this.#send();
    if (findings.length > 0) await this.#catalog.report({ findings });
    if (extents.length > 0) await this.#catalog.discard({ extents });
  }
}
