import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { LogLine } from "#cli/local/actions.ts";
import { layOut } from "#main/data-directory.ts";
import { mergeByTime, readLogs } from "#main/local/logs.ts";
import { rotateLog } from "#main/supervisor/part-log.ts";
import { waitFor } from "#test/support/wait-for.ts";

const directory = layOut(mkdtempSync(join(tmpdir(), "vdc-logs-")));
before(() => mkdirSync(directory.logs));
after(() => rmSync(directory.root, { recursive: true, force: true }));

describe("logs", () => {
  it("are merged by time, and what has no time stays behind the line before it", () => {
    const control = [
      { part: "control", text: '{"level":"info","time":"2026-01-01T00:00:01.000Z","msg":"a"}' },
      { part: "control", text: "    at a stack" },
      { part: "control", text: '{"level":"info","time":"2026-01-01T00:00:03.000Z","msg":"c"}' },
    ];
    const postgres = [{ part: "postgres", text: "2026-01-01 00:00:02.000 UTC [1] LOG:  b" }];
    const order = mergeByTime([control, postgres]).map(({ text }) => text.slice(-8));
    assert.deepEqual(
      order,
      [control[0], control[1], postgres[0], control[2]].map((line) => line?.text.slice(-8)),
    );
  });

  it("are followed line by line, across a rotation and with characters cut in two", async () => {
    const file = join(directory.logs, "a.log");
    appendFileSync(file, "one\ntwo\n");
    const seen: LogLine[] = [];
    const stop = new AbortController();
    const request = { parts: ["a"], lines: 1, follow: true, signal: stop.signal };
    const reading = readLogs(directory, request, (line) => void seen.push(line));
    const sees = async (text: string) =>
      await waitFor(() => (seen.at(-1)?.text === text ? true : undefined), { withinMs: 5_000, what: text });
    await sees("two");
    const umlaut = Buffer.from("grün\n");
    appendFileSync(file, umlaut.subarray(0, 3));
    appendFileSync(file, umlaut.subarray(3));
    await sees("grün");
    rotateLog(file, { maxBytes: 1, keptFiles: 1 });
    appendFileSync(file, "new\n");
    await sees("new");
    stop.abort();
    await reading;
    assert.deepEqual(
      seen.map(({ text }) => text),
      ["two", "grün", "new"],
    );
  });
});
