import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { appKind } from "#api/kinds/app.ts";
import type { RawTerminal } from "#cli/io.ts";
import { cliWorld, type CliResult, type CliWorld } from "#test/support/cli-call.ts";
import { startDataCenter, type TestDataCenter } from "#test/support/data-center.ts";

/** An app from a folder to its removal, by the command line alone, on a real control plane and the engine `process`. */
let dc: TestDataCenter;
let world: CliWorld;
before(async () => {
  dc = await startDataCenter();
  world = cliWorld({ socketPath: dc.socketPath, local: true });
});
after(async () => {
  await world.call(["remove", "hello", "--yes", "--timeout", "30s"]);
  world[Symbol.dispose]();
  await dc.stop();
});

const server = (greeting: string) => `
import { createServer } from "node:http";
console.log("${greeting}, " + process.env.GREETED + ", " + (process.env.TOKEN ?? "no token").length);
createServer((_, response) => response.end("hello")).listen(Number(process.env.PORT), "127.0.0.1");
`;

/** Writes the package's folder; gives its path. */
function source(version: string, program: string): string {
  const folder = join(world.home, `hello-${version}`);
  mkdirSync(folder);
  writeFileSync(join(folder, "server.mjs"), program);
  writeFileSync(
    join(folder, "compose.yaml"),
    [
      "services:",
      "  web:",
      "    command: [node, server.mjs]",
      "    working_dir: /app",
      "    expose: ['3000']",
      "    stop_grace_period: 1s",
      "    x-vdc: { artifact: ., runtime: node >=20, readiness: { http: / } }",
    ].join("\n"),
  );
  writeFileSync(
    join(folder, "vdc-app.yaml"),
    [
      "apiVersion: vdc.app/v1",
      "id: org.example.hello",
      `version: ${version}`,
      "name: Hello",
      "licence: { spdx: Apache-2.0, mustAccept: true }",
      "settings:",
      "  greeted: { type: string, default: world, environment: GREETED }",
      "  token: { type: string, secret: true, environment: TOKEN }",
      "routes:",
      "  site: { component: web, primary: true }",
    ].join("\n"),
  );
  return folder;
}

function well(result: CliResult): string {
  assert.equal(result.status, 0, `${result.stdout}${result.stderr}`);
  return result.stdout;
}

test("an app is deployed from a folder, looked at, changed, rolled back, scaled, stopped and started", async () => {
  const first = source("1.0.0", server("first"));
  const unaccepted = await world.call(["deploy", first]);
  assert.equal(unaccepted.status, 2);
  assert.match(unaccepted.stderr, /licence \(Apache-2\.0\) is accepted/);

  const planned = await world.call(["deploy", first, "--dry-run", "--accept-licence"]);
  assert.match(well(planned), /is in the catalogue already|would be installed: release 1 \(dry run\)/);
  assert.equal((await world.call(["app", "get", "hello"])).status, 4, "a dry run makes nothing");

  const deployed = await world.call(["deploy", first, "--accept-licence"]);
  assert.match(well(deployed), /^app\/hello is ready: release 1: 1\/1 ready\nhttp:\/\/hello\.localhost/);
  assert.match(deployed.stderr, /hello: release 1: 0\/1 ready/);
  assert.match(well(await world.call(["app", "get", "hello"])), /serving\s+release 1\n/);
  assert.match(well(await world.call(["logs", "hello"])), /^hello-web-1-\w+ \| first, world, 8$/m);

  // Instances that are watched for seconds are right for people, and long for a test.
  await dc.local.patch(
    appKind,
    { project: "default", name: "hello" },
    { spec: { rollout: { watchSeconds: 0 } } },
  );
  const again = await world.call(["deploy", "hello", "--accept-licence"]);
  assert.match(well(again), /release 1: 1\/1 ready/, "by its name in the catalogue; nothing changed");

  const asked = await world.call(["app", "set", "hello", "greeted=moon"], { answers: ["n"], terminal: true });
  assert.equal(asked.status, 9);
  assert.match(asked.stderr, /would get a new release: release 2\n[\s\S]*"moon"[\s\S]*Go on\? /);
  const changed = await world.call(["app", "set", "hello", "greeted=moon", "--set-secret", "token=-"], {
    stdin: "hunter2hunter2\n",
  });
  assert.match(well(changed), /release 2: 1\/1 ready/);
  assert.doesNotMatch(changed.stdout + changed.stderr, /hunter2/);

  const lost = await world.call([
    "deploy",
    source("2.0.0", "console.log('no press'); process.exit(3);"),
    "--accept-licence",
  ]);
  assert.equal(lost.status, 7);
  assert.match(lost.stderr, /last lines of release 3:\n[\s\S]* \| no press\n/);
  assert.match(
    lost.stderr,
    /error: Release 3 of hello did not come up and was rolled back; release 2 serves\. .*status 3/,
  );

  const scaled = await world.call(["scale", "hello", "web=2"]);
  assert.match(well(scaled), /is scaled/);
  assert.match(scaled.stderr, /note: Release 3 .* was rolled back/);

  const back = await world.call(["rollback", "hello", "--to", "1"]);
  assert.match(well(back), /release 4: 2\/2 ready/);
  const history = well(await world.call(["app", "history", "hello"]));
  assert.match(history, /4 \*\s+serving.*back to 1/);
  assert.match(history, /3\s+rolled-back/);

  assert.match(well(await world.call(["stop", "hello"])), /app\/hello is stopped/);
  assert.match(well(await world.call(["start", "hello"])), /2\/2 ready/);
  assert.match(well(await world.call(["top", "hello"])), /hello-web-4-/);
});

test("a command runs in an instance's sandbox with its input, its output and its exit status", async () => {
  const run = async (words: readonly string[], given = {}) =>
    await world.call(["exec", "hello", ...words], given);
  const both = await run(["--", "sh", "-c", "echo out; echo err >&2; exit 3"]);
  assert.deepEqual(both, { status: 3, stdout: "out\n", stderr: "err\n" });
  assert.equal((await run(["--", "cat"], { stdin: "through" })).stdout, "through");
  const large = "x".repeat(300_000);
  assert.equal((await run(["--", "cat"], { stdin: large })).stdout, large);
  assert.equal((await run(["--", "sh", "-c", "kill -9 $$"])).status, 137);

  const raw = { isDisposed: false };
  const rawTerminal: RawTerminal = {
    size: () => ({ columns: 100, rows: 30 }),
    onResize: () => undefined,
    [Symbol.dispose]: () => void (raw.isDisposed = true),
  };
  const terminal = await run(["-it", "--", "stty", "size"], { rawTerminal });
  assert.match(terminal.stdout, /30 100/);
  assert.ok(raw.isDisposed, "the terminal is as it was");

  const { items } = await dc.local.call(dc.local.routes["audit.list"], { query: { limit: 50 } });
  const entries = items.filter(({ verb }) => verb === "exec");
  assert.equal(entries.length, 5);
  assert.deepEqual(entries.at(-1)?.detail, { program: "sh", terminal: false });
  assert.doesNotMatch(JSON.stringify(entries), /exit 3/, "arguments may hold secrets");

  const none = await world.call(["exec", "nothing", "--", "ls"]);
  assert.equal(none.status, 4);
  assert.equal((await run([])).status, 2);
  well(await world.call(["stop", "hello"]));
  const stopped = await run(["--", "ls"]);
  assert.match(stopped.stderr, /^error: There is no app or instance 'hello' with an instance/);
});

test("an app is removed when its name is typed, and nothing of it is left", async () => {
  const refused = await world.call(["remove", "hello"], { answers: ["helo"] });
  assert.equal(refused.status, 9);
  assert.match(well(await world.call(["remove", "hello"], { answers: ["hello"] })), /app\/hello removed/);
  assert.match((await world.call(["app", "list"])).stderr, /no apps/);
});

test("an app that its package does not allow is refused when it is written, and to stop is always allowed", async () => {
  const spec = { package: "hello-1-0-0", settings: { greted: "x" }, licence: "Apache-2.0" };
  await assert.rejects(
    dc.local.apply(appKind, { project: "default", name: "wrong", spec }),
    (error: Error) => {
      assert.match(
        error.message,
        /spec\.settings\.greted: the package has no such setting; did you mean greeted/,
      );
      return true;
    },
  );
  await assert.rejects(
    dc.local.apply(appKind, { project: "default", name: "wrong", spec: { package: "nothing-1" } }),
    /spec\.package/,
  );
});
