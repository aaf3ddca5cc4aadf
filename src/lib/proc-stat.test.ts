import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { parseProcStat } from "./proc-stat.ts";

/** Fields 3 to 26 of proc_pid_stat(5), each with a value of its own. */
const tail = "S 41 42 43 44 45 46 47 48 49 50 700 33 54 55 56 57 58 59 98765 123456 2048 63 64 65";

test("a stat line is read by the fields of the manual page", () => {
  assert.deepEqual(parseProcStat(`4711 (postgres) ${tail}\n`), {
    pid: 4711,
    name: "postgres",
    state: "S",
    parentPid: 41,
    cpuTicks: 733,
    startTicks: 98_765,
    rssPages: 2048,
  });
});

test("a program may call itself anything, also by brackets, spaces and a whole stat line", () => {
  const name = fc.string({ unit: fc.constantFrom("(", ")", " ", "S", "1", "\n", "ü"), maxLength: 15 });
  fc.assert(
    fc.property(name, (given) => {
      const stat = parseProcStat(`7 (${given}) ${tail}\n`);
      assert.deepEqual([stat?.name, stat?.pid, stat?.startTicks], [given, 7, 98_765]);
    }),
  );
});

test("what is no stat line is told apart: empty, cut short, without brackets, without numbers", () => {
  const wrong = [
    "",
    "4711",
    "(x)",
    `(x) ${tail}`,
    "1 )x( S 1",
    "1 (x) S 41 42",
    `one (x) ${tail}`,
    `1 x ${tail}`,
  ];
  for (const line of [...wrong, `1 (x) ${tail.replace("98765", "soon")}`])
    assert.equal(parseProcStat(line), undefined, line);
});

test(
  "the kernel's own line of this process is read",
  { skip: process.platform !== "linux" && "no /proc" },
  () => {
    const stat = parseProcStat(readFileSync("/proc/self/stat", "utf8"));
    assert.equal(stat?.pid, process.pid);
    assert.equal(stat.parentPid, process.ppid);
    assert.ok(stat.startTicks > 0 && stat.rssPages > 0);
  },
);
