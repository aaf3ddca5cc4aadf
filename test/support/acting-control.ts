import pg from "pg";
import { z } from "zod";
import { createReconcilerDriver } from "#control/reconcile/driver.ts";
import type { Reconciler } from "#control/reconcile/reconciler.ts";
import { VdcError } from "#api/errors.ts";
import { systemClock, type Clock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import { openPostgresStore } from "#store/postgres/open.ts";
import { testKinds } from "#test/support/store.ts";

// A control process in little, for the tests that kill and pause it: one reconciler that acts all the time. Each act writes
// down in a table of its own, unfenced, when it began and what became of its fenced write.
const settings = z
  .object({ url: z.string(), holder: z.string(), ttlMs: z.number() })
  .parse(JSON.parse(process.env["VDC_TEST_ACTING"] ?? "{}"));

let wallOffsetMs = 0;
process.on("message", (message) => {
  wallOffsetMs = z.object({ wallOffsetMs: z.number() }).parse(message).wallOffsetMs;
  process.send?.("jumped");
});
const clock: Clock = { ...systemClock, now: () => systemClock.now() + wallOffsetMs };
const ports = { clock, random: systemRandom, log: silentLog };
const store = await openPostgresStore({ url: settings.url, kinds: testKinds, ...ports });
const diary = new pg.Client({ connectionString: settings.url });
await diary.connect();

const key = { kind: "widget", project: "shop", name: "lamp" };
let acts = 0;

const reconciler: Reconciler<string, string> = {
  name: "acting",
  watches: ["widget"],
  everyMs: 200,
  keys: async () => await Promise.resolve(["lamp"]),
  observe: async () => JSON.stringify((await store.resources.get(key))?.status ?? {}),
  plan: (observed) => [observed],
  act: async (_, { fence, by }) => {
    acts += 1;
    const { rows } = await diary.query<{ id: number }>(
      "INSERT INTO acting (holder, epoch) VALUES ($1, $2) RETURNING id",
      [settings.holder, fence.epoch],
    );
    await systemClock.sleep(2);
    const note = `${fence.epoch} ${settings.holder} ${acts}`;
    const outcome = await store.resources.setStatus(key, { note }, { by, fence }).then(
      () => "written",
      (error: unknown) => (error instanceof VdcError ? error.code : "fault"),
    );
    await diary.query("UPDATE acting SET ended = clock_timestamp(), outcome = $2 WHERE id = $1", [
      rows[0]?.id,
      outcome,
    ]);
    return "again";
  },
  describe: { observed: (seen) => seen, action: () => "act" },
};

const driver = createReconcilerDriver({
  reconciler,
  leases: store.leases,
  feed: store.feed,
  holder: settings.holder,
  limits: { leaseTtlMs: settings.ttlMs, minGapMs: 2, backoff: { baseMs: 20, maxMs: 200 } },
  ...ports,
});
driver.start();
process.send?.("started");
