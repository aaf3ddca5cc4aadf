const cacheName = "albums";

/**
 * Asks `ask`, and keeps what it answered in the browser; without a network, what was kept last time. `path` names it. Refusals of the server are no reason to show old things.
 */
export async function orKept<T>(path: string, ask: () => Promise<T>): Promise<T> {
  try {
    const value = await ask();
    await keepAnswer(path, value);
    return value;
  } catch (error) {
    if (!isNetworkAway(error)) throw error;
    const kept = await keptAnswer<T>(path);
    if (kept === undefined) throw error;
    return kept;
  }
}

export async function keepAnswer(path: string, value: unknown): Promise<void> {
  await (await caches.open(cacheName)).put(path, Response.json(value));
}

export async function keptAnswer<T>(path: string): Promise<T | undefined> {
  const kept = await (await caches.open(cacheName)).match(path);
  return kept === undefined ? undefined : ((await kept.json()) as T); // what was put under this path
}

export async function forgetAnswers(): Promise<void> {
  await caches.delete(cacheName);
}

/** `fetch` says it with a TypeError and nothing else. */
export function isNetworkAway(error: unknown): boolean {
  return error instanceof TypeError;
}
