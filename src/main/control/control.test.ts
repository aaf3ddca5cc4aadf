import assert from "node:assert/strict";
import { fork, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { controlConfigVariable, type ControlConfig } from "#main/control-config.ts";
import { readControlMessage, type ControlMessage } from "#main/control-messages.ts";
import { createTestDatabase, type TestDatabase } from "#test/support/database.ts";

let database: TestDatabase;
let folder: string;

before(async () => {
  database = await createTestDatabase();
  folder = mkdtempSync(join(tmpdir(), "vdc-control-"));
});
after(async () => {
  await database[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

interface Started {
  readonly child: ChildProcess;
  readonly message: Promise<ControlMessage>;
  readonly exit: Promise<number | null>;
}

function start(config: Partial<ControlConfig>): Started {
  const whole: ControlConfig = {
    dataDirectory: folder,
    listen: { host: "127.0.0.1", port: 0 },
    hosts: [],
    controlSocket: join(folder, "run/control.sock"),
    supervisorSocket: join(folder, "run/supervisor.sock"),
    version: "0.0.0-test",
    ...config,
  };
  const child = fork(join(import.meta.dirname, "../control.ts"), {
    env: { ...process.env, VDC_DATABASE_URL: database.url, [controlConfigVariable]: JSON.stringify(whole) },
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  return {
    child,
    message: new Promise((resolve) =>
      child.on("message", (raw) => {
        const message = readControlMessage(raw);
        if (message !== undefined) resolve(message);
      }),
    ),
    exit: new Promise((resolve) => child.once("exit", resolve)),
  };
}

test("control says that it is ready, with a first sign-in, and SIGTERM ends it cleanly also while somebody watches", async () => {
  const started = start({});
  const message = await started.message;
  assert.ok(message.type === "ready", JSON.stringify(message));
  assert.match(message.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.match(message.signInLink ?? "", /#link=vdcl_/);
  assert.equal(statSync(join(folder, "run/control.sock")).mode & 0o777, 0o600);
  assert.equal(await (await fetch(`${message.url}/readyz`)).text(), "ready\n");
  const secret = new URL(message.signInLink ?? "").hash.slice("#link=".length);
  const signedIn = await fetch(`${message.url}/v1/auth/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ link: secret, tokenName: "test" }),
  });
  const { secret: token } = (await signedIn.json()) as { secret: string }; // createdTokenSchema
  const watch = await fetch(`${message.url}/v1/watch`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(watch.status, 200);
  const begun = performance.now();
  started.child.kill("SIGTERM");
  assert.match(await watch.text(), /event: closing/);
  assert.equal(await started.exit, 0);
  assert.ok(performance.now() - begun < 5_000);
});

test("control ends when its supervisor is gone", async () => {
  const started = start({});
  assert.equal((await started.message).type, "ready");
  started.child.disconnect();
  assert.equal(await started.exit, 0);
});

test("an address that others can reach is refused without TLS, and a taken port is named", async () => {
  const open = start({ listen: { host: "0.0.0.0", port: 0 } });
  const refused = await open.message;
  assert.ok(refused.type === "failed");
  assert.equal(refused.code, "invalid");
  assert.match(refused.message, /0\.0\.0\.0 can be reached from other machines/);
  assert.notEqual(await open.exit, 0);

  const holder = createServer();
  const port = await new Promise<number>(
    (resolve) => holder.listen(0, "127.0.0.1", () => resolve((holder.address() as { port: number }).port)), // it listens on TCP
  );
  const taken = start({ listen: { host: "127.0.0.1", port } });
  const message = await taken.message;
  assert.ok(message.type === "failed");
  assert.deepEqual([message.code, message.message], ["in-use", `Port ${port} is taken by another program.`]);
  await taken.exit;
  holder.close();
});

test("a self-signed certificate is made, shown by its fingerprint, and kept for its owner only", async () => {
  const selfSignedDirectory = join(folder, "tls");
  const started = start({ tls: { selfSignedDirectory } });
  const message = await started.message;
  assert.ok(message.type === "ready");
  assert.match(message.url, /^https:/);
  assert.match(message.certificateFingerprint ?? "", /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  assert.equal(statSync(join(selfSignedDirectory, "self-signed.key")).mode & 0o777, 0o600);
  started.child.kill("SIGTERM");
  await started.exit;
});

test("files that are no certificate, or not a pair, are named", async () => {
  const certFile = join(folder, "a.crt");
  const keyFile = join(folder, "a.key");
  writeFileSync(certFile, "not a certificate");
  writeFileSync(keyFile, "not a key");
  const started = start({ tls: { certFile, keyFile } });
  const message = await started.message;
  assert.ok(message.type === "failed");
  assert.match(message.message, /a\.crt or .*a\.key is not in PEM form/);
  await started.exit;
});
