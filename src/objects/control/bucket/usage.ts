import type { Clock } from "#lib/clock.ts";
import type { BucketUsage, CatalogAdmin } from "../../admin.ts";

/** What was counted is believed for this long, so that use alone changes a resource at most so often. */
export const countedForMs = 30_000;

/** The usage of every bucket as it was counted lately, by S3 name. One count serves the passes of all projects. */
export class CountedUsage {
  readonly #catalog: Pick<CatalogAdmin, "usage">;
  readonly #clock: Clock;
  #counted: { readonly at: number; readonly usage: Promise<ReadonlyMap<string, BucketUsage>> } | undefined;

  constructor(catalog: Pick<CatalogAdmin, "usage">, clock: Clock) {
    this.#catalog = catalog;
    this.#clock = clock;
  }

  async read(): Promise<ReadonlyMap<string, BucketUsage>> {
    const now = this.#clock.monotonic();
    if (this.#counted === undefined || now - this.#counted.at >= countedForMs)
      this.#counted = { at: now, usage: this.#count() };
    const { usage } = this.#counted;
    try {
      return await usage;
    } catch (error) {
      if (this.#counted?.usage === usage) this.#counted = undefined;
      throw error;
    }
  }

  async #count(): Promise<ReadonlyMap<string, BucketUsage>> {
    const all = await this.#catalog.usage({});
    return new Map(all.map((one) => [one.bucket, one]));
  }
}
