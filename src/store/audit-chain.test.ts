import assert from "node:assert/strict";
import { test } from "node:test";
import type { AuditEntry } from "#api/records.ts";
import { auditHash, genesisHash, verifyAuditChain } from "./audit-chain.ts";

function chain(length: number): AuditEntry[] {
  const entries: AuditEntry[] = [];
  let previousHash = genesisHash;
  for (let sequence = 1; sequence <= length; sequence += 1) {
    const rest = {
      sequence,
      at: "2026-01-01T00:00:00.000Z",
      actor: { type: "user", id: "usr_1", name: "ada" },
      verb: "change",
      target: { kind: "project", name: `p${sequence}` },
      outcome: "done",
      detail: { diff: [{ op: "add", path: "spec.title", after: "x" }] },
    } as const;
    // The schema's lists are mutable; nobody changes these.
    const entry = rest as unknown as Omit<AuditEntry, "previousHash" | "hash">;
    const hash = auditHash(previousHash, entry);
    entries.push({ ...entry, previousHash, hash });
    previousHash = hash;
  }
  return entries;
}

test("a whole chain is intact, also when it is read in pages", () => {
  const entries = chain(10);
  const whole = verifyAuditChain(entries);
  assert.deepEqual(whole, { intact: true, sequence: 10, hash: entries[9]?.hash });
  const first = verifyAuditChain(entries.slice(0, 4));
  assert.ok(first.intact);
  assert.deepEqual(verifyAuditChain(entries.slice(4), first), whole);
  assert.deepEqual(verifyAuditChain([]), { intact: true, sequence: 0, hash: genesisHash });
});

test("the order of keys does not matter, as a database may give another", () => {
  const [entry] = chain(1);
  assert.ok(entry !== undefined);
  const reversed = Object.fromEntries(Object.entries(entry).toReversed()) as AuditEntry; // the same members
  assert.equal(verifyAuditChain([reversed]).intact, true);
});

const tampering: readonly (readonly [string, (entries: AuditEntry[]) => void, number])[] = [
  ["a changed verb", (entries) => Object.assign(entries[4] ?? {}, { verb: "delete" }), 5],
  ["a changed actor", (entries) => Object.assign(entries[4]?.actor ?? {}, { name: "eve" }), 5],
  ["an added member", (entries) => Object.assign(entries[4] ?? {}, { address: "10.0.0.1" }), 5],
  ["a changed detail", (entries) => Object.assign(entries[4] ?? {}, { detail: { diff: [] } }), 5],
  ["a removed entry", (entries) => entries.splice(4, 1), 6],
  ["a removed beginning", (entries) => entries.shift(), 2],
  [
    "two entries in the other order",
    (entries) => entries.splice(3, 2, ...entries.slice(3, 5).toReversed()),
    5,
  ],
  ["a changed hash", (entries) => Object.assign(entries[4] ?? {}, { hash: genesisHash }), 5],
  [
    "an entry whose own hash was made to fit",
    (entries) => {
      const [, , , , fifth] = entries;
      if (fifth === undefined) return;
      const { previousHash, hash: _hash, ...rest } = { ...fifth, verb: "delete" };
      entries[4] = { ...rest, previousHash, hash: auditHash(previousHash, rest) };
    },
    6,
  ],
];

for (const [what, tamper, at] of tampering) {
  test(`tampering is found: ${what}`, () => {
    const entries = structuredClone(chain(10));
    tamper(entries);
    const verdict = verifyAuditChain(entries);
    assert.ok(!verdict.intact);
    assert.equal(verdict.sequence, at);
  });
}

test("a chain that was cut at its end does not arrive at the head", () => {
  const entries = chain(10);
  const verdict = verifyAuditChain(entries.slice(0, 9));
  assert.ok(verdict.intact);
  assert.notEqual(verdict.hash, entries[9]?.hash);
});
