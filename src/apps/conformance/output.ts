import assert from "node:assert/strict";
import { it } from "node:test";
import { discard, linesOf, ready, refused, saidBy, started, type EngineHarness } from "./harness.ts";

/** What a program wrote, and what it was given. */
export function outputConformance(harness: () => EngineHarness): void {
  it("keeps lines in their order, and gives the last of them", async () => {
    const prints = ["one", "two", "", "  vier ✓", "five"];
    const id = await started(harness(), { behaviour: { prints } });
    await ready(harness(), id);
    const lines = await linesOf(harness(), id);
    assert.deepEqual(saidBy(lines), prints);
    assert.ok(
      lines.every(({ at }, index) => at >= (lines[index - 1]?.at ?? 0)),
      "times do not go back",
    );
    assert.deepEqual(saidBy(await linesOf(harness(), id, { tail: 2 })), ["  vier ✓", "five"]);
    assert.deepEqual(await linesOf(harness(), id, { tail: 0 }), []);
    const later = (lines.at(-1)?.at ?? 0) + 1;
    assert.deepEqual(saidBy(await linesOf(harness(), id, { since: later })), []);
    await discard(harness(), id);
  });

  it("follows new lines until the reader goes", async () => {
    const id = await started(harness(), { behaviour: { prints: ["begin"], printsEveryMs: 30 } });
    await ready(harness(), id);
    const ended = new AbortController();
    const texts: string[] = [];
    for await (const { text } of harness().engine.logs(id, { tail: 1_000, follow: true }, ended.signal)) {
      texts.push(text);
      if (text === "line 8") ended.abort();
    }
    const numbered = texts.filter((text) => text.startsWith("line "));
    assert.deepEqual(
      numbered.slice(0, 8),
      Array.from({ length: 8 }, (_, at) => `line ${at + 1}`),
    );
    await discard(harness(), id);
  });

  it("keeps the lines of a stopped instance until it is forgotten", async () => {
    const id = await started(harness(), { behaviour: { prints: ["famous last words"] } });
    await ready(harness(), id);
    await harness().engine.stop(id, { graceMs: 5_000 });
    assert.ok(saidBy(await linesOf(harness(), id)).includes("famous last words"));
    await harness().engine.remove(id);
    await refused(linesOf(harness(), id), "not-found");
  });

  it("gives a program its environment", async () => {
    const id = await started(harness(), {
      behaviour: { printsVariable: "GREETING" },
      environment: { GREETING: "good morning\tand 'good' \"night\"" },
    });
    await ready(harness(), id);
    assert.deepEqual(saidBy(await linesOf(harness(), id)), ["GREETING=good morning\tand 'good' \"night\""]);
    await discard(harness(), id);
  });
}
