import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { LogEntry } from "#api/apps.ts";
import { LogBuffer } from "#console/lib/log-buffer.ts";
import { matchesIn, matchingLines, stepMatch } from "#console/lib/log-search.ts";
import { estimateRows, windowOf } from "#console/lib/log-window.ts";

function entry(second: number, text: string): LogEntry {
  const at = new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();
  return { at, instance: "news-web-1-abc", component: "web", release: 1, stream: "stdout", text };
}

function filled(capacity: number, texts: readonly string[]): LogBuffer {
  const buffer = new LogBuffer(capacity);
  for (const [at, text] of texts.entries()) buffer.push(entry(at, text));
  return buffer;
}

describe("the lines that a log viewer keeps", () => {
  it("never more lines than its capacity are kept, and those that fell out are counted", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 200 }), (capacity, count) => {
        const buffer = filled(
          capacity,
          Array.from({ length: count }, (_, at) => String(at)),
        );
        const lines = buffer.lines();
        assert.equal(lines.length, Math.min(capacity, count));
        assert.equal(lines.length + buffer.dropped, count);
        assert.equal(lines.at(-1)?.plain, count === 0 ? undefined : String(count - 1));
      }),
    );
  });

  it("a list of lines that was given out does not change when more come", () => {
    const buffer = filled(2, ["a", "b"]);
    const before = buffer.lines();
    buffer.push(entry(9, "c"));
    assert.deepEqual(
      before.map(({ plain }) => plain),
      ["a", "b"],
    );
  });

  it("after a lost connection lines that are held are known, equal ones as often as they are held", () => {
    const buffer = filled(10, ["a", "b"]);
    buffer.push(entry(1, "b"));
    const isKnown = buffer.recognizer();
    const again = [entry(0, "a"), entry(1, "b"), entry(1, "b"), entry(1, "b"), entry(2, "c")];
    assert.deepEqual(again.map(isKnown), [true, true, true, false, false]);
  });

  it("lines that were cleared do not come back with a new connection, later ones come", () => {
    const buffer = filled(5, ["a", "b"]);
    buffer.clear();
    const isKnown = buffer.recognizer();
    assert.deepEqual([entry(0, "a"), entry(1, "b"), entry(2, "c")].map(isKnown), [true, true, false]);
  });

  it("lines that were dropped do not come back with a new connection", () => {
    const buffer = filled(2, ["a", "b", "c"]);
    buffer.lines();
    assert.equal(buffer.recognizer()(entry(0, "a")), true);
  });
});

describe("searching in a log", () => {
  const lines = filled(10, ["GET /", "nothing", "\u001B[31mget\u001B[0m /x get"]).lines();

  it("lines are found whatever the case and the colour, unless the case is to match", () => {
    assert.deepEqual(matchingLines(lines, { text: "get /", matchCase: false }), [0, 2]);
    assert.deepEqual(matchingLines(lines, { text: "get", matchCase: true }), [2]);
    assert.deepEqual(matchingLines(lines, { text: "", matchCase: false }), []);
  });

  it("every match in a line is marked at its place", () => {
    assert.deepEqual(matchesIn("get /x GET", { text: "get", matchCase: false }), [
      [0, 3],
      [7, 10],
    ]);
    assert.deepEqual(matchesIn("İ x", { text: "x", matchCase: false }), [[2, 3]]);
  });

  it("the next match after the last is the first, and the other way around", () => {
    assert.equal(stepMatch(3, 2, 1), 0);
    assert.equal(stepMatch(3, 0, -1), 2);
    assert.equal(stepMatch(3, undefined, -1), 2);
  });
});

describe("the part of a log that is drawn", () => {
  it("covers the view wherever it is scrolled, and stays small", () => {
    const texts = fc.array(fc.string({ maxLength: 300 }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(texts, fc.nat(1000), (given, place) => {
        const offsets = estimateRows(filled(300, given).lines(), 40);
        const total = (offsets.at(-1) ?? 0) * 20;
        const top = Math.max(0, total - 200) * (place / 1000);
        const { from, to } = windowOf(offsets, 20, top, 200, 60);
        assert.ok((offsets[from] ?? 0) * 20 <= top);
        assert.ok((offsets[to] ?? 0) * 20 >= Math.min(total, top + 200));
        assert.ok(to - from <= 200 / 20 + 120 / 20 + 4);
      }),
    );
  });

  it("the end is drawn while it is followed", () => {
    const offsets = estimateRows(
      filled(
        2000,
        Array.from({ length: 1000 }, (_, at) => String(at)),
      ).lines(),
      undefined,
    );
    assert.deepEqual(windowOf(offsets, 20, Infinity, 200, 0), { from: 990, to: 1000 });
  });
});
