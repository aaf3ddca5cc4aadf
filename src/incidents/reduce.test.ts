import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Incident, Signal, Subscriber } from "#api/incidents.ts";
import { planDeliveries, quietMs, settled, type Delivery } from "./deliveries.ts";
import { clearForMs, latencyLastsMs, reduce, reopenWithinMs, type OpenIncident } from "./reduce.ts";
import { hear, holding, leave, silentAfterMs } from "./signals.ts";

const signal = (change: Partial<Signal> = {}): Signal => ({
  id: "drive/1",
  component: "objects",
  cause: "drive-lost",
  effects: ["durability"],
  impact: "none",
  since: 1_000,
  affected: { everyone: false, projects: [{ project: "shop", buckets: ["a"] }] },
  detail: "",
  ...change,
});
const held = (...signals: readonly Signal[]) => new Map(signals.map((one) => [one.id, one]));

/** Goes through moments: what holds, and when. */
function through(moments: readonly (readonly [number, ReadonlyMap<string, Signal>])[]) {
  let incidents: readonly OpenIncident[] = [];
  let ids = 0;
  const said: string[] = [];
  for (const [now, signals] of moments) {
    const step = reduce(incidents, signals, now, () => `i${(ids += 1)}`);
    incidents = step.incidents;
    said.push(...step.told.map(({ id, status }) => `${id} ${status}`));
  }
  return { incidents: incidents.map(({ incident }) => incident), said };
}

describe("incidents from signals", () => {
  it("open at once when redundancy is concerned, are watched when it is back, and end when it stays", () => {
    const { said } = through([
      [1_000, held(signal())],
      [2_000, held(signal())],
      [3_000, held()],
      [3_000 + clearForMs - 1, held()],
      [3_000 + clearForMs, held()],
      [4_000 + clearForMs, held()],
    ]);
    assert.deepEqual(said, ["i1 identified", "i1 monitoring", "i1 resolved"]);
  });

  it("are opened again instead of told anew when the trouble is back soon, and anew when it is not", () => {
    const well = 1_000 + 2 * clearForMs;
    const moments = [
      [1_000, held(signal())],
      [2_000, held()],
      [2_000 + clearForMs, held()],
      [well, held(signal())],
      [well + 1, held()],
      [well + 1 + clearForMs, held()],
      [well + 2 + clearForMs + reopenWithinMs, held(signal())],
    ] as const;
    assert.deepEqual(through(moments).said, [
      "i1 identified",
      "i1 monitoring",
      "i1 resolved",
      "i1 identified",
      "i1 monitoring",
      "i1 resolved",
      "i2 identified",
    ]);
  });

  it("say more when more are affected, and are not told of latency that passes", () => {
    const more = signal({
      id: "drive/2",
      affected: { everyone: false, projects: [{ project: "bank", buckets: [] }] },
    });
    const late = signal({ id: "late", cause: "drive-late", effects: ["latency"], since: 1_000 });
    const { said, incidents } = through([
      [1_000, held(signal(), late)],
      [1_500, held(signal(), more, late)],
      [1_000 + latencyLastsMs - 1, held(signal(), more, late)],
      [1_000 + latencyLastsMs, held(signal(), more)],
    ]);
    assert.deepEqual(said, ["i1 identified", "i1 identified"]);
    assert.deepEqual(
      incidents[0]?.affected.projects.map(({ project }) => project),
      ["shop", "bank"],
    );
    assert.match(incidents[0]?.updates[1]?.text ?? "", /More is affected/);
  });

  it("name nobody in their words, whatever the details say", () => {
    const { incidents } = through([[1_000, held(signal({ detail: "drive 1 at /mnt/x" }))]]);
    assert.doesNotMatch(JSON.stringify([incidents[0]?.title, incidents[0]?.updates]), /shop|mnt/);
  });

  it("end whatever they began with: any history that becomes quiet is resolved, with an all-clear for whoever was told", () => {
    const causes = ["drive-lost", "errors", "probe"] as const;
    const moment = fc.record({
      wait: fc.integer({ min: 1, max: 40_000 }),
      holds: fc.uniqueArray(
        fc.record({
          id: fc.constantFrom("a", "b", "c"),
          cause: fc.constantFrom(...causes),
          project: fc.constantFrom("shop", "bank"),
        }),
        { selector: ({ id }) => id },
      ),
    });
    const subscribers: readonly Subscriber[] = ["shop", "bank"].map((project) => ({
      id: project,
      project,
      buckets: [],
      minimumImpact: "none",
      channel: { type: "email", to: "a@b.example" },
    }));
    fc.assert(
      fc.property(fc.array(moment, { maxLength: 25 }), (history) => {
        let incidents: readonly OpenIncident[] = [];
        const made = new Map<string, Delivery>();
        let now = 0;
        let ids = 0;
        const step = (signals: ReadonlyMap<string, Signal>) => {
          const next = reduce(incidents, signals, now, () => `i${(ids += 1)}`);
          incidents = next.incidents;
          for (const incident of next.told)
            for (const delivery of planDeliveries(incident, subscribers, made, now))
              made.set(delivery.id, delivery);
        };
        for (const { wait, holds } of history) {
          now += wait;
          step(
            held(
              ...holds.map(({ id, cause, project }) =>
                signal({
                  id,
                  cause,
                  since: now,
                  affected: { everyone: false, projects: [{ project, buckets: [] }] },
                }),
              ),
            ),
          );
        }
        for (const wait of [1, clearForMs, clearForMs]) {
          now += wait;
          step(held());
        }
        assert.ok(incidents.every(({ incident }) => incident.status === "resolved"));
        const told = new Set(
          [...made.values()].map(({ incident, subscription }) => `${incident} ${subscription}`),
        );
        const ended = [...made.values()].filter(
          ({ incident, update }) => statusAt(incidents, incident, update) === "resolved",
        );
        assert.deepEqual(
          new Set(ended.map(({ incident, subscription }) => `${incident} ${subscription}`)),
          told,
        );
        for (const { incident } of incidents)
          for (const { project } of incident.affected.projects)
            assert.ok(told.has(`${incident.id} ${project}`), "everybody affected was told");
      }),
      { numRuns: 300 },
    );
  });
});

function statusAt(
  incidents: readonly OpenIncident[],
  id: string,
  update: number,
): Incident["status"] | undefined {
  return incidents.find(({ incident }) => incident.id === id)?.incident.updates[update]?.status;
}

describe("the sources of signals", () => {
  it("keep what a silent one said, and count its silence; one that left is not missed", () => {
    const heard = hear(
      hear(new Map(), { from: "catalog", signals: [signal()] }, 0),
      { from: "objects-1", signals: [] },
      silentAfterMs,
    );
    assert.deepEqual([...holding(heard, silentAfterMs, 1_000_000).keys()], ["drive/1"]);
    assert.deepEqual(
      [...holding(heard, silentAfterMs + 1, 1_000_000).keys()],
      ["drive/1", "silence/catalog"],
    );
    assert.deepEqual([...holding(leave(heard, "catalog"), silentAfterMs + 1, 1_000_000).keys()], []);
  });
});

describe("deliveries", () => {
  it("wait when they only say more, but not when the trouble is back after an all-clear", () => {
    const told: Subscriber = {
      id: "s",
      project: "shop",
      buckets: [],
      minimumImpact: "none",
      channel: { type: "email", to: "ops@shop.example" },
    };
    const well = 2_000 + clearForMs;
    const grown = signal({ id: "drive/2", impact: "major" });
    const moments = [
      [1_000, held(signal())],
      [1_500, held(signal(), grown)],
      [2_000, held()],
      [well, held()],
      [well + 1, held(signal())],
    ] as const;
    const made = new Map<string, Delivery>();
    let incidents: readonly OpenIncident[] = [];
    const waits = moments.flatMap(([now, signals]) => {
      incidents = reduce(incidents, signals, now, () => "i").incidents;
      const planned = incidents.flatMap(({ incident }) => planDeliveries(incident, [told], made, now));
      for (const delivery of planned) made.set(delivery.id, delivery);
      return planned.map(({ dueAt }) => dueAt - now);
    });
    assert.deepEqual(waits, [0, quietMs - 500, 0, 0]);
  });

  it("are tried again later and later, and given up when the other side says never or after the last wait", () => {
    let delivery: Delivery = {
      id: "d",
      subscription: "s",
      project: "p",
      channel: "webhook",
      incident: "i",
      update: 0,
      state: "due",
      attempts: 0,
      at: "2026-01-01T00:00:00.000Z",
      dueAt: 0,
    };
    const waits: number[] = [];
    while (delivery.state === "due") {
      const now = delivery.dueAt;
      delivery = settled(delivery, { ok: false, answer: "answered 500" }, now);
      waits.push(delivery.dueAt - now);
    }
    assert.deepEqual(
      [waits.length, delivery.state, waits.slice(0, 3)],
      [8, "failed", [2_000, 10_000, 60_000]],
    );
    assert.equal(
      settled({ ...delivery, attempts: 0 }, { ok: false, permanent: true, answer: "answered 410" }, 0).state,
      "failed",
    );
  });
});
