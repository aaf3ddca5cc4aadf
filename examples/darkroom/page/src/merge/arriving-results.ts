import type { JobResult } from "#api/burst.ts";
import { fetchResults } from "../burst/order.ts";
import type { Blobs } from "../engine/blobs.ts";

/** Fetched with one question for addresses. */
const batch = 64;

/**
 * A job's results as they come: fetched, verified by their hashes, kept in memory, and told by name. A later result of a name replaces the earlier one, whose maker had lied.
 * What could not be fetched while the job runs is asked for once more in the end.
 */
export class ArrivingResults implements Disposable {
  readonly #blobs: Blobs;
  readonly #signal: AbortSignal;
  readonly #tell: (name: string, bytes: Uint8Array) => Promise<void>;
  /** The newest of each name. */
  readonly #newest = new Map<string, JobResult>();
  readonly #told = new Map<string, string>();
  readonly #waiting = new Set<string>();
  readonly #held = new Set<string>();
  #fetching: Promise<void> | undefined;

  constructor(blobs: Blobs, signal: AbortSignal, tell: (name: string, bytes: Uint8Array) => Promise<void>) {
    this.#blobs = blobs;
    this.#signal = signal;
    this.#tell = tell;
  }

  /** Takes news; what they name comes in its time. */
  take(results: readonly JobResult[]): void {
    for (const result of results) {
      this.#newest.set(result.name, result);
      if (!this.#isTold(result)) this.#waiting.add(result.name);
    }
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined;
    });
    // The end asks again, and is told why it fails.
    this.#fetching.catch(() => undefined);
  }

  /** All of them, by name; resolves when each was told. Rejects when one cannot be had. */
  async all(results: readonly JobResult[]): Promise<ReadonlyMap<string, string>> {
    await this.#fetching?.catch(() => undefined);
    this.take(results);
    for (const result of this.#newest.values()) if (!this.#isTold(result)) this.#waiting.add(result.name);
    await (this.#fetching ?? this.#fetch());
    return new Map(results.map(({ name, blob }) => [name, blob]));
  }

  /** Those that are here. */
  get here(): readonly JobResult[] {
    return [...this.#newest.values()].filter((result) => this.#isTold(result));
  }

  /** They may leave memory. */
  [Symbol.dispose](): void {
    for (const hash of this.#held) this.#blobs.release(hash);
    this.#held.clear();
  }

  #isTold({ name, blob }: JobResult): boolean {
    return this.#told.get(name) === blob;
  }

  async #fetch(): Promise<void> {
    while (this.#waiting.size > 0) {
      this.#signal.throwIfAborted();
      const names = [...this.#waiting].slice(0, batch);
      for (const name of names) this.#waiting.delete(name);
      const wanted = new Map<string, string[]>();
      for (const name of names) {
        const hash = this.#newest.get(name)?.blob ?? "";
        wanted.set(hash, [...(wanted.get(hash) ?? []), name]);
      }
      const telling: Promise<void>[] = [];
      const came = (hash: string) => {
        this.#hold(hash);
        const bytes = this.#blobs.get(hash);
        for (const name of wanted.get(hash) ?? []) {
          this.#told.set(name, hash);
          if (bytes !== undefined) telling.push(this.#tell(name, bytes));
        }
      };
      for (const hash of wanted.keys()) if (this.#blobs.get(hash) !== undefined) came(hash);
      await fetchResults([...wanted.keys()], this.#blobs, this.#signal, came);
      await Promise.all(telling);
    }
  }

  #hold(hash: string): void {
    if (this.#held.has(hash)) return;
    this.#held.add(hash);
    this.#blobs.hold(hash);
  }
}
