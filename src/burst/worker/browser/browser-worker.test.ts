import assert from "node:assert/strict";
import { it } from "node:test";
import { Worker } from "node:worker_threads";
import { BrowserWorker } from "#burst/worker/browser/browser-worker.ts";
import type { WebThread } from "#burst/worker/browser/web-threads.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import { ActingScheduler } from "#test/support/acting-scheduler.ts";
import { constant, outputTable, tinyWasm } from "#test/support/tiny-wasm.ts";
import { waitFor } from "#test/support/wait-for.ts";

const modules = {
  page: tinyWasm({
    run: constant(1024),
    name: "page",
    memory: [2, 2],
    data: outputTable([{ address: 65_536, length: 60_000 }]),
  }),
  forever: tinyWasm({ run: [0x03, 0x40, 0x0c, 0, 0x0b, 0x00], name: "forever" }),
};

/** A thread of this process with the manners of a Web Worker. */
function webThread(): WebThread {
  const worker = new Worker(new URL("../../../../test/support/web-thread-program.ts", import.meta.url));
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origins
    postMessage: (message) => worker.postMessage(message),
    terminate: () => void worker.terminate(),
    addEventListener: (
      type: string,
      listener: (event: { readonly data: unknown; readonly message?: string }) => void,
    ) =>
      type === "message"
        ? worker.on("message", (data) => listener({ data }))
        : worker.on("error", (error: Error) => listener({ data: undefined, message: error.message })),
  };
}

it("a browser works by the WebSocket and the threads of the platform, and gives all back when its lid closes", async (context) => {
  await using scheduler = await ActingScheduler.start();
  await scheduler.admit(modules);
  const stop = new AbortController();
  context.after(() => stop.abort(new Error("the test is over")));
  const worker = await BrowserWorker.make(
    {
      name: "page",
      slots: 1,
      memoryBytes: 64 * 1024 ** 2,
      project: "photos",
      job: "job",
      trusted: [scheduler.key.publicKey],
      openSocket: () => new WebSocket(scheduler.url.replace(/^http/, "ws")),
      makeThread: webThread,
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
      tell: () => undefined,
    },
    stop.signal,
  );
  const ended = worker.run(stop.signal);
  ended.catch(() => undefined); // a test that fails aborts it
  const until = async (what: string, condition: () => unknown) =>
    await waitFor(() => (condition() ? true : undefined), { withinMs: 10_000, what });
  await until("it wants leases", () => scheduler.saidOf("want").length > 0);
  const [hello] = scheduler.saidOf("hello");
  assert.equal(hello?.kind, "browser");
  assert.equal(hello.job, "job");
  const lease = scheduler.lease({ fn: "page" });
  scheduler.grant(lease);
  assert.equal((await scheduler.result(lease)).outcome, "done");
  assert.equal(scheduler.uploads, 1);
  const forever = scheduler.lease({ fn: "forever" });
  scheduler.grant(forever);
  await until("it runs", () =>
    scheduler
      .saidOf("heartbeat")
      .some(({ running }) => running.some(({ lease: one }) => one === forever.lease)),
  );
  await worker.suspend();
  assert.equal(scheduler.saidOf("hello").length, 1);
  worker.resume();
  await until("it comes back", () => scheduler.saidOf("hello").length === 2);
  assert.deepEqual(scheduler.saidOf("return"), [{ type: "return", leases: [forever.lease] }]);
  await worker.drain();
  assert.deepEqual(await ended, { type: "drained" });
});
