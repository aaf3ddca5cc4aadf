import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { makeSelfSigned } from "#drivers/self-signed/self-signed.ts";
import { systemClock } from "#lib/clock.ts";
import { certificateFact } from "#test/support/traffic-facts.ts";
import { certificateFiles, type PrivateFolder } from "./certificate-files.ts";
import { fallbackCertificate } from "./fallback.ts";
import { certificateFacts, notCovered, type CertificateFacts } from "./pem.ts";
import { planCertificate, refusedStatus } from "./plan.ts";

const dayMs = 24 * 3_600_000;
const start = Date.UTC(2026, 0, 1);

function memoryFolder(): PrivateFolder & { readonly files: Map<string, string> } {
  const files = new Map<string, string>();
  return {
    files,
    read: async (name) => await Promise.resolve(files.get(name)),
    write: async (name, text) => await Promise.resolve(void files.set(name, text)),
    names: async () => await Promise.resolve([...files.keys()]),
    remove: async (name) => await Promise.resolve(void files.delete(name)),
  };
}

function clockAt(state: { now: number }) {
  return { ...systemClock, now: () => state.now, monotonic: () => state.now };
}

describe("the data center's own certificate", () => {
  it("is made once, kept over restarts, and made anew before it ends or when the domain is another", async () => {
    const folder = memoryFolder();
    const time = { now: start };
    const open = (domain: string) => {
      const clock = clockAt(time);
      return fallbackCertificate({
        domain,
        folder,
        files: certificateFiles(folder, clock),
        makeSelfSigned,
        clock,
      });
    };
    const first = await open("localhost")();
    assert.deepEqual(first.hosts, ["*.localhost", "localhost"]);
    assert.equal((await open("localhost")()).fingerprint, first.fingerprint);
    const other = await open("apps.example.org")();
    assert.notEqual(other.fingerprint, first.fingerprint);
    time.now += 800 * dayMs;
    const later = await open("apps.example.org")();
    assert.notEqual(later.fingerprint, other.fingerprint);
    const { names, notAfter } = certificateFacts(folder.files.get(`${later.fingerprint}.crt`) ?? "");
    assert.deepEqual(notCovered(names, ["a.apps.example.org", "apps.example.org"]), []);
    assert.ok(Date.parse(notAfter) - time.now > 700 * dayMs);
  });
});

describe("files of certificates", () => {
  it("go some minutes after nothing names them, and the fallback's never", async () => {
    const folder = memoryFolder();
    const time = { now: start };
    const files = certificateFiles(folder, clockAt(time));
    const keep = async () =>
      await files.keep(await makeSelfSigned(["a.org"], { notBefore: start, notAfter: start + dayMs }));
    const [used, unused, fallback] = [await keep(), await keep(), await keep()];
    folder.files.set("fallback", fallback.fingerprint);
    const inUse = new Set([used.fingerprint]);
    assert.equal(await files.removeUnused(inUse), 0);
    time.now += 11 * 60_000;
    assert.equal(await files.removeUnused(inUse), 2);
    assert.equal(await files.read(unused.fingerprint), undefined);
    assert.ok((await files.read(used.fingerprint)) !== undefined);
    assert.ok((await files.read(fallback.fingerprint)) !== undefined);
  });
});

describe("the plan of a certificate", () => {
  const standing = (days: number): CertificateFacts => ({
    fingerprint: "1".repeat(64),
    notBefore: new Date(start).toISOString(),
    notAfter: new Date(start + days * dayMs).toISOString(),
    issuedBy: "Authority",
    names: ["a.org"],
  });
  const acme = { acme: { directory: "https://ca.example/dir", termsAccepted: true } };
  const ordered = (status = {}) => certificateFact({ name: "c" }, { hosts: ["a.org"], issuer: acme }, status);
  const doing = (status: object, days: number | undefined, now: number) =>
    planCertificate(
      { key: "c", certificate: ordered(status), ...(days === undefined ? {} : { standing: standing(days) }) },
      now,
    ).map((action) => action.do);

  it("renews once, in the last part of a life, and with a jitter that never changes", () => {
    assert.deepEqual(doing({}, undefined, start), ["order"]);
    const [action] = planCertificate({ key: "c", certificate: ordered(), standing: standing(90) }, start);
    assert.ok(action?.do === "write-status");
    assert.deepEqual(doing(action.status, 90, start + 50 * dayMs), []);
    assert.deepEqual(doing(action.status, 90, start + 60.1 * dayMs), ["order"]);
    assert.deepEqual(
      doing(action.status, 6, start + 3 * dayMs).includes("order"),
      false,
      "a short life is no hurry",
    );
    assert.deepEqual(doing(action.status, 6, start + 4.1 * dayMs), ["order"]);
  });

  it("leaves the authority alone after a refusal until its time, unless the user changed something", () => {
    const refusal = { reason: "no", retryAfterMs: 60_000 };
    const status = refusedStatus(ordered(), refusal, start);
    assert.deepEqual([status.phase, status.failures], ["failed", 1]);
    assert.deepEqual(doing(status, undefined, start + 59_000), []);
    assert.deepEqual(doing(status, undefined, start + 61_000), ["order"]);
    assert.deepEqual(doing({ ...status, observedGeneration: 0 }, undefined, start + 1_000), ["order"]);
    const issuing = { ...status, phase: "issuing", observedGeneration: 0 };
    assert.deepEqual(
      doing(issuing, undefined, start + 1_000),
      [],
      "an order that is under way is not begun twice",
    );
  });

  it("says not renewed while the old one is good, and expired after", () => {
    const { fingerprint, notBefore, notAfter } = standing(90);
    const good = { phase: "ready" as const, fingerprint, notBefore, notAfter };
    const late = refusedStatus(ordered(good), { reason: "no", retryAfterMs: 1 }, start + 80 * dayMs);
    assert.deepEqual(
      [late.phase, late.reason, late.fingerprint],
      ["ready", "not renewed yet: no", fingerprint],
    );
    const over = refusedStatus(ordered(good), { reason: "no", retryAfterMs: 1 }, start + 91 * dayMs);
    assert.deepEqual([over.phase, over.reason], ["expired", "no"]);
  });
});
