import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { readOidcFile } from "./oidc-file.ts";

let directory: string;
const file = () => join(directory, "oidc.json");
const provider = {
  id: "corp",
  title: "Corp",
  issuer: "https://id.example",
  clientId: "vdc",
  clientSecretFile: "secret",
};

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "vdc-oidc-"));
  writeFileSync(file(), JSON.stringify({ providers: [provider] }), { mode: 0o600 });
  writeFileSync(join(directory, "secret"), "hush\n", { mode: 0o600 });
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("the file of OpenID Connect providers", () => {
  test("gives each provider the secret of the file that it names", () => {
    assert.equal(readOidcFile(file())[0]?.clientSecret, "hush");
  });

  test("may be absent: there are no providers then", () => {
    assert.deepEqual(readOidcFile(join(directory, "none.json")), []);
  });

  test("is refused, with the command that helps, when others can read it or its secret", () => {
    chmodSync(join(directory, "secret"), 0o640);
    assert.throws(() => readOidcFile(file()), /can be read by others; run: chmod 600 .*secret/);
    chmodSync(file(), 0o644);
    assert.throws(() => readOidcFile(file()), /chmod 600 .*oidc\.json/);
  });
});
