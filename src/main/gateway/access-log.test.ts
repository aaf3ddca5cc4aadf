import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { silentLog } from "#lib/log.ts";
import { ManualClock } from "#sim/clock.ts";
import { AccessLog } from "./access-log.ts";
import { AccessStream, watcherLimits } from "./access-stream.ts";

const folder = mkdtempSync(join(tmpdir(), "vdc-access-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function open(name: string, limits: Partial<{ maxBytes: number; maxWaiting: number }> = {}): AccessLog {
  const file = join(folder, name);
  const all = { maxBytes: 1_000, keptFiles: 2, maxWaiting: 10_000, ...limits };
  return new AccessLog({ file, clock: new ManualClock(), log: silentLog, limits: all });
}

describe("the access log", () => {
  it("is set aside when it has grown too large, and the oldest file goes", async () => {
    const log = open("rotated");
    for (const letter of ["a", "b", "c", "d"]) {
      log.write(letter.repeat(1_200));
      await log.flush();
    }
    log.write("last");
    await log.close();
    const first = (name: string) => readFileSync(join(folder, name), "utf8").slice(0, 5);
    assert.deepEqual(["rotated", "rotated.1", "rotated.2"].map(first), ["last\n", "ddddd", "ccccc"]);
    assert.equal(existsSync(join(folder, "rotated.3")), false);
    assert.equal(statSync(join(folder, "rotated.1")).mode & 0o777, 0o600);
  });

  it("drops and counts what the disk cannot take, and what does not fit the buffer", async () => {
    const log = open("bounded", { maxWaiting: 10 });
    for (const line of ["12345", "67890", "too much"]) log.write(line);
    assert.equal(log.dropped, 1);
    await log.close();
    assert.equal(readFileSync(join(folder, "bounded"), "utf8"), "12345\n67890\n");
    const nowhere = open("no/such/folder");
    nowhere.write("x");
    await nowhere.flush();
    assert.equal(nowhere.dropped, 1);
  });

  it("writes what still waits when the process ends", () => {
    const log = open("ending");
    log.write("one");
    log.flushSync();
    assert.equal(readFileSync(join(folder, "ending"), "utf8"), "one\n");
  });
});

describe("watching requests", () => {
  it("gives a watcher only its pools, bounded in a second and in what waits, and counts what it drops", async () => {
    const stream = new AccessStream();
    const stop = new AbortController();
    const lines = stream.watch("p/news/", stop.signal)?.[Symbol.asyncIterator]();
    const publish = (pool: string | undefined, second: number, count: number) => {
      for (let at = 0; at < count; at += 1) stream.publish(pool, second, () => `${second}.${at}`);
    };
    publish("p/newsroom/web", 1, 5);
    publish(undefined, 1, 5);
    publish("p/news/web", 1, watcherLimits.maxPerSecond + 7);
    assert.equal(stream.dropped, 7);
    const { value = "" } = (await lines?.next()) ?? {};
    assert.equal(String(value).split("\n").length - 1, watcherLimits.maxPerSecond);
    for (let second = 2; second < 10; second += 1) publish("p/news/web", second, watcherLimits.maxPerSecond);
    assert.equal(stream.dropped, 7 + 8 * watcherLimits.maxPerSecond - watcherLimits.maxWaiting);
    stop.abort();
    assert.equal(stream.isWatched, false);
  });
});
