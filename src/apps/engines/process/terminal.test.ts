import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { ExecSession } from "#apps/engine.ts";
import { discard, ready, started } from "#apps/conformance/harness.ts";
import { processHarness, type ProcessHarness } from "#test/support/process-engine.ts";

/** Types, and waits for what the terminal shows from then on. */
interface Typist {
  readonly type: (text: string, expected: RegExp) => Promise<string>;
  readonly session: ExecSession;
}

describe("a terminal in an instance", () => {
  let harness: ProcessHarness;
  let id: string;
  before(async () => {
    harness = await processHarness();
    id = await started(harness);
    await ready(harness, id);
  });
  after(async () => {
    await discard(harness, id);
    await harness[Symbol.asyncDispose]();
  });

  const open = async (): Promise<Typist> => {
    const session = await harness.engine.exec(id, {
      command: ["sh"],
      terminal: { columns: 90, rows: 30 },
    });
    let shown = "";
    const reading = (async () => {
      for await (const { data } of session.output) shown += Buffer.from(data).toString("utf8");
    })();
    reading.catch(() => undefined); // the tests look at what was shown
    const type = async (text: string, expected: RegExp): Promise<string> => {
      const from = shown.length;
      await session.write(Buffer.from(text));
      return await harness.waitFor(async () => await Promise.resolve(expected.exec(shown.slice(from))?.[0]), {
        withinMs: 10_000,
        what: `${String(expected)} is shown after ${JSON.stringify(text)}`,
      });
    };
    return { session, type };
  };

  it("has the size that was asked for, and another one when it is changed", async () => {
    const { session, type } = await open();
    await type("stty size\n", /30 90/);
    session.resize(111, 44);
    await harness.waitFor(
      async () =>
        await type("stty size\n", /\d+ \d+\r/).then((size) => (size === "44 111\r" ? true : undefined)),
      { withinMs: 10_000, what: "the size is another" },
    );
    await type("exit 7\n", /exit 7/);
    assert.deepEqual(await session.ended, { code: 7 });
  });

  it("interrupts what runs by Ctrl-C, and stops it by Ctrl-Z", async () => {
    const { session, type } = await open();
    await type("sleep 100; echo ended=$?\n", /sleep/);
    await harness.waitFor(
      async () =>
        await harness.engine
          .exec(id, { command: ["pgrep", "-x", "sleep"] })
          .then(async ({ ended }) => ((await ended).code === 0 ? true : undefined)),
      { withinMs: 10_000, what: "sleep runs" },
    );
    await type("\u0003", /\^C/);
    await type("echo after=$?\n", /after=130/);
    await type("sleep 101\n", /sleep 101/);
    await harness.waitFor(
      async () =>
        await harness.engine
          .exec(id, { command: ["pgrep", "-f", "^sleep 101"] })
          .then(async ({ ended }) => ((await ended).code === 0 ? true : undefined)),
      { withinMs: 10_000, what: "sleep runs again" },
    );
    await type("\u001a", /Stopped/);
    await type("jobs\n", /Stopped\s+sleep 101/);
    session.close();
    await session.ended;
  });

  it("leaves nothing behind when its user hangs up", async () => {
    const { session, type } = await open();
    await type("sleep 12345 & echo begun\n", /begun[^]*begun/);
    session.close();
    await session.ended;
    await harness.waitFor(
      async () => {
        const left = await harness.engine.exec(id, { command: ["pgrep", "-f", "^sleep 12345"] });
        return (await left.ended).code === 1 ? true : undefined;
      },
      { withinMs: 5_000, what: "the command in the background is gone" },
    );
  });
});
