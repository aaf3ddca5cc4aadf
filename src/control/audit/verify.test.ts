import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { sql } from "kysely";
import { systemActor } from "#api/actor.ts";
import type { Operation } from "#api/records.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import { openTestStore, type TestStore } from "#test/support/store.ts";
import { waitFor } from "#test/support/wait-for.ts";
import { createOperations, type Operations } from "../operations/operations.ts";
import { startAuditVerification } from "./verify.ts";

const by = { actor: systemActor("test") };
const entries = 1_203;
let shared: TestStore;
let operations: Operations;

before(async () => {
  shared = await openTestStore();
  const { audit, leases, operations: records } = shared.store;
  const target = { kind: "project", name: "shop" };
  const one = { actor: by.actor, verb: "test", target, outcome: "done" as const };
  await audit.append(Array.from({ length: entries }, () => one));
  const ports = { clock: systemClock, random: systemRandom, log: silentLog };
  operations = createOperations({ operations: records, leases, holder: "a", ...ports });
  await operations.open();
});
after(async () => {
  await operations.stop();
  await shared[Symbol.asyncDispose]();
});

async function verified(): Promise<Operation> {
  const { audit, operations: records } = shared.store;
  const { id } = await startAuditVerification(by, { audit, operations });
  return await waitFor(
    async () => {
      const operation = await records.get(id);
      return operation?.finishedAt === undefined ? undefined : operation;
    },
    { withinMs: 10_000, what: "the end of the verification" },
  );
}

describe("the verification of the audit chain", () => {
  it("walks every entry of a whole chain and gives its end", async () => {
    const operation = await verified();
    assert.equal(operation.state, "succeeded");
    const head = await shared.store.audit.head();
    assert.deepEqual(operation.result, {
      entries,
      headSequence: entries,
      headHash: head.hash,
    });
  });

  it("fails with the sequence of an entry whose content was changed", async () => {
    const change = async (from: string, to: string) => {
      const [old, wanted] = [`"verb":"${from}"`, `"verb":"${to}"`];
      await sql`UPDATE audit SET entry = replace(entry::text, ${old}, ${wanted})::json WHERE sequence = 777`.execute(
        shared.store.db,
      );
    };
    await change("test", "forged");
    const operation = await verified();
    await change("forged", "test");
    assert.equal(operation.state, "failed");
    assert.equal(operation.error?.code, "audit-broken");
    assert.match(operation.error?.message ?? "", /broken at entry 777: its content/);
    assert.match(operation.error?.remedy ?? "", /copy of the database/);
  });

  it("fails when the end was cut off", async () => {
    await sql`DELETE FROM audit WHERE sequence > ${entries - 5}`.execute(shared.store.db);
    const operation = await verified();
    assert.match(
      operation.error?.message ?? "",
      new RegExp(`broken at entry ${entries - 4}: the chain was cut`),
    );
  });
});
