import { useEffect, useState } from "react";
import { ownServer } from "./own-server.ts";

/** Addresses of previews, asked for together: a grid of hundreds is one request. */
const known = new Map<string, { readonly url: string; readonly until: number }>();
const asked = new Map<string, PromiseWithResolvers<string>>();
const keepMs = 45 * 60_000;
const maxKnown = 20_000;
let isGathering = false;

async function previewUrl(hash: string): Promise<string> {
  const found = known.get(hash);
  if (found !== undefined && found.until > Date.now()) return found.url;
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
  const wanted = [...asked].slice(0, 1_000);
  for (const [hash] of wanted) asked.delete(hash);
  try {
    const urls = await ownServer.urls(
      wanted.map(([hash]) => ({ operation: "get", kind: "preview", hash }) as const),
    );
    if (known.size > maxKnown) known.clear();
    for (const [index, [hash, waiting]] of wanted.entries()) {
      const url = urls[index] ?? "";
      known.set(hash, { url, until: Date.now() + keepMs });
      waiting.resolve(url);
    }
  } catch (error) {
    for (const [, waiting] of wanted) waiting.reject(error);
  }
}

/** Address of a preview; undefined until it is known, and without a network. */
export function usePreview(hash: string | undefined): string | undefined {
  const [url, setUrl] = useState(() => (hash === undefined ? undefined : known.get(hash)?.url));
  useEffect(() => {
    if (hash === undefined) return undefined;
    let isGone = false;
    previewUrl(hash).then(
      (found) => {
        if (!isGone) setUrl(found);
        return undefined;
      },
      () => undefined, // the place stays empty; the next look asks again
    );
    return () => {
      isGone = true;
    };
  }, [hash]);
  return url;
}
