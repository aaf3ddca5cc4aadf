import { readFile } from "node:fs/promises";
import type { Affected, Cause, Impact, Effect } from "#api/incidents.ts";
import type { Clock } from "#lib/clock.ts";

/** How old what was read may be. */
const readEveryMs = 1_000;

interface Active {
  readonly id: string;
  readonly cause: Cause;
  readonly effects: readonly Effect[];
  readonly impact: Impact;
  readonly affected: Affected;
}

const none: Readonly<Record<string, string>> = {};

/**
 * Open incidents, for a header of the answers to those concerned: `x-vdc-incident: ID; impact=none; effects=durability`. Read from the file that the status process writes, behind the
 * requests' back; without it there is no header.
 */
export class ActiveIncidents {
  readonly #file: string;
  readonly #clock: Clock;
  #readAt = -Infinity;
  #active: readonly Active[] = [];

  constructor(file: string, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  headersFor(project: string | undefined, bucket: string | undefined): Readonly<Record<string, string>> {
    this.#refresh();
    const own = this.#active.filter(({ affected }) => concerns(affected, project, bucket));
    if (own.length === 0) return none;
    const value = own
      .slice(0, 3)
      .map(({ id, impact, effects }) => `${id}; impact=${impact}; effects=${effects.join("+")}`);
    return { "x-vdc-incident": value.join(", ") };
  }

  #refresh(): void {
    const now = this.#clock.monotonic();
    if (now - this.#readAt < readEveryMs) return;
    this.#readAt = now;
    readFile(this.#file, "utf8").then(
      (text) => (this.#active = (JSON.parse(text) as { readonly incidents: readonly Active[] }).incidents), // our own process writes it, whole
      () => (this.#active = []), // no status process, or nothing said yet
    );
  }
}

function concerns(
  { everyone, projects }: Affected,
  project: string | undefined,
  bucket: string | undefined,
): boolean {
  if (everyone) return true;
  const own = projects.find((one) => one.project === project);
  if (own === undefined) return false;
  return own.buckets.length === 0 || (bucket !== undefined && own.buckets.includes(bucket));
}
