import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import { after, before, describe, it } from "node:test";
import {
  deployStorm,
  settled,
  startStormCenter,
  statsOf,
  type StormCenter,
} from "#test/support/storm/center.ts";
import { holding } from "#test/support/storm/gateways.ts";
import { ask, type Target } from "#test/support/storm/http1-clients.ts";
import { Tally } from "#test/support/storm/tally.ts";
import { tellFailures } from "#test/support/storm/verdict.ts";
import { waitFor } from "#test/support/wait-for.ts";

const waiting = 270;
const aborting = 30;
/** `concurrency.perInstance` of the app's route. */
const mostAtOnce = 24;

describe("an app that is scaled to zero", () => {
  let storm: StormCenter;
  before(async () => {
    // Each gateway counts by itself what it has in an instance.
    storm = await startStormCenter(1);
    await deployStorm(storm, 1);
  });
  after(async () => await storm?.[Symbol.asyncDispose]());

  const waits = async (count: number) => {
    let last = -1;
    const isSo = async () => ((last = (await holding(storm, "storm")).now) === count ? true : undefined);
    await waitFor(isSo, { withinMs: 20_000, what: `${count} requests wait` }).catch((error: unknown) => {
      throw new Error(`${last} requests wait`, { cause: error });
    });
  };
  const toZero = async () => {
    await storm.vdc("scale", "storm", "web=0");
    await settled(storm, "storm", { count: 0, withinMs: 90_000 });
  };

  for (const bootMs of [3_000, 20_000]) {
    it(`answers requests that waited for a boot of ${bootMs / 1000} s, and floods no instance`, async (context) => {
      await storm.vdc("app", "set", "storm", `bootMs=${bootMs}`);
      await toZero();
      const { refused } = await holding(storm, "storm");
      const target = storm.target("storm");
      const tally = new Tally();
      const asked = Array.from({ length: waiting }, async (_, n) => await askOne(target, n, tally));
      const impatient = Array.from({ length: aborting }, () => abortable(target, 0));
      await waits(waiting + aborting);
      for (const one of impatient) one.abort();
      await waits(waiting);
      const scaled = storm.vdc("scale", "storm", "web=1");
      await Promise.all(asked);
      await scaled;
      const [instance] = await settled(storm, "storm", { count: 1, withinMs: 30_000 });
      assert.ok(instance !== undefined);
      const { most } = await statsOf(instance);
      context.diagnostic(`${tally.table()}\nat most ${most} at once`);
      assert.equal(tally.failures.length, 0, tellFailures(tally.failures, 0));
      assert.equal(tally.answers.length, waiting);
      assert.ok(most <= mostAtOnce, `${most} requests at once`);
      assert.equal((await holding(storm, "storm")).refused, refused, "none was refused");
      await waits(0);
    });
  }

  it("frees the place of a client that goes while its large body is paused", async () => {
    await toZero();
    const impatient = Array.from({ length: aborting }, () => abortable(storm.target("storm"), 200_000));
    await waits(aborting);
    for (const one of impatient) one.abort();
    await waits(0);
  });
});

async function askOne(target: Target, n: number, tally: Tally): Promise<void> {
  if (n % 2 === 0)
    return await ask(
      target,
      false,
      { kind: "held GET", method: "GET", path: "/slow?ms=30", expected: "slow" },
      tally,
    );
  const body = randomBytes(200_000);
  const expected = createHash("sha256").update(body).digest("hex");
  await ask(target, false, { kind: "held POST", method: "POST", path: "/echo?ms=30", body, expected }, tally);
}

/** A client that goes before it is answered. */
function abortable({ port, host }: Target, bytes: number): { abort(): void } {
  const body = bytes === 0 ? undefined : randomBytes(bytes);
  const headers = { host, ...(body === undefined ? {} : { "content-length": body.length }) };
  const method = body === undefined ? "GET" : "POST";
  const sent = request({ host: "127.0.0.1", port, path: "/echo", method, agent: false, headers });
  once(sent, "response").then(
    () => assert.fail("nobody could have answered"),
    () => undefined, // it went, as it should
  );
  sent.on("error", () => undefined).end(body);
  return { abort: () => void sent.destroy() };
}

it("floods no instance with what waited in two gateways", async () => {
  await using storm = await startStormCenter(2);
  await deployStorm(storm, 1);
  await storm.vdc("scale", "storm", "web=0");
  await settled(storm, "storm", { count: 0, withinMs: 90_000 });
  const tally = new Tally();
  const target = storm.target("storm");
  const asked = Array.from({ length: waiting }, async (_, n) => await askOne(target, n, tally));
  await storm.vdc("scale", "storm", "web=1");
  await Promise.all(asked);
  const [instance] = await settled(storm, "storm", { count: 1, withinMs: 30_000 });
  assert.ok(instance !== undefined);
  assert.equal(tally.failures.length, 0, tellFailures(tally.failures, 0));
  const { most } = await statsOf(instance);
  assert.ok(most <= mostAtOnce, `${most} requests at once`);
});
