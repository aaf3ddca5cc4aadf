/** Does something at most once in so many milliseconds, however often it is asked to; the last time is never left out. */
export function throttled(eachMs: number, act: () => void): () => void {
  let actedMs = -Infinity;
  let waiting: ReturnType<typeof setTimeout> | undefined;
  return () => {
    waiting ??= setTimeout(
      () => {
        waiting = undefined;
        actedMs = performance.now();
        act();
      },
      Math.max(0, actedMs + eachMs - performance.now()),
    );
  };
}
