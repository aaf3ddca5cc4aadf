import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { silentLog } from "#lib/log.ts";
import { ManualClock } from "#sim/clock.ts";
import type { HostCounters, HostProcess } from "./host-probe.ts";
import { createProcessTable } from "./process-table.ts";
import { createSampler, historySamples, maxSubscribers, maxWaitingSamples } from "./sampler.ts";

/** A host whose counters grow with its clock; each sample takes `costMs` of it. */
function growingHost(clock: ManualClock, costMs = 0) {
  return {
    sample: (): HostCounters => {
      clock.pauseFor(costMs);
      const ms = clock.monotonic();
      return {
        at: clock.now(),
        monotonicMs: ms,
        cpu: { busy: ms / 20, total: ms / 10 },
        memory: { usedBytes: 1, totalBytes: 2 },
        disk: { readBytes: ms * 7, writtenBytes: 0 },
        network: { receivedBytes: 0, sentBytes: 0 },
        load: [0.5, 0, 0],
      };
    },
  };
}

describe("the sampler", () => {
  it("keeps ten minutes without holes, also when nobody watches", async () => {
    const clock = new ManualClock();
    using sampler = createSampler({ host: growingHost(clock), clock, log: silentLog });
    sampler.start();
    await clock.advance((historySamples + 50) * 1_000);
    const history = sampler.history();
    assert.equal(history.length, historySamples);
    const times = history.map((sample) => Date.parse(sample.at));
    assert.ok(times.every((time, at) => at === 0 || time - (times[at - 1] ?? 0) === 1_000));
    assert.equal(history.at(-1)?.cpuPercent, 50);
    assert.equal(history.at(-1)?.diskReadBytesPerSecond, 7_000);
  });

  it("stays on its grid although a sample takes time, and makes up nothing after a pause", async () => {
    const clock = new ManualClock();
    using sampler = createSampler({ host: growingHost(clock, 30), clock, log: silentLog });
    sampler.start();
    await clock.advance(100_000);
    assert.ok(Math.abs(sampler.history().length - 99) <= 1);
    clock.pauseFor(60_000);
    await clock.advance(2_000);
    assert.ok(sampler.history().length <= 103);
  });

  it("goes on after a sample that failed", async () => {
    const clock = new ManualClock();
    const real = growingHost(clock);
    let samples = 0;
    const host = {
      sample: () => {
        samples += 1;
        if (samples === 3) throw new Error("no /proc for a moment");
        return real.sample();
      },
    };
    using sampler = createSampler({ host, clock, log: silentLog });
    sampler.start();
    await clock.advance(5_000);
    assert.equal(sampler.history().length, 4);
  });

  it("gives every viewer each sample as it is taken, until the viewer goes", async () => {
    const clock = new ManualClock();
    using sampler = createSampler({ host: growingHost(clock), clock, log: silentLog });
    sampler.start();
    const viewer = new AbortController();
    const seen: string[] = [];
    const watching = (async () => {
      for await (const sample of sampler.stream(viewer.signal)) seen.push(sample.at);
    })();
    await clock.advance(5_000);
    assert.deepEqual(
      seen,
      sampler.history().map((sample) => sample.at),
    );
    viewer.abort();
    await watching;
    await clock.advance(5_000);
    assert.equal(seen.length, 5);
  });

  it("drops the oldest samples of a viewer who does not read, and counts them", async () => {
    const clock = new ManualClock();
    using sampler = createSampler({ host: growingHost(clock), clock, log: silentLog });
    sampler.start();
    const stream = sampler.stream(new AbortController().signal)[Symbol.asyncIterator]();
    await clock.advance((maxWaitingSamples + 4) * 1_000);
    assert.equal(sampler.dropped, 4);
    const first = await stream.next();
    assert.equal(first.done, false);
    assert.equal(first.value?.at, sampler.history()[4]?.at);
  });

  it("refuses more viewers than it may have, and lets others in when some go", async () => {
    const clock = new ManualClock();
    using sampler = createSampler({ host: growingHost(clock), clock, log: silentLog });
    const viewers = Array.from({ length: maxSubscribers }, () => new AbortController());
    for (const viewer of viewers) sampler.stream(viewer.signal);
    const late = new AbortController();
    assert.throws(() => sampler.stream(late.signal), { code: "busy" });
    viewers[0]?.abort();
    sampler.stream(late.signal);
    await clock.advance(1);
  });

  it("ends the streams when it stops", async () => {
    const clock = new ManualClock();
    const sampler = createSampler({ host: growingHost(clock), clock, log: silentLog });
    sampler.start();
    const stream = sampler.stream(new AbortController().signal)[Symbol.asyncIterator]();
    const next = stream.next();
    sampler.stop();
    assert.equal((await next).done, true);
  });
});

describe("the process table", () => {
  const process = (pid: number, cpuTicks: number): HostProcess => {
    return { pid, user: "root", name: "x", cpuTicks, startTicks: 1, rssBytes: pid, state: "S", command: "x" };
  };

  it("reads nothing until somebody asks, and then twice, so that there is a rate", async () => {
    const clock = new ManualClock();
    let readings = 0;
    const host = {
      processes: () => {
        readings += 1;
        return [process(1, clock.monotonic() / 20), process(2, 0)];
      },
    };
    const table = createProcessTable({ host, clock });
    await clock.advance(60_000);
    assert.equal(readings, 0);
    const signal = new AbortController().signal;
    const asked = Promise.all([
      table.read({ sort: "cpu", limit: 10 }, signal),
      table.read({ sort: "cpu", limit: 1 }, signal),
    ]);
    await clock.advance(1_500);
    const [all, one] = await asked;
    assert.equal(readings, 2, "those who ask at once share the readings");
    assert.deepEqual(
      all.map(({ pid }) => pid),
      [1, 2],
    );
    assert.equal(one.length, 1);
    assert.equal(all[0]?.cpuPercent, 50);
    await table.read({ sort: "cpu", limit: 10 }, signal);
    assert.equal(readings, 3, "the next one has a reading before it");
    await table.read({ sort: "cpu", limit: 10 }, signal);
    assert.equal(readings, 3, "a reading is used for a second");
  });
});
