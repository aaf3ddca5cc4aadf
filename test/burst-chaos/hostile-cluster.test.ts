import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type ChaosWorker, type ChaosWorld, openChaosWorld, pictureHash } from "#test/support/burst-chaos.ts";
import { DarkroomKernels } from "#test/support/kernel-recording.ts";
import { waitFor } from "#test/support/wait-for.ts";

let world: ChaosWorld;
before(async () => {
  world = await openChaosWorld(await DarkroomKernels.build());
});
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

async function finishes(worker: ChaosWorker, tasks: number): Promise<void> {
  await waitFor(() => (worker.finished >= tasks ? true : undefined), {
    withinMs: 60_000,
    what: `a worker finishes ${tasks} tasks`,
  });
}

test("one worker with one thread makes the picture that this process makes", async () => {
  const worker = await world.join("alone");
  await assertRight(await world.order());
  worker.process.kill("SIGTERM");
});

test("eight workers make the same picture, and it costs the same", async () => {
  const names = Array.from({ length: 8 }, (_, index) => `agent-${index}`);
  const workers = await Promise.all(names.map(async (name) => await world.join(name)));
  await assertRight(await world.order());
  const working = workers.filter(({ finished }) => finished > 0);
  assert.ok(working.length > 4, `${working.length} of them worked`);
  for (const { process } of workers) process.kill("SIGKILL");
});

test("workers that are killed, stopped, slow, lying, late or telling twice change neither the picture nor its price", async (t) => {
  const honest = await Promise.all(["a", "b", "c"].map(async (name) => await world.join(`honest-${name}`)));
  const [killed, alsoKilled, stopped] = await Promise.all(
    ["killed", "killed-too", "stopped"].map(async (name) => await world.join(name)),
  );
  assert.ok(killed !== undefined && alsoKilled !== undefined && stopped !== undefined);
  const slow = await world.join("slow", "slow");
  const repeats = await world.join("repeats", "repeats");
  const liar = await world.join("liar", "lies", "volunteer");
  const volunteer = await world.join("volunteer", "honest", "volunteer");
  const order = await world.order();
  await finishes(killed, 2);
  killed.process.kill("SIGKILL");
  await finishes(stopped, 2);
  stopped.process.kill("SIGSTOP");
  await finishes(alsoKilled, 3);
  alsoKilled.process.kill("SIGKILL");
  // What it computed meanwhile comes late: it was thought to be gone.
  const waking = setTimeout(() => stopped.process.kill("SIGCONT"), 8_000);
  await assertRight(order);
  clearTimeout(waking);
  stopped.process.kill("SIGCONT");
  for (const [name, { finished }] of Object.entries({ slow, repeats, liar, volunteer, stopped }))
    t.diagnostic(`${name}: ${finished} tasks`);
  assert.ok(liar.finished > 0 && repeats.finished > 0);
  for (const { process } of [...honest, slow, repeats, liar, volunteer, stopped]) process.kill("SIGKILL");
});
