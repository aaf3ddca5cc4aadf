import assert from "node:assert/strict";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { projectKind } from "#api/kinds/project.ts";
import { burstJobRoutes } from "#api/routes/burst-jobs.ts";
import { openKernelKey } from "#main/control/kernel-key.ts";
import { cliWorld, type CliWorld } from "#test/support/cli-call.ts";
import { startDataCenter, type TestDataCenter } from "#test/support/data-center.ts";
import { constant, tinyWasm } from "#test/support/tiny-wasm.ts";

let center: TestDataCenter;
let cli: CliWorld;

before(async () => {
  center = await startDataCenter();
  cli = cliWorld({ socketPath: center.socketPath });
  await center.local.apply(projectKind, { name: "shop", spec: {} });
});
after(async () => {
  cli[Symbol.dispose]();
  await center.stop();
});

/** A folder with one kernel; each name is another package. */
function kernels(name: string, version = "1.0.0"): string {
  const folder = join(cli.home, `${name}-${version}`);
  mkdirSync(folder);
  writeFileSync(join(folder, "kernel.wasm"), tinyWasm({ run: constant(0) }));
  const functions = { run: { file: "kernel.wasm", memoryBytes: 1024 ** 2 } };
  const source = { name: `org.example.${name}`, version, level: "wasm", functions };
  writeFileSync(join(folder, "kernels.json"), JSON.stringify(source));
  return folder;
}

const push = async (folder: string, ...more: readonly string[]) =>
  await cli.call(["kernels", "push", folder, "--project", "shop", ...more]);

/** The words that the CLI told somebody to type. */
function advised(text: string): readonly string[] {
  const [, words] = /vdc (kernels trust add .*)/.exec(text) ?? [];
  assert.ok(words !== undefined, text);
  return words.split(" ");
}

describe("trust in kernel packages", () => {
  it("comes from the data center's own key, with which it signs for its owners alone", async () => {
    const folder = kernels("own");
    const pushed = await push(folder);
    assert.equal(pushed.status, 0, pushed.stderr);
    assert.match(pushed.stdout, /^[0-9a-f]{64}\n$/);
    const operator = await center.user("operator", { projects: { shop: "operator" } });
    const signing = operator.client.call(burstJobRoutes["burst.sign"], { body: { manifest: "{}" } });
    await assert.rejects(signing, { code: "forbidden" });
  });

  it("is not given to another key, and the refusal says how an admin gives it", async () => {
    const folder = kernels("other");
    const key = join(cli.home, "other.key");
    assert.equal((await cli.call(["kernels", "keygen", key])).status, 0);
    const refused = await push(folder, "--key", key);
    assert.match(refused.stderr, /which the project shop does not trust/);
    const trusted = await cli.call(advised(refused.stderr));
    assert.equal(trusted.status, 0, trusted.stderr);
    assert.equal((await push(folder, "--key", key)).status, 0);
    const listed = await cli.call(["kernels", "trust", "list", "--project", "shop"]);
    assert.match(listed.stdout, /this data center +ed25519:/);
    assert.ok(listed.stdout.includes(advised(refused.stderr)[3] ?? ""));
  });

  it("ends when the key is removed, and is one project's alone", async () => {
    const key = join(cli.home, "brief.key");
    const publicKey = (await cli.call(["kernels", "keygen", key])).stdout.trim();
    await center.local.apply(projectKind, { name: "studio", spec: {} });
    assert.equal((await cli.call(["kernels", "trust", "add", publicKey, "--project", "shop"])).status, 0);
    const elsewhere = ["kernels", "push", kernels("elsewhere"), "--key", key, "--project", "studio"];
    assert.match((await cli.call(elsewhere)).stderr, /studio does not trust/);
    const removed = await cli.call(["kernels", "trust", "remove", publicKey, "--project", "shop"]);
    assert.equal(removed.status, 0, removed.stderr);
    assert.match((await push(kernels("removed"), "--key", key)).stderr, /shop does not trust/);
  });

  it("is no way back to an older version, unless an owner says so", async () => {
    const [newer, older] = [kernels("going", "1.10.0"), kernels("going", "1.9.0")];
    assert.equal((await push(newer)).status, 0);
    const refused = await push(older);
    assert.match(refused.stderr, /1\.9\.0 of org\.example\.going is older than 1\.10\.0.*--allow-older/);
    assert.equal((await push(older, "--allow-older")).status, 0);
    // What was seen stays seen.
    assert.notEqual((await push(kernels("going", "1.9.5"))).status, 0);
    const operator = await center.user("second", { projects: { shop: "operator" } });
    const body = { manifest: "{}", publicKey: "", signature: "", allowOlder: true };
    const asked = operator.client.call(burstJobRoutes["burst.admit"], { params: { project: "shop" }, body });
    await assert.rejects(asked, { code: "forbidden", message: /Only an owner/ });
  });

  it("names the author, the package and its hash in the audit chain", async () => {
    const entries = await center.plane.store.audit.list({ limit: 100 });
    const [admitted] = entries.filter(({ verb }) => verb === "admit");
    assert.equal(admitted?.target?.kind, "kernels");
    assert.match(admitted.target.id ?? "", /^[0-9a-f]{64}$/);
  });
});

describe("the data center's own key", () => {
  it("is made once, and readable by its owner alone", async () => {
    const path = join(dirname(center.socketPath), "secrets", "kernel-key");
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(await openKernelKey(path), await openKernelKey(path));
  });

  it("is refused when it is no key, instead of being replaced", async () => {
    const path = join(cli.home, "broken-key");
    writeFileSync(path, "{}", { mode: 0o600 });
    await assert.rejects(openKernelKey(path), { code: "invalid" });
  });
});
