import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { withoutChromium } from "#test/support/browser.ts";
import { type ChaosWorker, type ChaosWorld, openChaosWorld, pictureHash } from "#test/support/burst-chaos.ts";
import { testBy } from "#test/support/burst-scheduler.ts";
import { buildPageWorker, type ChaosPage, openChaosPage } from "#test/support/chaos-page.ts";
import { DarkroomKernels } from "#test/support/kernel-recording.ts";
import { waitFor } from "#test/support/wait-for.ts";

let world: ChaosWorld;
before(async () => {
  const scripts = withoutChromium === false ? await buildPageWorker() : undefined;
  world = await openChaosWorld(await DarkroomKernels.build(), scripts);
});
afterEach(() => world.dismiss());
after(async () => await world[Symbol.asyncDispose]());

/** The picture is right, and every task was paid once. */
async function assertRight(order: { readonly id: string; readonly price: string }): Promise<void> {
  const job = await world.ended(order.id);
  assert.equal(job.state, "succeeded", job.reason ?? "");
  assert.equal(job.done, world.graph.tasks.length);
  assert.equal(pictureHash(job.results), world.expected);
  assert.equal(job.charged, order.price);
  const { money } = world.scheduler.money;
  assert.equal((await money.invoice("shop", order.id)).total, order.price);
  assert.equal((await money.balance("shop", undefined)).held, "0");
}

async function finishes(worker: ChaosWorker | ChaosPage, tasks: number): Promise<void> {
  await waitFor(() => (worker.finished >= tasks ? true : undefined), {
    withinMs: 120_000,
    what: `a worker finishes ${tasks} tasks`,
  });
}

/** The worker of this name was given something. */
async function hasTasks(name: string): Promise<void> {
  const look = () => {
    const { workers } = world.scheduler.scheduler.cluster(() => true);
    return workers.some((worker) => worker.name === name && worker.running + worker.done > 0) || undefined;
  };
  await waitFor(look, { withinMs: 120_000, what: `${name} has tasks` });
}

/** Why workers of these names are in quarantine, as the API tells it. */
function quarantines(): Record<string, string | undefined> {
  const { workers } = world.scheduler.scheduler.cluster(() => true);
  const held = workers.filter(({ state }) => state === "quarantined");
  return Object.fromEntries(held.map(({ name, reason }) => [name, reason]));
}

test("one worker with one thread makes the picture that this process makes", async () => {
  await world.join("alone");
  await assertRight(await world.order());
});

test("eight workers make the same picture, and it costs the same", async () => {
  const names = Array.from({ length: 8 }, (_, index) => `agent-${index}`);
  const workers = await Promise.all(names.map(async (name) => await world.join(name)));
  await assertRight(await world.order());
  const working = workers.filter(({ finished }) => finished > 0);
  assert.ok(working.length > 4, `${working.length} of them worked`);
});

test("a page of Chromium alone makes the same picture", { skip: withoutChromium }, async () => {
  await using page = await openChaosPage(world.url);
  const order = await world.order();
  await page.join(order.id);
  await assertRight(order);
  assert.ok(page.finished >= world.graph.tasks.length);
  assert.deepEqual(page.complaints, []);
});

test(
  "workers and a page, of which most are killed, stopped, slow, lying, late or telling twice, make the same picture at the same price",
  { skip: withoutChromium },
  async (t) => {
    await using page = await openChaosPage(world.url);
    const order = await world.order();
    await page.join(order.id);
    await finishes(page, 2);
    // Whoever comes later is there from the same moment on; those that came first are given something at once.
    const { scheduler } = world.scheduler;
    await scheduler.pause("shop", order.id, testBy);
    const killed = await world.join("killed");
    const alsoKilled = await world.join("killed-too");
    const stopped = await world.join("stopped");
    const liar = await world.join("liar", "lies");
    const repeats = await world.join("repeats", "repeats");
    const late = await world.join("late", "late");
    const slow = await world.join("slow", "slow");
    const strangeLiar = await world.join("strange-liar", "lies", "volunteer");
    await Promise.all([
      world.join("volunteer", "honest", "volunteer"),
      world.join("honest-a"),
      world.join("honest-b"),
    ]);
    await scheduler.resume("shop", order.id, testBy);
    for (const name of ["killed", "killed-too", "stopped"]) await hasTasks(name);
    killed.process.kill("SIGKILL");
    alsoKilled.process.kill("SIGKILL");
    stopped.process.kill("SIGSTOP");
    // What it computed meanwhile comes late: it was thought to be gone.
    const waking = setTimeout(() => stopped.process.kill("SIGCONT"), 8_000);
    await assertRight(order);
    clearTimeout(waking);
    stopped.process.kill("SIGCONT");
    assert.match(quarantines()["liar"] ?? "", /other bytes than two others/);
    await waitFor(() => (late.late > 0 ? true : undefined), {
      withinMs: 60_000,
      what: "somebody tells a result too late",
    });
    assert.ok(repeats.finished > 0);
    // Also after all that came too late.
    await assertRight(order);
    assert.deepEqual(page.complaints, []);
    const all = { page, killed, alsoKilled, stopped, liar, repeats, late, slow, strangeLiar };
    for (const [name, { finished }] of Object.entries(all)) t.diagnostic(`${name}: ${finished} tasks`);
    t.diagnostic(`in quarantine: ${Object.keys(quarantines()).join()}; too late: ${late.late}`);
  },
);
