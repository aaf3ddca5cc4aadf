import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { splitCommand } from "#console/lib/split-command.ts";
import { fitsFilter, formatMs, formatPerSecond } from "#console/lib/traffic-words.ts";

describe("traffic in words", () => {
  it("times and rates have as many digits as a person reads", () => {
    assert.deepEqual([0, 0.418, 8.31, 120.4, 2431, 12_000].map(formatMs), [
      "0 ms",
      "0.42 ms",
      "8.3 ms",
      "120 ms",
      "2.4 s",
      "12 s",
    ]);
    assert.deepEqual([0, 0.4, 12.3, 1250].map(formatPerSecond), ["0/s", "0.4/s", "12/s", "1,250/s"]);
  });

  it("requests are chosen by class of status and part of the path", () => {
    const request = { status: 503, path: "/Shop/cart" };
    assert.equal(fitsFilter(request, { status: "failed", path: "shop" }), true);
    assert.equal(fitsFilter(request, { status: "4xx", path: "" }), false);
    assert.equal(fitsFilter({ status: 0, path: "/" }, { status: "failed", path: "" }), true);
    assert.equal(fitsFilter({ status: 404, path: "/" }, { status: "4xx", path: "x" }), false);
  });
});

describe("a command that was typed", () => {
  it("is split at spaces outside quotes, and backslashes keep what follows", () => {
    assert.deepEqual(splitCommand(`sh -c 'echo "a b"' ''`), ["sh", "-c", 'echo "a b"', ""]);
    assert.deepEqual(splitCommand(String.raw`a\ b "c\"d" $HOME`), ["a b", 'c"d', "$HOME"]);
  });

  it("with an open quote is none", () => {
    assert.equal(splitCommand("echo 'a"), undefined);
  });
});
