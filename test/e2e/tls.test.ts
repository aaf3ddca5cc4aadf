import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { connect, type DetailedPeerCertificate } from "node:tls";
import { rawRequest } from "#test/support/raw-request.ts";
import { ForegroundCenter, TemporaryFolder, vdc } from "./support/center.ts";
import { freePort } from "#test/support/free-port.ts";

/** The real control and not its placeholder. */
const real = { VDC_CONTROL_SCRIPT: undefined, VDC_DATABASE_URL: undefined };
const folder = new TemporaryFolder();
after(() => folder[Symbol.dispose]());

describe("vdc up with a self-signed certificate and a name", () => {
  const data = join(folder.path, "d");
  let center: ForegroundCenter;
  let port: number;
  let base: string;

  before(async () => {
    port = await freePort();
    base = `https://127.0.0.1:${port}`;
    const words = [
      "--listen",
      "127.0.0.1",
      "--port",
      String(port),
      "--tls",
      "self-signed",
      "--host",
      "vdc.test",
    ];
    center = new ForegroundCenter(data, words, { env: real });
    await center.ready();
  });
  after(async () => await center?.[Symbol.asyncDispose]());

  it("prints the fingerprint of the certificate that it serves, which is for its name and its address", async () => {
    const [, printed = ""] = await center.shows(/compare before you trust it: SHA-256 ([0-9A-F:]{95})$/m);
    const served = await certificateAt(port);
    assert.equal(printed, served.fingerprint256);
    assert.equal(printed.replaceAll(":", "").toLowerCase(), sha256(served.raw));
    for (const name of ["vdc.test", "localhost", "127.0.0.1"])
      assert.match(served.subjectaltname ?? "", new RegExp(`(DNS|IP Address):${name}(,|$)`));
    // Whoever trusts exactly this certificate reaches it by its name.
    assert.equal(await statusAs("vdc.test", port, served.raw), 200);
  });

  it("lets a one-time link in by the printed fingerprint, once, and by no other", async () => {
    const [, link = ""] = await center.shows(/^ +(https:\S+#link=\S+)$/m);
    const [, printed = ""] = await center.shows(/SHA-256 ([0-9A-F:]{95})$/m);
    const login = async (home: string, fingerprint: string) =>
      await vdc(["login", link, "--fingerprint", fingerprint], { env: { ...real, ...homeAt(home) } });
    const wrong = await login("wrong", `sha256:${"0".repeat(64)}`);
    assert.equal(wrong.status, 7);
    assert.match(wrong.stderr, /shows another certificate.*[^]*Nothing was sent/);
    const first = await login("first", `sha256:${printed}`);
    assert.equal(first.status, 0, first.stderr);
    assert.ok(first.stderr.includes(`signed in to ${base} as `), first.stderr);
    const who = await vdc(["whoami", "--json"], { env: { ...real, ...homeAt("first") } });
    assert.equal(JSON.parse(who.stdout).owner, true, who.stderr);
    const second = await login("second", `sha256:${printed}`);
    assert.equal(second.status, 3);
    assert.match(second.stderr, /each works once/);
  });

  it("speaks no plain http, neither to a browser nor to the command line", async () => {
    const hello = "GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    const answer = await rawRequest(port, hello).catch(() => ""); // closed with or without an error
    assert.doesNotMatch(answer, /HTTP\//);
    const link = `http://127.0.0.1:${port}/signin#link=whatever`;
    const login = await vdc(["login", link], { env: { ...real, ...homeAt("plain") } });
    assert.equal(login.status, 7, login.stderr);
    assert.equal(await statusAs("127.0.0.1", port), 200, "it serves https as before");
  });

  it("answers for its names and addresses only, and 421 to others", async () => {
    for (const host of ["vdc.test", `vdc.test:${port}`, "localhost", "127.0.0.1"])
      assert.equal(await statusAs(host, port), 200, host);
    for (const host of ["evil.test", "vdc.test.evil.test", "192.0.2.1"])
      assert.equal(await statusAs(host, port), 421, host);
  });
});

describe("vdc up at an address that others reach, without TLS", () => {
  it("is refused with what to add, before anything is made or listens", async () => {
    const data = join(folder.path, "open");
    const port = await freePort();
    const words = ["up", "--data", data, "--listen", "0.0.0.0", "--port", String(port)];
    const up = await vdc(words, { env: real });
    assert.equal(up.status, 2);
    assert.match(
      up.stderr,
      /0\.0\.0\.0 can be reached from other machines, so it needs TLS: add --tls self-signed/,
    );
    assert.ok(!existsSync(join(data, "postgres/data")), "PostgreSQL was not made");
    assert.doesNotMatch(up.stdout, /ready/);
    await assert.rejects(rawRequest(port, "x"), { code: "ECONNREFUSED" });
  });
});

/** A home of its own: what the command line remembers of one sign-in is not another's. */
function homeAt(name: string): Readonly<Record<string, string | undefined>> {
  const home = join(folder.path, name);
  return { HOME: home, XDG_CONFIG_HOME: undefined, VDC_URL: undefined, VDC_TOKEN: undefined };
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** What a browser is shown that has not yet decided whether to trust it. */
async function certificateAt(port: number): Promise<DetailedPeerCertificate> {
  const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false });
  try {
    await once(socket, "secureConnect");
    return socket.getPeerCertificate(true);
  } finally {
    socket.destroy();
  }
}

/** The status of `/readyz` under a Host header; the certificate is checked when it is given. */
async function statusAs(host: string, port: number, trusted?: Uint8Array): Promise<number | undefined> {
  const trust =
    trusted === undefined ? { rejectUnauthorized: false } : { ca: pem(trusted), servername: host };
  const call = request({
    host: "127.0.0.1",
    port,
    path: "/readyz",
    headers: { host },
    agent: false,
    ...trust,
  });
  call.end();
  const [response] = (await once(call, "response")) as [IncomingMessage]; // what this event carries
  response.resume();
  return response.statusCode;
}

function pem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}
