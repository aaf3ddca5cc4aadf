/** The console's only door to time; `src/lib/clock.ts` is the server's. */
export interface BrowserClock {
  /** Wall time, milliseconds since the Unix epoch. */
  now(): number;
  /** Calls `run` once after `ms`; the answer cancels it. */
  after(ms: number, run: () => void): () => void;
  /** Resolves after `ms`, or as soon as the signal aborts: callers look at the signal. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const browserClock: BrowserClock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const timer = setTimeout(done, ms);
      signal.addEventListener("abort", done, { once: true });
      function done() {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      }
    }),
};
