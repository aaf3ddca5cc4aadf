import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, afterEach, test } from "node:test";
import { systemClock } from "#lib/clock.ts";
import { readTls } from "#main/control/tls.ts";
import { cliWorld, type CliWorld } from "#test/support/cli-call.ts";
import { startDataCenter, type TestDataCenter, type TestUser } from "#test/support/data-center.ts";

let folder: string;
let center: TestDataCenter;
let ada: TestUser;
let fingerprint: string;
let cli: CliWorld;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "vdc-tls-"));
  const tls = await readTls({ selfSignedDirectory: folder }, ["localhost"], systemClock.now());
  fingerprint = `sha256:${(tls.fingerprint ?? "").replaceAll(":", "").toLowerCase()}`;
  center = await startDataCenter({ tls });
  ada = await center.user("ada", { owner: true });
});
after(async () => {
  await center.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  cli = cliWorld({ socketPath: center.socketPath });
});
afterEach(() => cli[Symbol.dispose]());

const config = () => join(cli.home, ".config/vdc/config.yaml");

test("login by password pins the certificate, keeps a private context, and makes it current", async () => {
  const login = await cli.call(
    ["login", center.url, "--user", "ada", "--name", "home", "--fingerprint", fingerprint],
    {
      answers: [ada.password],
    },
  );
  assert.equal(login.status, 0, login.stderr);
  assert.equal(login.stdout, "");
  assert.equal(statSync(config()).mode & 0o777, 0o600);
  const me = await cli.call(["whoami"]);
  assert.match(me.stdout, /^user: +ada$/m);
  assert.match(me.stdout, /^context: +home \(https:/m);
  const list = await cli.call(["context", "list", "--json"]);
  assert.doesNotMatch(list.stdout, /token/);
  assert.match((await cli.call(["token", "list"])).stdout, /cli-test-host-/);
});

test("a person on a terminal who compares the fingerprint may trust it; a refusal sends nothing", async () => {
  const refused = await cli.call(["login", center.url, "--user", "ada"], { answers: ["no", ada.password] });
  assert.equal(refused.status, 9);
  assert.match(refused.stderr, /([0-9A-F]{2}:){31}[0-9A-F]{2}/);
  const agreed = await cli.call(["login", center.url, "--user", "ada"], { answers: ["yes", ada.password] });
  assert.equal(agreed.status, 0, agreed.stderr);
});

test("an unknown certificate is refused where nobody can be asked, and a wrong fingerprint everywhere", async () => {
  const unasked = await cli.call(["login", center.url, "--user", "ada"], { stdin: ada.password });
  assert.equal(unasked.status, 2);
  assert.match(unasked.stderr, new RegExp(`--fingerprint ${fingerprint}`));
  const wrong = await cli.call(
    ["login", center.url, "--user", "ada", "--fingerprint", `sha256:${"0".repeat(64)}`],
    {
      stdin: ada.password,
    },
  );
  assert.equal(wrong.status, 7);
  assert.match(wrong.stderr, /Nothing was sent/);
});

test("a context whose server later shows another certificate gets no token", async () => {
  await cli.call(["login", center.url, "--token", "--name", "home", "--fingerprint", fingerprint], {
    stdin: ada.token,
  });
  const text = readFileSync(config(), "utf8");
  writeFileSync(config(), text.replace(fingerprint, `sha256:${"1".repeat(64)}`));
  const result = await cli.call(["whoami"]);
  assert.equal(result.status, 7);
  assert.match(result.stderr, /^why: the server's certificate is not the pinned one$/m);
});

test("login takes a token from stdin, and a token that does not work is not kept", async () => {
  const given = ["login", center.url, "--token", "--fingerprint", fingerprint];
  assert.equal((await cli.call(given, { stdin: "not-a-token" })).status, 3);
  assert.equal(statSync(config(), { throwIfNoEntry: false }), undefined);
  assert.equal((await cli.call(given, { stdin: `${ada.token}\n` })).status, 0);
  assert.match((await cli.call(["whoami"])).stdout, /^signed in: +by a token$/m);
});

test("a one-time link signs in once", async () => {
  const made = await cli.call(["user", "link", "ada", "--context", "local"]);
  const url = made.stdout.trim();
  assert.match(url, /#link=/);
  const once = await cli.call(["login", url, "--fingerprint", fingerprint]);
  assert.equal(once.status, 0, once.stderr);
  const twice = await cli.call(["login", url, "--fingerprint", fingerprint]);
  assert.equal(twice.status, 3);
});

test("a wrong password is refused and leaves no context", async () => {
  const result = await cli.call(["login", center.url, "--user", "ada", "--fingerprint", fingerprint], {
    stdin: "wrong password entirely",
  });
  assert.equal(result.status, 3);
  assert.match(result.stderr, /^error: /);
  assert.match((await cli.call(["context", "list"])).stdout, /\* +local/);
});

test("logout revokes the token and keeps the context without it", async () => {
  await cli.call(["login", center.url, "--user", "ada", "--name", "home", "--fingerprint", fingerprint], {
    stdin: ada.password,
  });
  const token = /token: (\S+)/.exec(readFileSync(config(), "utf8"))?.[1] ?? "";
  assert.notEqual(token, "");
  const result = await cli.call(["logout"]);
  assert.equal(result.status, 0, result.stderr);
  assert.doesNotMatch(readFileSync(config(), "utf8"), /token: /);
  assert.equal((await cli.call(["whoami"])).status, 3);
  const again = await cli.call(["whoami"], { env: { VDC_TOKEN: token } });
  assert.equal(again.status, 3);
});

test("contexts are used, shown, added and removed; an unknown one names the nearest", async () => {
  await cli.call(["context", "add", "lab", "--directory", "lab data"]);
  assert.equal((await cli.call(["context", "use", "lab"])).status, 0);
  const lost = await cli.call(["get", "projects"]);
  assert.equal(lost.status, 7);
  assert.match(lost.stderr, /lab data\/run\/control\.sock \(context lab\)/);
  assert.equal((await cli.call(["get", "projects", "--context", "local"])).status, 0);
  assert.equal((await cli.call(["get", "projects"], { env: { VDC_CONTEXT: "local" } })).status, 0);
  const typo = await cli.call(["context", "use", "lap"]);
  assert.equal(typo.status, 2);
  assert.match(typo.stderr, /did you mean 'lab'\?/);
  assert.match((await cli.call(["context", "show"])).stdout, /^name: +lab$/m);
  assert.equal((await cli.call(["context", "remove", "lab"])).status, 0);
  assert.match((await cli.call(["context", "list"])).stdout, /\* +local/);
});

test("a configuration with tokens that others can read is closed, with a warning", async () => {
  await cli.call(["login", center.url, "--token", "--fingerprint", fingerprint], { stdin: ada.token });
  chmodSync(config(), 0o644);
  const result = await cli.call(["whoami"]);
  assert.match(result.stderr, /^warning: others could read/);
  assert.equal(statSync(config()).mode & 0o777, 0o600);
  assert.doesNotMatch((await cli.call(["whoami"])).stderr, /warning/);
});

test("a configuration with a wrong field is an error that names it", async () => {
  await cli.call(["context", "add", "lab", "--directory", "/x"]);
  writeFileSync(config(), "current: lab\ncontext: []\n");
  const result = await cli.call(["whoami"]);
  assert.equal(result.status, 2);
  assert.match(result.stderr, /did you mean 'contexts'\?/);
});

test("a secret never goes to another machine over plain http", async () => {
  const result = await cli.call(["login", "http://192.0.2.1:8440", "--user", "ada"], { stdin: "x" });
  assert.equal(result.status, 2);
  const env = { VDC_URL: "http://192.0.2.1:8440", VDC_TOKEN: "x" };
  assert.equal((await cli.call(["whoami"], { env })).status, 2);
});

test("VDC_URL and VDC_TOKEN stand for a context", async () => {
  const plain = await startDataCenter();
  try {
    const bob = await plain.user("bob");
    const env = { VDC_URL: plain.url, VDC_TOKEN: bob.token };
    assert.match((await cli.call(["whoami"], { env })).stdout, /^user: +bob$/m);
    const refused = await cli.call(["user", "list"], { env });
    assert.equal(refused.status, 3);
    assert.match(refused.stderr, /^what to do: /m);
  } finally {
    await plain.stop();
  }
});

test("tokens and users are made, listed, changed and removed", async () => {
  const made = await asAda(["token", "create", "deploy", "--role", "viewer", "--expires", "1h"]);
  assert.equal(made.status, 0, made.stderr);
  assert.match(made.stdout, /^\S{20,}\n$/);
  const list = await asAda(["token", "list", "--all"]);
  const id = /^(tok_\S+) +deploy/m.exec(list.stdout)?.[1] ?? "";
  assert.equal((await asAda(["token", "revoke", id])).stdout, `token/${id} revoked\n`);
  assert.equal((await cli.call(["user", "create", "eve", "--title", "Eve"])).stdout, "user/eve created\n");
  assert.equal((await cli.call(["user", "disable", "eve"])).status, 0);
  assert.match((await cli.call(["user", "list"])).stdout, /^eve +Eve +- +user +disabled/m);
  assert.equal((await cli.call(["user", "enable", "eve"])).status, 0);
  assert.equal((await cli.call(["user", "delete", "eve"])).status, 2);
  assert.equal((await cli.call(["user", "delete", "eve", "--yes"])).stdout, "user/eve deleted\n");
});

test("a user sets the own password from the terminal", async () => {
  const carol = await center.user("carol");
  await cli.call(["login", center.url, "--token", "--fingerprint", fingerprint], { stdin: carol.token });
  const unequal = await cli.call(["user", "set-password"], {
    answers: [carol.password, "a new long password", "another"],
  });
  assert.equal(unequal.status, 9);
  const set = await cli.call(["user", "set-password"], {
    answers: [carol.password, "a new long password", "a new long password"],
  });
  assert.equal(set.status, 0, set.stderr);
});

async function asAda(words: readonly string[]) {
  const login = await cli.call(
    ["login", center.url, "--token", "--name", "ada", "--fingerprint", fingerprint],
    { stdin: ada.token },
  );
  assert.equal(login.status, 0, login.stderr);
  const result = await cli.call([...words, "--context", "ada"]);
  await cli.call(["context", "use", "local"]);
  return result;
}
