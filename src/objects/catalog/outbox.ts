import type { BucketRecord, NotificationRule, VersionRecord } from "#objects/records.ts";
import type { Draft } from "./draft.ts";
import type { Index } from "./index-contract.ts";
import { endpointKey, outboxKey, tableRange } from "./keys.ts";
import { encodeJson } from "./rows.ts";

/** Events that wait; beyond this they are dropped and counted, for a commit never waits for a receiver. */
export const outboxMax = 100_000;

/** One event for one endpoint, as it lies in the outbox. */
export interface OutboxRow {
  /** Random; the same for every try. */
  readonly id: string;
  readonly project: string;
  readonly endpoint: string;
  readonly ruleId: string;
  /** S3's name, such as `s3:ObjectCreated:Put`. */
  readonly event: string;
  readonly at: number;
  readonly bucket: string;
  readonly version: Pick<VersionRecord, "key" | "versionId" | "size" | "etag" | "writer" | "sequence">;
}

/** Something happened to a version, in the words of S3. */
export interface ObjectEvent {
  readonly name: string;
  readonly bucket: BucketRecord;
  readonly version: OutboxRow["version"];
}

/** The first rule of each endpoint that wants the event. Pure. */
export function wantingRules(
  rules: readonly NotificationRule[],
  name: string,
  key: string,
): readonly NotificationRule[] {
  const family = `${name.slice(0, name.lastIndexOf(":"))}:*`;
  const wanting = rules.filter(
    ({ events, prefix = "", suffix = "" }) =>
      (events.includes(name) || events.includes(family)) && key.startsWith(prefix) && key.endsWith(suffix),
  );
  return [...new Map(wanting.toReversed().map((rule) => [rule.endpoint, rule])).values()];
}

/** Events are rows of the batch that makes them happen: neither is there without the other. */
export class Outbox {
  #waiting = 0;
  readonly #onDropped: (events: number) => void;

  constructor(index: Index, onDropped: (events: number) => void) {
    const { from, to } = tableRange("outbox");
    for (const _ of index.scan(from, to)) this.#waiting += 1;
    this.#onDropped = onDropped;
  }

  write(
    draft: Draft,
    events: readonly ObjectEvent[],
    make: { readonly now: number; readonly id: () => string; readonly sequence: () => number },
  ): void {
    for (const { name, bucket, version } of events)
      for (const { endpoint, id: ruleId } of wantingRules(bucket.notifications ?? [], name, version.key)) {
        if (draft.get(endpointKey(bucket.project, endpoint)) === undefined) continue; // nobody to tell
        if (this.#waiting >= outboxMax) {
          this.#onDropped(1);
          continue;
        }
        this.#waiting += 1;
        const about = { id: make.id(), endpoint, ruleId, event: name, at: make.now };
        const row: OutboxRow = { ...about, project: bucket.project, bucket: bucket.name, version };
        draft.put(outboxKey(row.project, endpoint, make.sequence()), encodeJson(row));
      }
  }

  forget(draft: Draft, keys: readonly Uint8Array[]): void {
    for (const key of keys) {
      if (draft.get(key) === undefined) continue;
      draft.remove(key);
      this.#waiting -= 1;
    }
  }
}
