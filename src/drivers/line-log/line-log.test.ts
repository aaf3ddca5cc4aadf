import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { assert as property, asyncProperty, array, integer, string } from "fast-check";
import { lineLogLimits, type LogRecord } from "#drivers/line-log/format.ts";
import { readLines, type LineQuery } from "#drivers/line-log/reader.ts";
import { LineLog } from "#drivers/line-log/writer.ts";
import { systemClock } from "#lib/clock.ts";
import { ManualClock } from "#sim/clock.ts";

async function newFile(test?: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "vdc-lines-"));
  test?.after(async () => await rm(folder, { recursive: true, force: true }));
  return join(folder, "log");
}

async function all(file: string, query: Partial<LineQuery> = {}): Promise<LogRecord[]> {
  const signal = new AbortController().signal;
  return await Array.fromAsync(
    readLines(file, { tail: 10_000, follow: false, ...query }, { clock: systemClock, signal }),
  );
}

const small = { ...lineLogLimits, maxBytes: 4_096 };

describe("line logs", () => {
  it("gives back what was written, however it was cut into chunks", async () => {
    const lines = array(
      string({ maxLength: 60 }).map((text) => text.replaceAll(/[\n\r]/g, "")),
      { maxLength: 40 },
    );
    await property(
      asyncProperty(lines, integer({ min: 1, max: 50 }), async (texts, size) => {
        const file = await newFile();
        {
          using log = new LineLog(file, systemClock);
          const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(""));
          for (let at = 0; at < bytes.length; at += size) log.write("stdout", bytes.subarray(at, at + size));
        }
        assert.deepEqual(
          (await all(file)).map(({ text }) => text),
          texts,
        );
        await rm(join(file, ".."), { recursive: true });
      }),
      { numRuns: 60 },
    );
  });

  it("keeps a bounded number of bytes, and the newest lines", async (test) => {
    const file = await newFile(test);
    using log = new LineLog(file, systemClock, small);
    for (let number = 0; number < 2_000; number += 1) log.write("stdout", Buffer.from(`line ${number}\n`));
    const names = await readdir(join(file, ".."));
    assert.deepEqual(names.toSorted(), ["log", "log.1", "log.2"]);
    for (const name of names) assert.ok((await stat(join(file, "..", name))).size <= small.maxBytes, name);
    const kept = await all(file);
    assert.equal(kept.at(-1)?.text, "line 1999");
    const first = Number(kept[0]?.text.slice(5));
    assert.deepEqual(
      kept.map(({ text }) => text),
      Array.from({ length: 2_000 - first }, (_, at) => `line ${first + at}`),
    );
  });

  it("follows across rotations without a gap or a repetition", async (test) => {
    const file = await newFile(test);
    using log = new LineLog(file, systemClock, small);
    const ended = new AbortController();
    const read: string[] = [];
    const reading = (async () => {
      const options = { clock: systemClock, signal: ended.signal };
      for await (const { text } of readLines(file, { tail: 0, follow: true }, options)) {
        read.push(text);
        if (text === "line 599") ended.abort();
      }
    })();
    for (let number = 0; number < 600; number += 1) {
      log.write("stderr", Buffer.from(`line ${number}\n`));
      if (number % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await reading;
    assert.deepEqual(
      read,
      Array.from({ length: 600 }, (_, at) => `line ${at}`),
    );
  });

  it("cuts a line that is too long and says how much is missing", async (test) => {
    const file = await newFile(test);
    using log = new LineLog(file, systemClock);
    for (let count = 0; count < 10; count += 1) log.write("stdout", Buffer.alloc(4_096, "x"));
    log.write("stdout", Buffer.from("\nnext\n"));
    const [long, next] = await all(file);
    assert.match(long?.text ?? "", /^x{16384} … \(24576 bytes cut\)$/);
    assert.equal(next?.text, "next");
  });

  it("writes a line without its end after a moment, and what a program left when it ended", async (test) => {
    const file = await newFile(test);
    const clock = new ManualClock();
    using log = new LineLog(file, clock);
    log.write("stdout", Buffer.from("Password: "));
    assert.deepEqual(await all(file), []);
    await clock.advance(lineLogLimits.partialMs);
    assert.deepEqual(
      (await all(file)).map(({ text }) => text),
      ["Password: "],
    );
    log.write("stderr", Buffer.from("dying"));
    log.flush();
    assert.equal((await all(file)).at(-1)?.text, "dying");
  });

  it("survives bytes that are no text, and times that go back", async (test) => {
    const file = await newFile(test);
    const clock = new ManualClock();
    using log = new LineLog(file, clock);
    log.write("stdout", Buffer.from([0xff, 0x00, 0xfe, 0x0a]));
    clock.jumpWall(-60_000);
    log.write("stdout", Buffer.from("later\r\n"));
    const [first, second] = await all(file);
    assert.equal(first?.text, "\uFFFD\0\uFFFD");
    assert.equal(second?.text, "later");
    assert.ok((second?.at ?? 0) >= (first?.at ?? Number.NaN));
  });
});
