import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { KernelManifest } from "#api/burst-package.ts";
import { VdcError } from "#api/errors.ts";
import { admitFile, checkFile, checkNoRollback } from "#burst/packages/admit-package.ts";
import { base64Of, bytesOfBase64 } from "#burst/packages/base64.ts";
import { buildManifest, type ManifestSource } from "#burst/packages/build-manifest.ts";
import { compareVersions, manifestHash, parseManifest } from "#burst/packages/manifest.ts";
import {
  newSigningKey,
  parseSignedManifest,
  signManifest,
  verifySignature,
} from "#burst/packages/signature.ts";
import { constant, tinyWasm } from "#test/support/tiny-wasm.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const wasm = tinyWasm({ run: constant(0) });
const source: ManifestSource = {
  name: "org.example.test",
  version: "1.2.3",
  level: "wasm",
  functions: { run: { file: "kernel.wasm", memoryBytes: 1024 ** 2, deterministic: true, memo: true } },
};
const files = new Map([["kernel.wasm", wasm]]);
const built = async () => await buildManifest(source, files, sha256);
const withCode = (code: string) => (error: unknown) => error instanceof VdcError && error.code === code;

describe("a kernel package's manifest", () => {
  it("is named by the SHA-256 of its exact text", async () => {
    const text = await built();
    assert.equal(await manifestHash(text, sha256), sha256(new TextEncoder().encode(text)));
    assert.notEqual(await manifestHash(`${text} `, sha256), await manifestHash(text, sha256));
    assert.equal(await built(), text);
  });

  const wrong: readonly (readonly [what: string, change: (manifest: KernelManifest) => unknown])[] = [
    ["a function in a file that it does not have", (whole) => ({ ...whole, files: {} })],
    [
      "a file whose name leads elsewhere",
      (whole) => ({ ...whole, files: { "../a": whole.files["kernel.wasm"] } }),
    ],
    ["a version that is none", (whole) => ({ ...whole, version: "latest" })],
    ["a level that there is not", (whole) => ({ ...whole, level: "root" })],
    ["a word that nobody knows", (whole) => ({ ...whole, network: true })],
    [
      "a memory without bound",
      (whole) => ({ ...whole, functions: { run: { ...whole.functions["run"], memoryBytes: 2 ** 40 } } }),
    ],
  ];
  for (const [what, change] of wrong) {
    it(`is refused with ${what}`, async () => {
      const text = JSON.stringify(change(parseManifest(await built())));
      assert.throws(() => parseManifest(text), withCode("invalid"));
    });
  }

  it("orders versions as semantic versioning says", () => {
    const ordered = [
      "1.0.0-alpha",
      "1.0.0-alpha.1",
      "1.0.0-alpha.beta",
      "1.0.0-beta.2",
      "1.0.0-beta.11",
      "1.0.0-rc.1",
      "1.0.0",
      "1.0.1",
      "1.10.0",
      "2.0.0",
    ];
    for (const [at, one] of ordered.entries())
      for (const [index, other] of ordered.entries())
        assert.equal(Math.sign(compareVersions(one, other)), Math.sign(at - index), `${one} and ${other}`);
    assert.equal(compareVersions("1.0.0+a", "1.0.0+b"), 0);
  });
});

describe("a kernel package's signature", () => {
  it("counts when a trusted key made it of exactly this text", async () => {
    const key = await newSigningKey();
    const signed = await signManifest(await built(), key);
    const stored = parseSignedManifest(JSON.stringify(signed));
    await verifySignature(stored, [key.publicKey]);
    await assert.rejects(
      verifySignature({ ...stored, manifest: `${stored.manifest} ` }, [key.publicKey]),
      withCode("forbidden"),
    );
  });

  it("counts nothing by a key that nobody trusts, also when it says that it is the trusted one", async () => {
    const [key, other] = [await newSigningKey(), await newSigningKey()];
    const signed = await signManifest(await built(), other);
    await assert.rejects(verifySignature(signed, [key.publicKey]), withCode("forbidden"));
    await assert.rejects(
      verifySignature({ ...signed, publicKey: key.publicKey }, [key.publicKey]),
      withCode("forbidden"),
    );
    await assert.rejects(verifySignature(signed, []), withCode("forbidden"));
  });

  it("is refused when key or signature are of the wrong form", async () => {
    const key = await newSigningKey();
    const signed = await signManifest(await built(), key);
    for (const publicKey of ["", "????", base64Of(new Uint8Array(31)), base64Of(new Uint8Array(32))])
      await assert.rejects(verifySignature({ ...signed, publicKey }, undefined), withCode("forbidden"));
    for (const signature of ["", "A", base64Of(new Uint8Array(64))])
      await assert.rejects(verifySignature({ ...signed, signature }, undefined), withCode("forbidden"));
    assert.throws(() => parseSignedManifest("{}"), withCode("invalid"));
  });
});

describe("the admission of a kernel package", () => {
  it("takes the file that the manifest pins, and no other", async () => {
    const manifest = parseManifest(await built());
    await checkFile(manifest, "kernel.wasm", wasm, sha256);
    assert.ok(admitFile(manifest, "kernel.wasm", wasm));
    const changed = wasm.with(wasm.length - 2, 1);
    await assert.rejects(checkFile(manifest, "kernel.wasm", changed, sha256), withCode("forbidden"));
    await assert.rejects(checkFile(manifest, "toString", wasm, sha256), withCode("forbidden"));
  });

  it("refuses a module that declares more memory than its manifest", async () => {
    const small = {
      ...source,
      functions: { run: { file: "kernel.wasm", memoryBytes: 65_536, deterministic: true, memo: true } },
    };
    const manifest = parseManifest(await buildManifest(small, files, sha256));
    assert.throws(() => admitFile(manifest, "kernel.wasm", wasm), withCode("forbidden"));
  });

  it("refuses an older version than the newest one seen, unless somebody asks for it", () => {
    const manifest = { name: "org.example.test", version: "1.2.3" };
    checkNoRollback(manifest, undefined, false);
    checkNoRollback(manifest, "1.2.3", false);
    checkNoRollback(manifest, "1.2.4-rc.1", true);
    assert.throws(() => checkNoRollback(manifest, "1.2.4", false), withCode("precondition-failed"));
  });
});

describe("base64", () => {
  it("gives back what it was made of", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40_000 }), (bytes) => {
        assert.equal(base64Of(bytes), Buffer.from(bytes).toString("base64"));
        assert.deepEqual(bytesOfBase64(base64Of(bytes)), bytes);
      }),
      { numRuns: 50 },
    );
  });
});
