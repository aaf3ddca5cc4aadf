import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Problem } from "#api/problem.ts";
import { projectKind } from "#api/kinds/project.ts";
import { startDataCenter, type TestDataCenter } from "#test/support/data-center.ts";
import { rawRequest } from "#test/support/raw-request.ts";
import { widgetKind } from "#test/support/widget-kind.ts";

let dc: TestDataCenter;
let token: string;
let head: number;

before(async () => {
  dc = await startDataCenter({ kinds: [widgetKind] });
  await dc.local.apply(projectKind, { name: "shop", spec: {} });
  await dc.local.apply(widgetKind, { project: "shop", name: "lamp", spec: { title: "Lamp" } });
  ({ token } = await dc.user("root", { owner: true }));
  head = await widgetState();
});
after(async () => {
  assert.equal(await widgetState(), head, "nothing was changed by any of the bad requests");
  await dc.stop();
});

/** Revision of the newest widget or project: what a bad request must not move. */
async function widgetState(): Promise<number> {
  const lists = [await dc.local.list(widgetKind, { project: "shop" }), await dc.local.list(projectKind)];
  // The project's status is written by its reconciler: specs are what must stand.
  return lists.flatMap((list) => list.items).reduce((sum, item) => sum + item.generation, 0);
}

interface Bad {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

async function refusal(bad: Bad): Promise<Problem & { readonly http: number }> {
  const response = await fetch(dc.url + (bad.path ?? "/v1/projects/shop/widgets/lamp"), {
    method: bad.method ?? "PUT",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...bad.headers },
    ...(bad.body === undefined ? {} : { body: bad.body }),
  });
  assert.match(response.headers.get("content-type") ?? "", /^application\/problem\+json/);
  const problem = (await response.json()) as Problem; // checked by the type above
  assert.equal(problem.status, response.status);
  assert.equal(problem.instance, response.headers.get("x-request-id"));
  return { ...problem, http: response.status };
}

const spec = (value: unknown) => JSON.stringify({ spec: value });
const fieldsOf = (problem: Problem) =>
  problem.errors.map((field) => `${field.path}: ${field.message}`).join("; ");

const invalid: readonly [string, Bad, RegExp][] = [
  ["an unknown field", { body: spec({ titel: "x" }) }, /spec\.titel: unknown field; did you mean 'title'/],
  ["an unknown field beside the spec", { body: '{"spec":{},"label":{}}' }, /label: .*did you mean 'labels'/],
  ["a wrong type", { body: spec({ instances: "many" }) }, /spec\.instances: /],
  ["a number out of range", { body: spec({ instances: -1 }) }, /spec\.instances: /],
  ["a wrong item of a list", { body: spec({ parts: ["a", 5] }) }, /spec\.parts\[1\]: /],
  ["no spec", { body: "{}" }, /spec: /],
  ["a body that is a list", { body: "[]" }, /expected object/i],
  ["a label that is none", { body: '{"labels":{"a b":"c"},"spec":{}}' }, /labels.*a b: /],
  ["a label's value of the wrong form", { body: '{"labels":{"a":"b c"},"spec":{}}' }, /labels\.a: /],
  ["a name in capitals", { path: "/v1/projects/shop/widgets/Lamp", body: spec({}) }, /name: /],
  ["a name with an escaped slash", { path: "/v1/projects/shop/widgets/a%2fb", body: spec({}) }, /name: /],
  ["a name that climbs", { path: "/v1/projects/shop/widgets/..%2f..%2fx", body: spec({}) }, /name: /],
  [
    "a name with a look-alike letter",
    { path: `/v1/projects/shop/widgets/${encodeURIComponent("lаmp")}`, body: spec({}) },
    /name: /,
  ],
  ["a name with a zero byte", { path: "/v1/projects/shop/widgets/a%00b", body: spec({}) }, /name: /],
  [
    "a name that is too long",
    { path: `/v1/projects/shop/widgets/${"a".repeat(64)}`, body: spec({}) },
    /name: /,
  ],
  [
    "an unknown query key",
    { path: "/v1/projects/shop/widgets/lamp?dryrun=true", body: spec({}) },
    /dryrun: .*did you mean 'dryRun'/,
  ],
  [
    "a query key given twice",
    { path: "/v1/projects?limit=1&limit=2", method: "GET" },
    /limit: is given twice/,
  ],
  ["a limit that is none", { path: "/v1/projects?limit=lots", method: "GET" }, /limit: /],
  ["a limit that is too high", { path: "/v1/projects?limit=501", method: "GET" }, /limit: /],
  ["a broken label selector", { path: "/v1/projects?labelSelector=%3Dx", method: "GET" }, /labelSelector: /],
  ["a broken field selector", { path: "/v1/projects?fieldSelector=spec", method: "GET" }, /fieldSelector: /],
  ["a broken continue token", { path: "/v1/projects?continue=zzz", method: "GET" }, /continue: /],
  [
    "a kind that is none in a watch",
    { path: "/v1/watch?kind=widgit", method: "GET" },
    /kind: .*did you mean 'widget'/,
  ],
  [
    "a patch that makes the whole wrong",
    {
      method: "PATCH",
      headers: { "content-type": "application/merge-patch+json" },
      body: spec({ title: 5 }),
    },
    /spec\.title: /,
  ],
  [
    "a title with a zero byte",
    { method: "POST", path: "/v1/users", body: '{"name":"nul","title":"a\\u0000b"}' },
    /title: holds a character/,
  ],
  [
    "a title with half a character",
    { method: "POST", path: "/v1/users", body: '{"name":"half","title":"\\ud800"}' },
    /title: holds a character/,
  ],
  ["a body where none is taken", { method: "DELETE", body: '{"force":true}' }, /force: /],
];

for (const [what, bad, wanted] of invalid) {
  test(`${what} is invalid, and the field is named`, async () => {
    const problem = await refusal(bad);
    assert.equal(problem.code, "invalid", problem.detail);
    assert.match(`${fieldsOf(problem)} ${problem.detail}`, wanted);
  });
}

const other: readonly [string, Bad, string, RegExp?][] = [
  [
    "a selector with a zero byte",
    { path: "/v1/projects?fieldSelector=name%3D%00", method: "GET" },
    "bad-request",
  ],
  ["an id with a zero byte", { path: "/v1/operations/a%00b", method: "GET" }, "bad-request", /NUL/],
  ["JSON that ends too early", { body: '{"spec":' }, "bad-request"],
  ["an empty body", { body: "" }, "bad-request"],
  ["no body", {}, "bad-request"],
  [
    "10,000 levels of nesting",
    { body: `{"spec":{"settings":${"[".repeat(10_000)}${"]".repeat(10_000)}}}` },
    "bad-request",
    /64 levels/,
  ],
  ["a __proto__ key", { body: '{"spec":{"settings":{"__proto__":{"x":1}}}}' }, "bad-request", /__proto__/],
  [
    "an escaped __proto__ key",
    { body: '{"spec":{"settings":{"\\u005f_proto__":{"x":1}}}}' },
    "bad-request",
    /__proto__/,
  ],
  [
    "bytes that are not UTF-8",
    { body: Buffer.from('{"spec":{"title":"\xff\xfe"}}', "latin1") },
    "bad-request",
    /UTF-8/,
  ],
  [
    "another media type",
    { headers: { "content-type": "text/plain" }, body: spec({}) },
    "unsupported-media-type",
  ],
  [
    "a form",
    { headers: { "content-type": "application/x-www-form-urlencoded" }, body: "spec=1" },
    "unsupported-media-type",
  ],
  [
    "another charset",
    { headers: { "content-type": "application/json; charset=utf-16" }, body: spec({}) },
    "unsupported-media-type",
  ],
  [
    "a merge patch where a whole is wanted",
    { headers: { "content-type": "application/merge-patch+json" }, body: spec({}) },
    "unsupported-media-type",
  ],
  ["more than 1 MiB", { body: spec({ title: "x".repeat(1024 * 1024) }) }, "too-large", /1 MiB/],
  ["a broken entity tag", { headers: { "if-match": "42" }, body: spec({}) }, "bad-request", /If-Match/],
  ["a weak entity tag", { headers: { "if-match": 'W/"1"' }, body: spec({}) }, "bad-request", /If-Match/],
  [
    "two conditions that exclude each other",
    { headers: { "if-match": '"1"', "if-none-match": "*" }, body: spec({}) },
    "bad-request",
  ],
  [
    "a stale revision",
    { headers: { "if-match": '"1"' }, body: spec({ title: "stale" }) },
    "precondition-failed",
  ],
  [
    "a revision from the future",
    { headers: { "if-match": '"999999999"' }, body: spec({}) },
    "precondition-failed",
  ],
  ["an encoding that is not UTF-8 in the path", { path: "/v1/projects/%ff", method: "GET" }, "bad-request"],
  [
    "an encoding that is not UTF-8 in the query",
    { path: "/v1/projects?limit=%ff", method: "GET" },
    "bad-request",
  ],
  [
    "a flood of query keys",
    { path: `/v1/projects?${Array.from({ length: 50 }, (_, at) => `k${at}=1`).join("&")}`, method: "GET" },
    "bad-request",
    /32/,
  ],
  [
    "a Last-Event-ID that is no revision",
    { path: "/v1/watch", method: "GET", headers: { "last-event-id": "abc" } },
    "bad-request",
  ],
  [
    "another authorization scheme",
    { path: "/v1/projects", method: "GET", headers: { authorization: "Basic cm9vdDpyb290" } },
    "unauthenticated",
  ],
  ["an address that is none", { path: "/v1/nothing", method: "GET" }, "not-found"],
  ["a project that is not there", { path: "/v1/projects/nowhere/widgets/lamp", body: spec({}) }, "not-found"],
];

for (const [what, bad, code, detail] of other) {
  test(`${what}: ${code}`, async () => {
    const problem = await refusal(bad);
    assert.equal(problem.code, code, problem.detail);
    if (detail !== undefined) assert.match(problem.detail, detail);
  });
}

test("a chunked body is cut off at the same limit", async () => {
  const chunk = `10000\r\n${"x".repeat(65_536)}\r\n`;
  const request = [
    "PUT /v1/projects/shop/widgets/lamp HTTP/1.1",
    "host: localhost",
    `authorization: Bearer ${token}`,
    "content-type: application/json",
    "transfer-encoding: chunked",
    "",
    chunk.repeat(17),
  ].join("\r\n");
  assert.match(await rawRequest(port(), request, 1_000), /^HTTP\/1\.1 413 [\s\S]*"code":"too-large"/);
});

const raw: readonly [string, string, RegExp][] = [
  ["no Host header", "GET /v1/version HTTP/1.1\r\nconnection: close\r\n\r\n", /400[\s\S]*no Host header/],
  [
    "two Host headers",
    "GET /v1/version HTTP/1.1\r\nhost: localhost\r\nhost: evil\r\nconnection: close\r\n\r\n",
    /400[\s\S]*'host' is given twice/,
  ],
  [
    "two If-Match headers",
    'GET /v1/version HTTP/1.1\r\nhost: localhost\r\nif-match: "1"\r\nIf-Match: "2"\r\nconnection: close\r\n\r\n',
    /400[\s\S]*'if-match' is given twice/,
  ],
  [
    "the host of another site",
    "GET /v1/version HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n",
    /421[\s\S]*"code":"misdirected"/,
  ],
  [
    "a name that begins like ours",
    "GET /v1/version HTTP/1.1\r\nhost: localhost.evil.example\r\nconnection: close\r\n\r\n",
    /421/,
  ],
  [
    "an absolute target",
    "GET http://evil.example/v1/version HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
    /400[\s\S]*begin with '\//,
  ],
  [
    "what is not HTTP",
    "HELO there\r\n\r\n",
    /^HTTP\/1\.1 400 [\s\S]*application\/problem\+json[\s\S]*connection: close[\s\S]*"code":"bad-request"/,
  ],
  [
    "two lengths",
    "POST /v1/auth/link HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabc",
    /^HTTP\/1\.1 400 /,
  ],
  [
    "a length and chunks",
    "POST /v1/auth/link HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    /^HTTP\/1\.1 400 /,
  ],
  [
    "header fields of 32 KiB",
    `GET /v1/version HTTP/1.1\r\nhost: localhost\r\nx: ${"y".repeat(32_768)}\r\n\r\n`,
    /^HTTP\/1\.1 413 [\s\S]*"code":"too-large"/,
  ],
];

for (const [what, request, wanted] of raw) {
  test(`${what} is answered with a problem document`, async () => {
    assert.match(await rawRequest(port(), request, 2_000), wanted);
  });
}

test("a request id is taken over when it is sane, and replaced when it is not", async () => {
  const ask = async (id: string) =>
    (await fetch(`${dc.url}/v1/version`, { headers: { "x-request-id": id } })).headers.get("x-request-id");
  assert.equal(await ask("build-42.a"), "build-42.a");
  assert.match((await ask("two words")) ?? "", /^req_/);
  assert.match((await ask("x".repeat(500))) ?? "", /^req_/);
});

function port(): number {
  return Number(new URL(dc.url).port);
}

test("a request that does not arrive is given up", async () => {
  await using slow = await startDataCenter({
    serverLimits: { headersTimeoutMs: 200, requestTimeoutMs: 400, timeoutCheckMs: 50 },
  });
  const slowPort = Number(new URL(slow.url).port);
  const half = "POST /v1/auth/link HTTP/1.1\r\nhost: localhost\r\n";
  assert.match(await rawRequest(slowPort, half), /^HTTP\/1\.1 400 [\s\S]*did not arrive in time/);
  const noBody = `${half}content-type: application/json\r\ncontent-length: 100\r\n\r\n{`;
  assert.match(await rawRequest(slowPort, noBody), /^HTTP\/1\.1 400 [\s\S]*did not arrive in time/);
});
