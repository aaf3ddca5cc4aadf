import assert from "node:assert/strict";
import { readFile, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import { cliWorld } from "#test/support/cli-call.ts";

it("a package is begun, built, looked into, signed and verified from the command line", async () => {
  using world = cliWorld();
  const begun = await world.call(["package", "init", "shop"]);
  assert.equal(begun.status, 0, begun.stderr);
  assert.equal(begun.stdout, "wrote vdc-app.yaml\nwrote compose.yaml\nwrote server.js\nwrote .vdcignore\n");
  assert.equal(
    (await world.call(["package", "init", "shop"])).status,
    5,
    "what is there is not written over",
  );

  const built = await world.call(["package", "build", "shop"]);
  assert.equal(built.status, 0, built.stderr);
  const file = join(world.home, "shop-0.1.0.vdc.tar");
  assert.match(
    built.stdout,
    /^org\.example\.shop 0\.1\.0\nfile {4}.*shop-0\.1\.0\.vdc\.tar \(.*\)\ndigest {2}sha256:[0-9a-f]{64}\n\nCOMPONENT {2}FILES {2}SIZE\nweb {8}3 /,
  );
  const again = await world.call(["package", "build", "shop", "--json", "-o", "other.tar"]);
  const { digest } = JSON.parse(again.stdout) as { digest: string }; // as the command promises
  assert.ok(built.stdout.includes(digest));
  assert.ok((await readFile(join(world.home, "other.tar"))).equals(await readFile(file)));

  const seen = await world.call(["package", "inspect", file]);
  for (const part of [digest, "node >=24", "node server.js", "signed   no", "ROUTE  COMPONENT  PATH"])
    assert.ok(seen.stdout.includes(part), `${part} in ${seen.stdout}`);

  const key = await world.call(["package", "keygen", "release.key"]);
  assert.match(key.stdout, /^ed25519:[A-Za-z0-9+/]{43}=\n$/);
  assert.equal((await stat(join(world.home, "release.key"))).mode & 0o777, 0o600);
  assert.equal(
    (await world.call(["package", "keygen", "release.key"])).status,
    5,
    "a key is never written over",
  );

  const publicKey = key.stdout.trim();
  assert.equal((await world.call(["package", "verify", file])).status, 0);
  assert.equal((await world.call(["package", "verify", file, "--key", publicKey])).status, 3);
  assert.equal((await world.call(["package", "sign", file, "--key", "release.key"])).status, 0);
  const verified = await world.call(["package", "verify", file, "--key", publicKey]);
  assert.deepEqual(
    [verified.status, verified.stdout.split("\n")[0]],
    [0, `org.example.shop 0.1.0 is whole: ${digest}`],
  );

  await truncate(file, 4096);
  const cut = await world.call(["package", "verify", file]);
  assert.deepEqual([cut.status, /it ends too early/.test(cut.stderr)], [2, true]);
});

it("a package command that cannot work says what is missing, and writes nothing", async () => {
  using world = cliWorld();
  for (const words of [
    ["inspect", "none.tar"],
    ["build", "nowhere"],
    ["sign", "none.tar", "--key", "none.key"],
  ])
    assert.equal((await world.call(["package", ...words])).status, 4, words.join(" "));
  assert.equal((await world.call(["package", "sign", "none.tar"])).status, 2);
  const empty = await world.call(["package", "build", "."]);
  assert.equal(empty.status, 2);
  assert.match(empty.stderr, /vdc package init/);
});
