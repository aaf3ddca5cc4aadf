import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { canonicalJson } from "#lib/json.ts";
import { genesisHash, verifyAuditChain } from "../audit-chain.ts";
import { by, gadget, project, projectSpec, put, refused, widget, type OpenEngine } from "./engine.ts";

export function auditConformance(open: OpenEngine): void {
  test("every change of labels or spec leaves one entry, and the chain holds", async () => {
    await using engine = await open();
    const { store } = engine;
    await put(store, project("shop"));
    const { resource } = await put(store, project("shop"), { title: "Shop" });
    await put(store, project("shop"), { title: "Shop" });
    await put(store, gadget("drill"));
    await store.resources.delete(gadget("drill"), { by });
    await store.resources.finalize(gadget("drill"), { by });
    await refused(put(store, widget("x", "none")), "not-found");
    const entries = await store.audit.list({ after: 0, limit: 100 });
    assert.deepEqual(
      entries.map(({ verb }) => verb),
      ["create", "change", "create", "delete", "finalize"],
    );
    const change = entries[1];
    assert.deepEqual(change?.target, { ...project("shop"), id: resource.id });
    assert.equal(change.revision, resource.revision);
    assert.equal(
      change.afterHash,
      hash("sha256", canonicalJson({ labels: {}, spec: projectSpec({ title: "Shop" }) })),
    );
    assert.equal(change.beforeHash, entries[0]?.afterHash);
    assert.deepEqual(change.detail, {
      diff: [{ op: "replace", path: "spec.title", before: "", after: "Shop" }],
    });
    assert.equal(change.address, "127.0.0.1");
    assert.equal(change.requestId, "req_1");
    assert.equal(entries[4]?.afterHash, undefined);
    const head = await store.audit.head();
    assert.deepEqual(verifyAuditChain(entries), { intact: true, ...head });
    assert.deepEqual(head.sequence, 5);
  });

  test("an entry keeps the first fields of a long diff and the beginning of long values", async () => {
    await using engine = await open();
    const { store } = engine;
    await put(store, project("shop"));
    const settings = Object.fromEntries(Array.from({ length: 80 }, (_, at) => [`k${at}`, "x".repeat(300)]));
    await put(store, widget("lamp"));
    await put(store, widget("lamp"), { settings });
    const [entry] = await store.audit.list({ limit: 1 });
    const detail = entry?.detail as { diff: { after: string }[]; more: number }; // as the store writes it
    assert.equal(detail.diff.length, 50);
    assert.equal(detail.more, 30);
    assert.equal(detail.diff[0]?.after, `${"x".repeat(200)}…`);
  });

  test("entries are listed newest first or oldest first, by project, and appended for what is no resource", async () => {
    await using engine = await open();
    const { store } = engine;
    assert.deepEqual(await store.audit.head(), { sequence: 0, hash: genesisHash });
    await put(store, project("shop"));
    await put(store, widget("lamp"));
    const strange = {
      actor: by.actor,
      verb: "sign-in",
      target: { kind: "user", name: "x\0\ud800" },
      outcome: "refused",
    } as const;
    await store.audit.append([strange, { ...strange, target: { kind: "user", name: "bob" } }]);
    const all = await store.audit.list({ limit: 10 });
    assert.deepEqual(
      all.map(({ sequence }) => sequence),
      [4, 3, 2, 1],
    );
    assert.equal(all[1]?.target.name, "x\uFFFD\uFFFD");
    assert.deepEqual(
      (await store.audit.list({ after: 1, limit: 2 })).map(({ sequence }) => sequence),
      [2, 3],
    );
    assert.deepEqual(
      (await store.audit.list({ before: 3, limit: 1 })).map(({ sequence }) => sequence),
      [2],
    );
    const shop = await store.audit.list({ projects: ["shop"], limit: 10 });
    assert.deepEqual(
      shop.map(({ target }) => target.name),
      ["lamp", "shop"],
    );
    assert.deepEqual(verifyAuditChain(all.toReversed()).intact, true);
  });
}
