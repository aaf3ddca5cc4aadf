import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { systemRandom } from "#lib/random.ts";
import { ManualClock } from "#sim/clock.ts";
import { firstRoundWithinMs, Prober, type ProbeTarget } from "./probe.ts";

/** A store of one object that can be told to refuse. */
class OneObject implements ProbeTarget {
  isRefusing = false;
  isLying = false;
  #kept: { readonly key: string; readonly body: Uint8Array } | undefined;

  async put(key: string, body: Uint8Array): Promise<void> {
    if (this.isRefusing) throw new Error("refused");
    this.#kept = { key, body };
    await Promise.resolve();
  }
  async get(): Promise<Uint8Array> {
    const body = this.#kept?.body ?? new Uint8Array();
    return await Promise.resolve(this.isLying ? body.map((byte) => byte ^ 1) : body);
  }
  async list(): Promise<readonly string[]> {
    return await Promise.resolve(this.#kept === undefined ? [] : [this.#kept.key]);
  }
  async remove(): Promise<void> {
    this.#kept = undefined;
    await Promise.resolve();
  }
}

describe("the canary", () => {
  const made = () => {
    const target = new OneObject();
    const clock = new ManualClock();
    const prober = new Prober({ target, clock, random: systemRandom });
    const round = async () => {
      await prober.round(new AbortController().signal);
      return prober.signals().map(({ id, impact }) => `${id} ${impact}`);
    };
    return { target, clock, round };
  };

  it("tells which step failed, worse when it fails again, and rests when all is well", async () => {
    const { target, round } = made();
    assert.deepEqual(await round(), []);
    target.isRefusing = true;
    assert.deepEqual([await round(), await round()], [["probe/put minor"], ["probe/put major"]]);
    target.isRefusing = false;
    target.isLying = true;
    assert.deepEqual(await round(), ["probe/compare major"]);
    target.isLying = false;
    assert.deepEqual(await round(), []);
  });

  it("raises no alarm while the others may still be starting, and does when they never come", async () => {
    const { target, clock, round } = made();
    target.isRefusing = true;
    assert.deepEqual(await round(), []);
    await clock.advance(firstRoundWithinMs);
    assert.deepEqual(await round(), ["probe/put major"]);
  });
});
