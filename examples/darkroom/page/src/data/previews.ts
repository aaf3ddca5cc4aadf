import { useEffect, useState } from "react";
import { ownServer, ServerRefusal } from "./own-server.ts";

const cacheName = "previews";
/** Previews that the browser keeps, some hundred megabytes; the oldest leave first. */
const maxKept = 3_000;
const trimEvery = 100;
/** Previews that this page shows or showed, as addresses of their own. */
const maxShown = 2_000;
const maxAsked = 500;

const shown = new Map<string, string>();
const asked = new Map<string, PromiseWithResolvers<string>>();
let isGathering = false;
let sinceTrim = 0;

/** A preview: kept by the browser when it was seen before, and so there without a network; else from the album's bucket. Rejects when neither gives it. */
export async function previewBlob(hash: string): Promise<Blob> {
  const cache = await caches.open(cacheName);
  const kept = await cache.match(keyOf(hash));
  if (kept !== undefined) return await kept.blob();
  const answer = await fetch(await signedAddress(hash));
  if (!answer.ok)
    throw new ServerRefusal(answer.status, `The object store did not give a preview (${answer.status}).`);
  const blob = await answer.blob();
  await cache.put(keyOf(hash), new Response(blob));
  sinceTrim += 1;
  if (sinceTrim >= trimEvery) await trim(cache);
  return blob;
}

export async function forgetPreviews(): Promise<void> {
  await caches.delete(cacheName);
}

/** Caches are keyed by addresses; nothing answers at this one. */
function keyOf(hash: string): string {
  return `/previews/${hash}`;
}

/** Keys come in the order in which they were put. */
async function trim(cache: Cache): Promise<void> {
  sinceTrim = 0;
  const keys = await cache.keys();
  for (const key of keys.slice(0, Math.max(0, keys.length - maxKept))) await cache.delete(key);
}

/** Signed addresses are asked for together: a grid of hundreds is one request. */
async function signedAddress(hash: string): Promise<string> {
  const waiting = asked.get(hash) ?? Promise.withResolvers<string>();
  asked.set(hash, waiting);
  if (!isGathering) {
    isGathering = true;
    queueMicrotask(() => {
      isGathering = false;
      gather().catch(() => undefined); // each waiter was told
    });
  }
  return await waiting.promise;
}

async function gather(): Promise<void> {
  const wanted = [...asked].splice(0, maxAsked);
  for (const [hash] of wanted) asked.delete(hash);
  try {
    const urls = await ownServer.urls(
      wanted.map(([hash]) => ({ operation: "get", kind: "preview", hash }) as const),
    );
    for (const [index, [, waiting]] of wanted.entries()) waiting.resolve(urls[index] ?? "");
  } catch (error) {
    for (const [, waiting] of wanted) waiting.reject(error);
  }
  if (asked.size > 0) await gather();
}

async function previewUrl(hash: string): Promise<string> {
  const blob = await previewBlob(hash);
  const known = shown.get(hash);
  if (known !== undefined) return known;
  const url = URL.createObjectURL(blob);
  shown.set(hash, url);
  const [oldest] = shown;
  if (shown.size > maxShown && oldest !== undefined) {
    shown.delete(oldest[0]);
    URL.revokeObjectURL(oldest[1]);
  }
  return url;
}

/** Address of a preview; undefined until it is there. */
export function usePreview(hash: string | undefined): string | undefined {
  const [found, setFound] = useState<{ readonly of: string; readonly url: string }>();
  useEffect(() => {
    if (hash === undefined || shown.has(hash)) return undefined;
    let isGone = false;
    previewUrl(hash).then(
      (url) => {
        if (!isGone) setFound({ of: hash, url });
        return undefined;
      },
      () => undefined, // the place stays empty; the next look asks again
    );
    return () => {
      isGone = true;
    };
  }, [hash]);
  if (hash === undefined) return undefined;
  return shown.get(hash) ?? (found?.of === hash ? found.url : undefined);
}
