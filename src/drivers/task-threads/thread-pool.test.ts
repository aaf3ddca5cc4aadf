import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { ThreadDied, ThreadPool } from "./thread-pool.ts";

/** Answers how many calls came together with it; `die` ends the thread, `hang` never ends. */
const program = `
  import { parentPort } from "node:worker_threads";
  parentPort.on("message", (calls) => {
    if (calls.includes("die")) process.exit(7);
    if (calls.includes("hang")) for (;;);
    parentPort.postMessage(calls.map((call) => call === "fail" ? { error: "its words" } : { answer: calls.length }));
  });`;
const script = new URL(`data:text/javascript,${encodeURIComponent(program)}`);

describe("a pool of threads", () => {
  const pool = new ThreadPool({ script, threads: 1, bundle: 4, heapMegabytes: 32 });
  after(async () => await pool.close());
  const never = new AbortController().signal;
  const small = async (call: string, signal = never) => await pool.call(call, signal, { isSmall: true });

  it("gives small calls that wait to a thread together, and large ones alone", async () => {
    const large = async () => await pool.call("", never, { isSmall: false });
    const sizes = await Promise.all([small(""), small(""), small(""), large(), small(""), small("")]);
    assert.deepEqual(sizes, [1, 2, 2, 1, 2, 2]);
  });

  it("fails the call that ends its thread and makes those that were with it again", async () => {
    const calls = ["", "", "die", "fail", ""].map(async (call) => await small(call));
    const [first, second, died, failed, last] = await Promise.allSettled(calls);
    for (const good of [first, second, last]) assert.equal(good?.status, "fulfilled");
    assert.ok(died?.status === "rejected" && died.reason instanceof ThreadDied);
    assert.ok(failed?.status === "rejected" && /its words/.test(String(failed.reason)));
  });

  it("ends the thread of a call that is aborted, and makes those that were with it again", async () => {
    const stop = new AbortController();
    const calls = [small(""), small(""), small("hang", stop.signal), small("")];
    await calls[0];
    setTimeout(() => stop.abort(new Error("enough")), 50);
    await assert.rejects(calls[2] ?? Promise.resolve(), /enough/);
    assert.deepEqual(await Promise.all([calls[1], calls[3]]), [1, 1]);
  });

  it("makes no call that was aborted while it waited", async () => {
    const stop = new AbortController();
    const calls = [small(""), small("die", stop.signal), small("")];
    stop.abort(new Error("enough"));
    await assert.rejects(calls[1] ?? Promise.resolve(), /enough/);
    assert.deepEqual(await Promise.all([calls[0], calls[2]]), [1, 1]);
  });
});
