import { setTimeout as sleep } from "node:timers/promises";

/** Asks again until `condition` gives a value; fails with `what` after `withinMs`. The only wait in tests. */
export async function waitFor<T>(
  condition: () => T | undefined | Promise<T | undefined>,
  options: { readonly withinMs: number; readonly what: string },
): Promise<T> {
  const end = performance.now() + options.withinMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined) return value;
    if (performance.now() > end)
      throw new Error(`did not happen within ${options.withinMs} ms: ${options.what}`);
    await sleep(10);
  }
}
