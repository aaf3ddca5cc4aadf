import assert from "node:assert/strict";
import { test } from "node:test";
import { kinds } from "#api/kinds.ts";
import type { Resource } from "#api/resource.ts";
import { systemClock } from "#lib/clock.ts";
import type { Json } from "#lib/json.ts";
import { systemRandom } from "#lib/random.ts";
import { Batch } from "./batch.ts";

const world = { kinds, clock: systemClock, random: systemRandom };
const head = { revision: 7, compacted: 0, audit_sequence: 3, audit_hash: "" };
const loaded = { head, resources: [], usage: [], owned: [], inProjects: [], leases: [], operations: [] };
const by = { actor: { type: "system", id: "test", name: "test" } } as const;

test("a change whose records cannot be made leaves no trace, so that none is committed without its audit entry", () => {
  const batch = new Batch(loaded, world);
  const after: Resource = {
    kind: "project",
    name: "shop",
    id: batch.context().newId(),
    generation: 1,
    revision: 8,
    labels: {},
    spec: { members: [] },
    status: {},
    createdAt: batch.at,
    updatedAt: batch.at,
  };
  const unwritable = 1n as unknown as Json; // no JSON at all: what a fault of ours could bring here
  const write = {
    after,
    usage: [],
    record: { verb: "create", happened: "created", diff: [{ op: "add", path: "spec", after: unwritable }] },
  } as const;
  assert.throws(() => batch.take({ result: { outcome: "created", diff: [], resource: after }, write }, by));
  assert.equal(batch.empty, true);
  assert.equal(batch.resources.size, 0);
  assert.equal(batch.view.resource(after), undefined);
  assert.deepEqual(batch.head, head);
});
