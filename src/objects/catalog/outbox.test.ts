import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryIndex } from "#sim/memory-index.ts";
import { Draft } from "./draft.ts";
import { endpointKey, outboxKey } from "./keys.ts";
import { Outbox, outboxMax } from "./outbox.ts";

test("an outbox that is full drops what comes, says so for each event, and takes events again when there is room", () => {
  const index = memoryIndex();
  const row = (key: Uint8Array) => ({ type: "put", key, value: Buffer.from("{}"), segment: 1 }) as const;
  const waiting = Array.from({ length: outboxMax - 1 }, (_, at) => outboxKey("shop", "hook", at));
  index.apply(1, [row(endpointKey("shop", "hook")), ...waiting.map(row)]);
  let dropped = 0;
  const outbox = new Outbox(index, (events) => void (dropped += events));
  const rule = { id: "r", endpoint: "hook", events: ["s3:ObjectCreated:*"] };
  const bucket = {
    id: "1",
    name: "pictures",
    project: "shop",
    createdAt: 0,
    versioning: "off",
    acl: "private",
    sequence: 1,
    notifications: [rule],
  } as const;
  const version = { key: "a", versionId: "null", size: 1, etag: "e", writer: "w", sequence: 1 };
  const event = { name: "s3:ObjectCreated:Put", bucket, version };
  let sequence = outboxMax;
  const write = (events: number): number => {
    const draft = new Draft(index);
    const make = { now: 0, id: () => "id", sequence: () => (sequence += 1) };
    outbox.write(
      draft,
      Array.from({ length: events }, () => event),
      make,
    );
    return draft.size;
  };
  assert.equal(write(1), 1);
  assert.equal(dropped, 0);
  assert.equal(write(3), 0);
  assert.equal(dropped, 3);
  outbox.forget(new Draft(index), waiting.slice(0, 2));
  assert.equal(write(3), 2);
  assert.equal(dropped, 4);
});
