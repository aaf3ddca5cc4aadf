import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  countOf,
  formatAgo,
  formatBytes,
  formatDuration,
  formatPercent,
  parseBytes,
} from "#console/lib/format.ts";

test("bytes are shown with three digits in binary units", () => {
  assert.deepEqual(
    [0, 512, 1023, 1024, 1536, 10 * 1024 ** 2, 1024 ** 3 - 1, 3.75 * 1024 ** 3, 2 ** 50].map(formatBytes),
    ["0 B", "512 B", "1023 B", "1 KiB", "1.5 KiB", "10 MiB", "1 GiB", "3.75 GiB", "1 PiB"],
  );
});

test("a size that is shown can be typed back within its three digits", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), (bytes) => {
      const back = parseBytes(formatBytes(bytes));
      assert.ok(back !== undefined && Math.abs(back - bytes) <= Math.max(0.5, bytes * 0.006));
    }),
  );
});

test("sizes are read with and without units, and other text is no size", () => {
  assert.equal(parseBytes("2g"), 2 * 1024 ** 3);
  assert.equal(parseBytes("2 GB"), 2e9);
  assert.equal(parseBytes("1.5TiB"), 1.5 * 1024 ** 4);
  assert.equal(parseBytes("1024"), 1024);
  for (const text of ["", "-1", "ten", "1 x", "1e3", "1 iB2"]) assert.equal(parseBytes(text), undefined);
});

test("durations show two units at most", () => {
  assert.deepEqual([0, 400, 1000, 61_000, 3_600_000, 93_784_000].map(formatDuration), [
    "0 s",
    "0.4 s",
    "1 s",
    "1 min 1 s",
    "1 h",
    "1 d 2 h",
  ]);
});

test("a time is told from now, before and after", () => {
  assert.equal(formatAgo(1000, 3000), "just now");
  assert.equal(formatAgo(0, 240_000), "4 min ago");
  assert.equal(formatAgo(7_200_000, 0), "in 2 h");
});

test("percents lose their decimal from ten on, and counts take their noun's number", () => {
  assert.deepEqual([0, 9.94, 9.96, 100].map(formatPercent), ["0.0 %", "9.9 %", "10 %", "100 %"]);
  assert.deepEqual(
    [countOf(1, "project"), countOf(1200, "project"), countOf(0, "entry", "entries")],
    ["1 project", "1,200 projects", "0 entries"],
  );
});
