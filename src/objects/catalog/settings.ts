import type { Configuration } from "#objects/catalog.ts";
import type { AccessKeyRecord, BucketRecord } from "#objects/records.ts";
import type { Index } from "./index-contract.ts";
import { tableRange } from "./keys.ts";
import { noSuchBucket } from "./planning.ts";
import { decodeBucket, decodeJson } from "./rows.ts";

/** What is new for fronts; the shape of the feed's changes. */
export interface ConfigurationChange {
  readonly buckets?: readonly BucketRecord[];
  readonly removedBuckets?: readonly string[];
  readonly keys?: readonly AccessKeyRecord[];
  readonly removedKeys?: readonly string[];
}

/** Seals the secrets of access keys for the disk. */
export interface Sealer {
  seal(text: string): string;
  open(text: string): string;
}

/** By name and by access key id; undefined: it is removed. */
export interface SettingsChange {
  readonly buckets: ReadonlyMap<string, BucketRecord | undefined>;
  readonly keys: ReadonlyMap<string, AccessKeyRecord | undefined>;
}

/** Buckets and access keys in memory: as they are durable, for clients, and as they are planned, for the next plan. */
export class Settings implements Configuration {
  readonly #buckets = new Map<string, BucketRecord>();
  readonly #keys = new Map<string, AccessKeyRecord>();
  readonly #planned = new Map<string, BucketRecord>();
  readonly #onChange: (change: ConfigurationChange) => Promise<void>;

  constructor(index: Index, sealer: Sealer, onChange: (change: ConfigurationChange) => Promise<void>) {
    this.#onChange = onChange;
    const buckets = tableRange("bucket");
    for (const row of index.scan(buckets.from, buckets.to)) {
      const bucket = decodeBucket(row.value);
      this.#buckets.set(bucket.name, bucket);
      this.#planned.set(bucket.name, bucket);
    }
    const keys = tableRange("accessKey");
    for (const row of index.scan(keys.from, keys.to)) {
      const sealed = decodeJson(row.value) as AccessKeyRecord; // rows of `accessKey` hold nothing else
      this.#keys.set(sealed.accessKeyId, {
        ...sealed,
        secretAccessKey: sealer.open(sealed.secretAccessKey),
      });
    }
  }

  key(accessKeyId: string): AccessKeyRecord | undefined {
    return this.#keys.get(accessKeyId);
  }

  keys(): readonly AccessKeyRecord[] {
    return [...this.#keys.values()];
  }

  bucket(name: string): BucketRecord | undefined {
    return this.#buckets.get(name);
  }

  buckets(project?: string): readonly BucketRecord[] {
    return [...this.#buckets.values()]
      .filter((bucket) => project === undefined || bucket.project === project)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** For one plan. */
  draft() {
    const buckets = new Map<string, BucketRecord | undefined>();
    const keys = new Map<string, AccessKeyRecord | undefined>();
    const findBucket = (name: string) => (buckets.has(name) ? buckets.get(name) : this.#planned.get(name));
    return {
      findBucket,
      bucket: (name: string) => {
        const bucket = findBucket(name);
        if (bucket === undefined) throw noSuchBucket(name);
        return bucket;
      },
      buckets: () => this.#planned.values(),
      setBucket: (name: string, bucket: BucketRecord | undefined) => void buckets.set(name, bucket),
      setKey: (id: string, key: AccessKeyRecord | undefined) => void keys.set(id, key),
      change: (): SettingsChange => ({ buckets, keys }),
    };
  }

  /** The next plans build on it. */
  plan(change: SettingsChange): void {
    merge(this.#planned, change.buckets);
  }

  /** It is durable. */
  apply(change: SettingsChange): void {
    merge(this.#buckets, change.buckets);
    merge(this.#keys, change.keys);
  }

  /** Resolves when every front knows. */
  async published(change: SettingsChange): Promise<void> {
    if (change.buckets.size + change.keys.size === 0) return;
    await this.#onChange({
      buckets: present(change.buckets),
      removedBuckets: absent(change.buckets),
      keys: present(change.keys),
      removedKeys: absent(change.keys),
    });
  }
}

function merge<V>(into: Map<string, V>, change: ReadonlyMap<string, V | undefined>): void {
  for (const [name, value] of change)
    if (value === undefined) into.delete(name);
    else into.set(name, value);
}
function present<V>(change: ReadonlyMap<string, V | undefined>): readonly V[] {
  return [...change.values()].filter((value) => value !== undefined);
}
function absent(change: ReadonlyMap<string, unknown>): readonly string[] {
  return [...change].filter(([, value]) => value === undefined).map(([name]) => name);
}
