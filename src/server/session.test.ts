import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { request as tlsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { Writable } from "node:stream";
import { after, before, test } from "node:test";
import { projectKind } from "#api/kinds/project.ts";
import { fixedRoutes } from "#api/routes.ts";
import { createLog } from "#lib/log.ts";
import { systemClock } from "#lib/clock.ts";
import { readTls } from "#main/control/tls.ts";
import { startDataCenter, type TestDataCenter } from "#test/support/data-center.ts";
import { rawRequest } from "#test/support/raw-request.ts";

let dc: TestDataCenter;
let folder: string;
const lines: string[] = [];

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "vdc-console-"));
  mkdirSync(join(folder, "assets"));
  writeFileSync(join(folder, "index.html"), "<!doctype html><title>console</title>");
  writeFileSync(join(folder, "assets/app-a1b2c3d4.js"), "console.log(1)");
  writeFileSync(join(folder, "assets/app-a1b2c3d4.js.br"), "compressed");
  writeFileSync(join(folder, ".secret"), "hidden");
  const destination = new Writable({
    write(chunk: Buffer, _, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  dc = await startDataCenter({
    consoleDirectory: folder,
    log: createLog({ part: "test", level: "debug", destination }),
  });
});
after(async () => {
  await dc.stop();
  rmSync(folder, { recursive: true });
});

const json = { "content-type": "application/json" };

test("a session goes from its link to its end, and none of its secrets reaches the log", async () => {
  const made = await dc.local.call(fixedRoutes["user.create"], { body: { name: "ada", owner: true } });
  assert.equal(made.hasPassword, false);
  const link = await dc.local.call(fixedRoutes["user.link"], { params: { user: "ada" } });
  const opened = await fetch(`${dc.url}/v1/auth/link`, {
    method: "POST",
    headers: json,
    body: JSON.stringify({ secret: link.secret }),
  });
  assert.equal(opened.status, 200);
  const cookie = opened.headers.getSetCookie()[0] ?? "";
  assert.match(cookie, /^vdc-session=[\w-]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
  const pair = cookie.split(";", 1)[0] ?? "";
  const browser = { ...json, cookie: pair, origin: dc.url };
  const password = "a very long secret phrase";
  const call = (method: string, path: string, headers: Record<string, string>, body?: unknown) =>
    fetch(dc.url + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const { "content-type": _, ...noBody } = browser;

  assert.equal((await call("POST", "/v1/auth/change-password", browser, { password })).status, 204);
  assert.equal(
    (await call("PUT", "/v1/projects/shop", { ...json, cookie: pair }, { spec: {} })).status,
    403,
    "neither Origin nor Sec-Fetch-Site",
  );
  assert.equal(
    (await call("PUT", "/v1/projects/shop", { ...browser, origin: "http://evil.example" }, { spec: {} }))
      .status,
    403,
  );
  assert.equal((await call("PUT", "/v1/projects/shop", browser, { spec: {} })).status, 200);
  const token = await call("POST", "/v1/tokens", browser, { name: "ci" });
  const { secret } = (await token.json()) as { secret: string }; // createdTokenSchema
  assert.equal((await call("GET", "/v1/projects", { authorization: `Bearer ${secret}` })).status, 200);
  assert.equal(
    (await call("POST", "/v1/auth/password", json, { user: "ada", password: "wrong wrong wrong" })).status,
    401,
  );
  assert.equal(
    (
      await call(
        "POST",
        "/v1/auth/password",
        { ...json, "sec-fetch-site": "cross-site" },
        { user: "ada", password },
      )
    ).status,
    403,
  );
  assert.equal((await call("POST", "/v1/auth/password", json, { user: "ada", password })).status, 200);
  const ended = await fetch(
    `${dc.url}/v1/auth/oidc/none/callback?code=oidc-code-secret&state=oidc-state-secret`,
    { redirect: "manual" },
  );
  assert.equal(ended.status, 302);
  assert.equal(ended.headers.get("location"), "/signin?failed=not-found");
  const out = await call("POST", "/v1/auth/sign-out", noBody);
  assert.equal(out.status, 204);
  assert.match(out.headers.getSetCookie()[0] ?? "", /^vdc-session=; .*Max-Age=0$/);
  assert.equal((await call("GET", "/v1/auth/me", noBody)).status, 401);

  const log = lines.join("");
  assert.match(log, /"route":"auth\.password"/);
  assert.match(
    log,
    /"route":"project\.apply".*"actor":"user:ada"|"actor":"user:ada".*"route":"project\.apply"/,
  );
  const secrets = [
    link.secret,
    pair.split("=")[1] ?? "",
    password,
    "wrong wrong wrong",
    secret,
    "oidc-code-secret",
    "oidc-state-secret",
    "test-password",
  ];
  for (const one of secrets) {
    assert.ok(one.length > 8);
    assert.ok(!log.includes(one), `the log holds no ${one.slice(0, 4)}…`);
  }
});

test("the console's files are served with their policy, and deep links lead to its page", async () => {
  const browser = { accept: "text/html,*/*" };
  const plain = { ...browser, "accept-encoding": "identity" }; // through a proxy that takes the encodings away
  for (const [path, headers] of [
    ["/", browser],
    ["/", plain],
    ["/projects/shop", browser],
    ["/operations/op_1?x=1", plain],
  ] as const) {
    const page = await fetch(dc.url + path, { headers });
    assert.equal(page.status, 200, path);
    assert.match(page.headers.get("content-type") ?? "", /^text\/html/);
    assert.equal(page.headers.get("cache-control"), "no-cache");
    assert.match(
      page.headers.get("content-security-policy") ?? "",
      /^default-src 'self'.*frame-ancestors 'none'/,
    );
    assert.doesNotMatch(page.headers.get("content-security-policy") ?? "", /script-src|unsafe/);
    assert.match(await page.text(), /<title>console/);
  }
  const script = await fetch(`${dc.url}/assets/app-a1b2c3d4.js`, {
    headers: { "accept-encoding": "identity" },
  });
  assert.equal(script.headers.get("cache-control"), "public, max-age=31536000, immutable");
  assert.equal(await script.text(), "console.log(1)");
  const packed = await new Promise<string | undefined>((resolve, reject) =>
    get(`${dc.url}/assets/app-a1b2c3d4.js`, { headers: { "accept-encoding": "br" } }, (response) => {
      response.resume();
      resolve(response.headers["content-encoding"]);
    }).on("error", reject),
  );
  assert.equal(packed, "br");
});

test("nothing but the console's files comes out of its folder", async () => {
  const paths = [
    "/.secret",
    "/assets/../.secret",
    "/../../../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/..%2f..%2f..%2f..%2fetc%2fpasswd",
    "/assets/..%5c..%5cx",
    "/assets/%00",
    "/assets/",
    "/v1/x",
    "/assets/none.js",
  ];
  for (const path of paths) {
    const request = `GET ${path} HTTP/1.1\r\nhost: localhost\r\naccept: text/html\r\nconnection: close\r\n\r\n`;
    const answer = await rawRequest(Number(new URL(dc.url).port), request);
    const isPage = answer.startsWith("HTTP/1.1 200") && answer.includes("<title>console");
    assert.ok(isPage || /^HTTP\/1\.1 40[034] /.test(answer), `${path}: ${answer.slice(0, 40)}`);
    assert.doesNotMatch(answer, /hidden|root:/);
  }
});

test("without a console there is a page that says how to build it", async () => {
  await using bare = await startDataCenter();
  const page = await fetch(bare.url, { headers: { accept: "text/html" } });
  assert.equal(page.status, 503);
  assert.match(await page.text(), /console:build/);
});

test("every answer says what browsers may not do with it", async () => {
  for (const path of ["/v1/version", "/v1/projects", "/nowhere", "/"]) {
    const { headers } = await fetch(dc.url + path);
    assert.equal(headers.get("x-content-type-options"), "nosniff", path);
    assert.equal(headers.get("referrer-policy"), "no-referrer");
    assert.equal(headers.get("cross-origin-opener-policy"), "same-origin");
    assert.ok(headers.get("content-security-policy")?.includes("frame-ancestors 'none'"));
    assert.equal(headers.get("access-control-allow-origin"), null);
    assert.equal(headers.get("strict-transport-security"), null);
  }
});

test("probes and metrics answer, and metrics only to owners", async () => {
  assert.equal(await (await fetch(`${dc.url}/healthz`)).text(), "ok\n");
  assert.equal(await (await fetch(`${dc.url}/readyz`)).text(), "ready\n");
  assert.equal((await fetch(`${dc.url}/metrics`)).status, 401);
  assert.match(
    await dc.local.call(fixedRoutes["system.metrics"]),
    /vdc_http_request_seconds_count\{route="project\.apply",status="200"\} 1/,
  );
});

test("under TLS the certificate is ours, the cookie is bound to the host, and plain HTTP is no way in", async () => {
  const tls = await readTls({ selfSignedDirectory: join(folder, "tls") }, ["vdc.example"], systemClock.now());
  const again = await readTls(
    { selfSignedDirectory: join(folder, "tls") },
    ["vdc.example"],
    systemClock.now(),
  );
  assert.equal(again.fingerprint, tls.fingerprint, "it is made once");
  await using secure = await startDataCenter({ tls });
  const { password } = await secure.user("ada");
  const answer = await new Promise<{
    status: number | undefined;
    cookie: string;
    hsts: string;
    fingerprint: string;
  }>((resolve, reject) => {
    const call = tlsRequest(
      `${secure.url}/v1/auth/password`,
      { method: "POST", ca: tls.cert, headers: json },
      (response) => {
        response.resume();
        const socket = response.socket as TLSSocket; // it is: the address is https
        resolve({
          status: response.statusCode,
          cookie: response.headers["set-cookie"]?.[0] ?? "",
          hsts: response.headers["strict-transport-security"] ?? "",
          fingerprint: socket.getPeerCertificate().fingerprint256,
        });
      },
    );
    call.on("error", reject).end(JSON.stringify({ user: "ada", password }));
  });
  assert.equal(answer.status, 200);
  assert.match(answer.cookie, /^__Host-vdc-session=[\w-]+; Path=\/; HttpOnly; SameSite=Strict; Secure; /);
  assert.match(answer.hsts, /^max-age=/);
  assert.equal(answer.fingerprint, tls.fingerprint);
  await assert.rejects(fetch(secure.url.replace("https", "http")));
});

test("the control socket makes an owner, and a token over it makes the token's user", async () => {
  const me = await dc.local.call(fixedRoutes["auth.me"]);
  assert.deepEqual([me.via, me.owner], ["local", true]);
  await dc.local.apply(projectKind, { name: "plain", spec: {} });
  const user = await dc.user("plain");
  const over = await dc.local.call(fixedRoutes["auth.me"], {
    headers: { authorization: `Bearer ${user.token}` },
  });
  assert.deepEqual([over.name, over.owner], ["plain", false]);
});

test("requests without a sign-in are bounded for each address, and say when to come back", async () => {
  await using small = await startDataCenter({ serverLimits: { anonymousBurst: 5, anonymousPerSecond: 1 } });
  const statuses: number[] = [];
  let retryAfter: string | null = null;
  for (let at = 0; at < 8; at += 1) {
    const response = await fetch(`${small.url}/v1/projects`);
    statuses.push(response.status);
    retryAfter = response.headers.get("retry-after") ?? retryAfter;
  }
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429, 429, 429]);
  assert.match(retryAfter ?? "", /^\d+$/);
});
