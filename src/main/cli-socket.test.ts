import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { after, before, test } from "node:test";
import { generate } from "selfsigned";
import { VdcError } from "#api/errors.ts";
import { fixedRoutes } from "#api/routes.ts";
import { routeAddress } from "#api/transport.ts";
import { startDataCenter, type TestDataCenter } from "#test/support/data-center.ts";
import { openCliSocket } from "./cli-socket.ts";

let dc: TestDataCenter;
let sha256: string;
before(async () => {
  const { cert, private: key } = await generate([{ name: "commonName", value: "vdc" }], {
    algorithm: "sha256",
  });
  sha256 = createHash("sha256").update(new X509Certificate(cert).raw).digest("hex");
  dc = await startDataCenter({ tls: { cert, key } });
});
after(async () => await dc.stop());

const params = { project: "default", name: "none" };
const path = routeAddress(fixedRoutes["instance.exec"], params, { command: '["ls"]' });

async function failure(
  binding: Parameters<typeof openCliSocket>[0],
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<VdcError> {
  try {
    (await openCliSocket(binding, url, { headers, signal: AbortSignal.timeout(10_000) })).close();
  } catch (error) {
    assert.ok(error instanceof VdcError);
    return error;
  }
  return assert.fail("it was opened");
}

test("a socket is opened by the ways of every other request, and a refusal is the error that the server tells of", async () => {
  const secure = dc.url.replace(/^https/, "wss") + path;
  assert.equal((await failure({ via: "pinned-tls", sha256 }, secure)).code, "unauthenticated");
  const { token } = await dc.user("root", { owner: true });
  const known = await failure({ via: "pinned-tls", sha256 }, secure, { authorization: `Bearer ${token}` });
  assert.match(known.message, /There is no instance 'none'/);
  const local = await failure({ via: "unix-socket", path: dc.socketPath }, `ws://localhost${path}`);
  assert.equal(local.code, "not-found");
});

test("nothing is sent to a server that shows another certificate than the pinned one, or that nobody vouches for", async () => {
  const secure = dc.url.replace(/^https/, "wss") + path;
  const other = await failure({ via: "pinned-tls", sha256: "0".repeat(64) }, secure, {
    authorization: "Bearer x",
  });
  assert.equal(other.code, "unreachable");
  assert.match(String(other.cause), /not the pinned one/);
  assert.match(String((await failure({ via: "address" }, secure)).cause), /self-signed/);
  const plain = await failure({ via: "pinned-tls", sha256 }, secure.replace("wss:", "ws:"));
  assert.match(plain.message, /needs an https address/);
});

test("what is not there cannot be reached", async () => {
  const error = await failure({ via: "unix-socket", path: "/nonexistent/vdc.sock" }, `ws://localhost${path}`);
  assert.equal(error.code, "unreachable");
  assert.match(String(error.cause), /ENOENT/);
});
