import type { Draft } from "./draft.ts";
import type { Index } from "./index-contract.ts";
import { tableRange, textKey } from "./keys.ts";
import type { Usage } from "./planning.ts";
import { decodeJson, encodeJson } from "./rows.ts";

const none: Usage = { objects: 0, versions: 0, bytes: 0, uploads: 0 };

export interface UsageDraft {
  count(bucketId: string, delta: Partial<Usage>): void;
  /** Writes the rows of the buckets that were counted; `exists` says whether the bucket is there afterwards. */
  writeTo(draft: Draft, exists: (bucketId: string) => boolean): void;
}

/** Counters of all buckets as they are planned. */
export class UsageCounters {
  readonly #planned = new Map<string, Usage>();

  constructor(index: Index) {
    const { from, to } = tableRange("usage");
    for (const row of index.scan(from, to)) this.#planned.set(usageBucket(row.key), decodeUsage(row.value));
  }

  draft(): UsageDraft {
    const deltas = new Map<string, Usage>();
    return {
      count: (bucketId, delta) => {
        deltas.set(bucketId, sum(deltas.get(bucketId) ?? none, { ...none, ...delta }));
      },
      writeTo: (draft, exists) => {
        for (const [bucketId, delta] of deltas) this.#write(draft, bucketId, delta, exists(bucketId));
      },
    };
  }

  #write(draft: Draft, bucketId: string, delta: Usage, exists: boolean): void {
    if (exists) {
      const usage = sum(this.#planned.get(bucketId) ?? none, delta);
      this.#planned.set(bucketId, usage);
      draft.put(textKey("usage", bucketId), encodeJson(usage));
    } else {
      this.#planned.delete(bucketId);
      draft.remove(textKey("usage", bucketId));
    }
  }
}

export function usageOf(index: Index, bucketId: string): Usage {
  const row = index.get(textKey("usage", bucketId));
  return row === undefined ? none : decodeUsage(row.value);
}

function usageBucket(key: Uint8Array): string {
  return Buffer.from(key.subarray(1)).toString("latin1");
}

function decodeUsage(value: Uint8Array): Usage {
  return decodeJson(value) as Usage; // rows of `usage` hold nothing else
}

function sum(a: Usage, b: Usage): Usage {
  return {
    objects: a.objects + b.objects,
    versions: a.versions + b.versions,
    bytes: a.bytes + b.bytes,
    uploads: a.uploads + b.uploads,
  };
}
