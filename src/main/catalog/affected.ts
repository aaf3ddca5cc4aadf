import type { Affected } from "#api/incidents.ts";
import type { Clock } from "#lib/clock.ts";
import { canaryProject } from "#objects/limits.ts";
import type { OpenStore } from "./store.ts";

/** Versions of a bucket that are looked at; a bucket of more is taken to be affected. */
const looked = 200;
/** What was found is believed for so long. */
const believedMs = 30_000;

/**
 * Whose buckets have something on a drive: shards → buckets → projects. Looks at the first versions of each bucket only; what it did not see it counts as affected, because a notice too
 * many is better than one too few.
 */
export class AffectedBuckets {
  readonly #clock: Clock;
  readonly #known = new Map<number, { readonly at: number; readonly affected: Affected }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async of(store: OpenStore, drive: number): Promise<Affected> {
    const now = this.#clock.monotonic();
    const known = this.#known.get(drive);
    if (known !== undefined && now - known.at < believedMs) return known.affected;
    const affected = await this.#find(store, drive);
    this.#known.set(drive, { at: now, affected });
    return affected;
  }

  async #find(store: OpenStore, drive: number): Promise<Affected> {
    const byProject = new Map<string, string[]>();
    const holdsInline = store.journal
      .segments()
      .some(({ whole, ensemble }) => whole.includes(drive) || ensemble.includes(drive));
    for (const { name, project } of store.configuration.buckets()) {
      if (project === canaryProject) continue;
      if (!(await this.#touches(store, name, drive, holdsInline))) continue;
      byProject.set(project, [...(byProject.get(project) ?? []), name]);
    }
    const projects = [...byProject].map(([project, buckets]) => ({
      project,
      buckets: buckets.slice(0, 1000),
    }));
    return { everyone: false, projects };
  }

  async #touches(store: OpenStore, bucket: string, drive: number, holdsInline: boolean): Promise<boolean> {
    const page = await store.catalog.listVersions({
      bucket,
      prefix: "",
      delimiter: "",
      limit: looked,
      keyMarker: "",
    });
    const versions = page.entries.flatMap((entry) => (entry.type === "version" ? [entry.version] : []));
    const isThere = versions.some(
      ({ data }) =>
        (data.at === "inline" && holdsInline) ||
        (data.at === "extents" && data.extents.some(({ drives }) => drives.includes(drive))),
    );
    return isThere || page.isTruncated;
  }
}
