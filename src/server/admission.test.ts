import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { fixedRoutes } from "#api/routes.ts";
import { startDataCenter, type TestDataCenter } from "#test/support/data-center.ts";
import { waitFor } from "#test/support/wait-for.ts";

let dc: TestDataCenter;
before(async () => {
  dc = await startDataCenter({ serverLimits: { admittedMs: 0 } });
});
after(async () => await dc.stop());

test("a request whose body comes after its caller's end is refused, whatever the caller was at its beginning", async () => {
  const root = await dc.user("root", { owner: true });
  const rita = await dc.user("rita", { owner: true });
  await rita.client.call(fixedRoutes["auth.me"]);
  const body = JSON.stringify({ name: "backdoor", owner: true });
  const socket = connect(Number(new URL(dc.url).port), "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk) => (answer += chunk.toString("latin1")));
  const head = [
    "POST /v1/users HTTP/1.1",
    "host: localhost",
    `authorization: Bearer ${rita.token}`,
    "content-type: application/json",
    `content-length: ${body.length}`,
    "expect: 100-continue",
    "connection: close",
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  await waitFor(() => answer.includes("100 Continue") || undefined, {
    withinMs: 5_000,
    what: "the header is taken",
  });
  const change = { params: { user: "rita" }, body: { disabled: true } };
  await root.client.call(fixedRoutes["user.change"], change);
  socket.write(body);
  await once(socket, "close");
  assert.match(answer, /HTTP\/1\.1 401 /);
  const { items } = await root.client.call(fixedRoutes["user.list"]);
  assert.ok(!items.some(({ name }) => name === "backdoor"));
});
