import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { WorkerMessage } from "#api/burst-protocol.ts";
import { projectKind } from "#api/kinds/project.ts";
import { openWebSocket } from "#drivers/web-socket/web-socket.ts";
import { startDataCenter, type TestDataCenter } from "#test/support/data-center.ts";
import { waitFor } from "#test/support/wait-for.ts";

const hello: Extract<WorkerMessage, { type: "hello" }> = {
  type: "hello",
  version: 1,
  name: "test",
  kind: "agent",
  slots: 1,
  memoryBytes: 2 ** 28,
  speed: 1,
  levels: ["wasm"],
  holds: [],
};

describe("the door for workers", () => {
  let center: TestDataCenter;
  before(async () => {
    center = await startDataCenter();
    await center.local.apply(projectKind, { name: "shop", spec: {} });
    await waitFor(async () => (await isLeading(center)) || undefined, { withinMs: 10_000, what: "it leads" });
  });
  after(async () => await center.stop());

  async function answerTo(token: string, more: Partial<typeof hello>): Promise<unknown> {
    const socket = await openWebSocket(`${center.url.replace("http", "ws")}/v1/burst/connect`, {
      headers: { authorization: `Bearer ${token}` },
      maxMessageBytes: 1024 * 1024,
      handshakeMs: 5_000,
      signal: AbortSignal.timeout(10_000),
    });
    await socket.send(JSON.stringify({ ...hello, ...more }));
    try {
      for await (const message of socket.messages) return JSON.parse(String(message));
      return undefined;
    } finally {
      socket.close();
    }
  }

  it("believes an operator's worker as the project's own, and takes a viewer's as a volunteer", async () => {
    const { token: operator } = await center.user("olga", { projects: { shop: "operator" } });
    const { token: viewer } = await center.user("vera", { projects: { shop: "viewer" } });
    const trusts = [];
    for (const token of [operator, viewer]) {
      const answer = (await answerTo(token, { project: "shop" })) as { type: string; trust: string }; // of the scheduler
      trusts.push([answer.type, answer.trust]);
    }
    assert.deepEqual(trusts, [
      ["welcome", "own"],
      ["welcome", "volunteer"],
    ]);
  });

  it("takes a worker that names no project for the only one of whose operators it is, and nobody else's", async () => {
    await center.local.apply(projectKind, { name: "other", spec: {} });
    const only = await center.user("olaf", { projects: { shop: "operator" } });
    const both = await center.user("otis", { projects: { shop: "operator", other: "operator" } });
    const viewer = await center.user("viola", { projects: { shop: "viewer" } });
    const answers = [];
    for (const { token } of [only, both, viewer]) answers.push(await answerTo(token, {}));
    const [welcome, ...refused] = answers as { type: string; trust?: string; reason?: string }[]; // of the scheduler
    assert.deepEqual([welcome?.type, welcome?.trust], ["welcome", "own"]);
    for (const { type, reason } of refused) {
      assert.equal(type, "refused");
      assert.match(reason ?? "", /for jobs of all projects: name one \(--project\)$/);
    }
  });
});

async function isLeading({ local }: TestDataCenter): Promise<boolean> {
  return await local.call(local.routes["burst.cluster"]).then(
    () => true,
    () => false,
  );
}
