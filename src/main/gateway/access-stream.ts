/** Who may watch requests at once; control watches once for each app that anybody looks at. */
const maxWatchers = 64;
/** Lines that wait for one watcher, and lines that it gets in one second. What comes beyond is counted and dropped. */
export const watcherLimits = { maxWaiting: 500, maxPerSecond: 200 } as const;

/** Requests that ended, for those who watch: costs nothing while nobody does. */
export class AccessStream {
  readonly #watchers = new Set<Watcher>();
  readonly #ended = new AbortController();
  #dropped = 0;

  get isWatched(): boolean {
    return this.#watchers.size > 0;
  }

  get dropped(): number {
    return this.#dropped;
  }

  /** `line` is made only for those who get it. `second` is any clock's, in whole seconds. */
  publish(pool: string | undefined, second: number, line: () => string): void {
    for (const watcher of this.#watchers) {
      if (watcher.prefix !== "" && pool?.startsWith(watcher.prefix) !== true) continue;
      if (!watcher.offer(second, line)) this.#dropped += 1;
    }
  }

  /** Lines of requests to pools whose id begins so, until the signal aborts; undefined when too many watch already. */
  watch(prefix: string, signal: AbortSignal): AsyncIterable<string> | undefined {
    if (this.#watchers.size >= maxWatchers) return undefined;
    const either = AbortSignal.any([signal, this.#ended.signal]);
    const watcher = new Watcher(prefix, either);
    this.#watchers.add(watcher);
    either.addEventListener("abort", () => this.#watchers.delete(watcher), { once: true });
    return watcher.lines();
  }

  /** Ends what everybody watches. */
  end(): void {
    this.#ended.abort();
  }
}

class Watcher {
  readonly prefix: string;
  readonly #signal: AbortSignal;
  #waiting: string[] = [];
  #second = 0;
  #inSecond = 0;
  #wake: (() => void) | undefined;

  constructor(prefix: string, signal: AbortSignal) {
    this.prefix = prefix;
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#wake?.(), { once: true });
  }

  offer(second: number, line: () => string): boolean {
    if (second !== this.#second) {
      this.#second = second;
      this.#inSecond = 0;
    }
    if (this.#inSecond >= watcherLimits.maxPerSecond || this.#waiting.length >= watcherLimits.maxWaiting)
      return false;
    this.#inSecond += 1;
    this.#waiting.push(line());
    this.#wake?.();
    return true;
  }

  async *lines(): AsyncGenerator<string> {
    while (!this.#signal.aborted) {
      const lines = this.#waiting;
      this.#waiting = [];
      if (lines.length > 0) yield `${lines.join("\n")}\n`;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
