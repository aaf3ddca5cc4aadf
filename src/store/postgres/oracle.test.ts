import assert from "node:assert/strict";
import { after, test } from "node:test";
import fc from "fast-check";
import { VdcError } from "#api/errors.ts";
import type { Change } from "#api/records.ts";
import type { Resource, ResourceKey } from "#api/resource.ts";
import { silentLog } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import { by, projectSpec, watched, widgetSpec } from "#store/conformance/engine.ts";
import { migrations } from "#store/migrations/migrations.ts";
import { openModelStore } from "#store/model/open.ts";
import { migrate } from "#store/postgres/migrate.ts";
import type { MutationOptions, MutationResult, Store } from "#store/store.ts";
import { createTestDatabase } from "#test/support/database.ts";
import { movableClock } from "#test/support/movable-clock.ts";
import { openEmptiedStore, testKinds } from "#test/support/store.ts";

const histories = Number(process.env["VDC_TEST_HISTORIES"] ?? 12);

/** A step is described without ids and revisions, since the two stores give different ids. */
type Step =
  | {
      readonly do: "apply";
      readonly key: ResourceKey;
      readonly value: Value;
      readonly owner: number;
      readonly cas: Cas;
    }
  | {
      readonly do: "patch" | "delete" | "finalize" | "status";
      readonly key: ResourceKey;
      readonly value: Value;
      readonly cas: Cas;
    }
  | { readonly do: "compact"; readonly keep: number }
  | { readonly do: "watch"; readonly from: number };

interface Value {
  readonly title: string;
  readonly instances: number;
  readonly quota: number;
  readonly label: string;
  readonly dryRun: boolean;
}

type Cas = "none" | "newest" | "stale" | "absent";

const projects = ["p", "q"];
const keys: readonly ResourceKey[] = [
  ...projects.map((name) => ({ kind: "project", name })),
  ...projects.flatMap((project) =>
    ["a", "b"].flatMap((name) => [
      { kind: "widget", project, name },
      { kind: "gadget", project, name },
    ]),
  ),
];

const key = fc.constantFrom(...keys);
const value: fc.Arbitrary<Value> = fc.record({
  title: fc.constantFrom("", "x", "y"),
  instances: fc.integer({ min: 0, max: 4 }),
  quota: fc.integer({ min: 0, max: 8 }),
  label: fc.constantFrom("", "gold", "silver"),
  dryRun: fc.nat(9).map((dice) => dice === 0),
});
const cas: fc.Arbitrary<Cas> = fc
  .nat(9)
  .map((dice) => (["newest", "stale", "absent"] as const)[dice] ?? "none");

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant("apply" as const),
      key,
      value,
      cas,
      owner: fc.nat(keys.length * 2),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constantFrom("patch", "delete", "finalize", "status"), key, value, cas }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("compact" as const), keep: fc.nat(30) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("watch" as const), from: fc.nat(100) }) },
);

/** The end of a project in any order and with parts left out: owners, what they own, and all that is in it. */
const teardown: fc.Arbitrary<readonly Step[]> = fc.constantFrom(...projects).chain((name) => {
  const plain = { title: "", instances: 0, quota: 8, label: "", dryRun: false };
  const own = keys.filter(
    (known) => known.project === name || (known.kind === "project" && known.name === name),
  );
  const steps = own.flatMap((known): Step[] => [
    { do: "delete", key: known, value: plain, cas: "none" },
    { do: "finalize", key: known, value: plain, cas: "none" },
  ]);
  return fc.shuffledSubarray(steps, { minLength: 4 });
});

/** What a history begins with, so that most steps meet something. */
const opening: readonly Step[] = projects.map((name) => ({
  do: "apply",
  key: { kind: "project", name },
  value: { title: "", instances: 0, quota: 8, label: "", dryRun: false },
  owner: keys.length,
  cas: "none",
}));

const database = await createTestDatabase();
after(() => database[Symbol.asyncDispose]());
await migrate(database.url, migrations, silentLog);

test("any history has the same outcomes, lists and watches on PostgreSQL as in the model", async () => {
  const steps = fc.array(step, { minLength: 1, maxLength: 12 });
  const round = fc.oneof({ weight: 4, arbitrary: steps }, { weight: 1, arbitrary: teardown });
  const history = fc.array(round, { minLength: 3, maxLength: 14 });
  await fc.assert(
    fc.asyncProperty(history, async (rounds: readonly (readonly Step[])[]) => {
      await using engine = await openEmptiedStore(database.url);
      const model = openModelStore({ kinds: testKinds, clock: movableClock(), random: systemRandom });
      const actual = await play(engine.store, [[...opening], ...rounds]);
      const expected = await play(model, [[...opening], ...rounds]);
      assert.deepEqual(actual, expected);
    }),
    { numRuns: histories },
  );
});

/** The steps of a round go out at once, as from many callers, so that the writer takes them in one batch. */
async function play(store: Store, rounds: readonly (readonly Step[])[]): Promise<unknown> {
  const seen: unknown[] = [];
  const following = { position: 0, changes: new Array<string>() };
  for (const round of rounds) {
    const standing = new Map<string, Resource | undefined>();
    for (const known of keys) standing.set(JSON.stringify(known), await store.resources.get(known));
    const mutations = round.map((one) => mutate(store, one, (which) => standing.get(JSON.stringify(which))));
    seen.push(await Promise.all(mutations));
    // These look at the whole; they come after the round.
    for (const one of round) seen.push(await look(store, one));
    seen.push(await follow(store, following));
  }
  return { seen, followed: following.changes, end: await everything(store) };
}

/** Resumes a watch from where it stood; starts again from the head when its position was compacted. */
async function follow(store: Store, at: { position: number; changes: string[] }): Promise<string> {
  try {
    const { changes, revision } = await watched(store, { since: at.position });
    at.changes.push(...changes.map(changeLine));
    at.position = revision;
    return `at ${revision}`;
  } catch (error) {
    at.position = (await store.feed.head()).revision;
    return codeOf(error);
  }
}

async function mutate(
  store: Store,
  one: Step,
  standing: (key: ResourceKey) => Resource | undefined,
): Promise<unknown> {
  if (one.do === "compact" || one.do === "watch") return undefined;
  const current = standing(one.key);
  const options: MutationOptions = {
    by,
    ...ifRevision(one.cas, current),
    ...(one.value.dryRun ? { dryRun: true } : {}),
  };
  const labels: Record<string, string> = one.value.label === "" ? {} : { tier: one.value.label };
  try {
    const { resources } = store;
    switch (one.do) {
      case "apply": {
        const owner = keys[one.owner];
        const id = owner === undefined ? undefined : standing(owner)?.id;
        const owned = owner === undefined || id === undefined ? {} : { owner: { ...owner, id } };
        return result(
          await resources.apply({ ...one.key, labels, spec: specOf(one.key, one.value), ...owned }, options),
        );
      }
      case "patch": {
        const change = (now: Resource) => ({
          labels: { ...now.labels, ...labels },
          spec: { ...now.spec, title: one.value.title },
        });
        return result(await resources.patch(one.key, change, options));
      }
      case "status":
        return result(await resources.setStatus(one.key, { note: one.value.title }, options));
      case "delete":
        return result(await resources.delete(one.key, options));
      case "finalize":
        return result(await resources.finalize(one.key, options));
    }
  } catch (error) {
    return codeOf(error);
  }
}

async function look(store: Store, one: Step): Promise<unknown> {
  try {
    if (one.do === "compact") {
      const gone = await store.feed.compact({ keepMs: 1e12, keepChanges: one.keep, batch: 20 });
      return [gone, await store.feed.head()];
    }
    if (one.do === "watch") {
      const { revision } = await store.feed.head();
      const since = Math.floor((revision * one.from) / 100);
      const { changes } = await watched(store, {
        since,
        kinds: ["widget", "operation", "project"],
        name: "a",
      });
      return changes.map(changeLine);
    }
    return undefined;
  } catch (error) {
    return codeOf(error);
  }
}

async function everything(store: Store): Promise<unknown> {
  const lists = ["project", "widget", "gadget"].map(async (kind) => {
    const first = await store.resources.list({ kind, limit: 2 });
    const rest =
      first.continue === undefined
        ? []
        : (await store.resources.list({ kind, limit: 100, continue: first.continue })).items;
    return [...first.items, ...rest].map(resourceLine);
  });
  const usage = projects.map((project) => store.resources.usage(project));
  const audit = (await store.audit.list({ after: 0, limit: 1000 })).map(
    ({ sequence, verb, revision, beforeHash, afterHash, detail }) => ({
      sequence,
      verb,
      revision,
      beforeHash,
      afterHash,
      detail,
    }),
  );
  const events = (await store.events.list({ limit: 1000 })).map(({ revision, type, message }) => ({
    revision,
    type,
    message,
  }));
  return {
    lists: await Promise.all(lists),
    usage: await Promise.all(usage),
    audit,
    events,
    head: await store.feed.head(),
  };
}

function specOf({ kind }: ResourceKey, { title, instances, quota }: Value) {
  if (kind !== "project") return widgetSpec({ title, instances });
  return projectSpec({ title, quotas: quota === 8 ? {} : { instances: quota, resources: quota } });
}

function ifRevision(how: Cas, current: Resource | undefined): { ifRevision?: number | "absent" } {
  if (how === "none") return {};
  if (how === "absent") return { ifRevision: "absent" };
  return {
    ifRevision: how === "newest" ? (current?.revision ?? 1) : Math.max(0, (current?.revision ?? 1) - 1),
  };
}

function result({ outcome, resource, diff }: MutationResult): unknown {
  return { outcome, resource: resourceLine(resource), diff };
}

/** A resource without what differs between two stores: ids and times. */
function resourceLine(resource: Resource): unknown {
  const { id, owner, createdAt, updatedAt, deletingSince, ...rest } = resource;
  assert.match(id, /^res_/);
  assert.ok(createdAt <= updatedAt);
  return {
    ...rest,
    deleting: deletingSince !== undefined,
    owner: owner === undefined ? "" : `${owner.kind}/${owner.project}/${owner.name}`,
  };
}

function changeLine(change: Change): string {
  const { object } = change;
  // The name of an event is its id, which differs.
  const what =
    change.kind === "event"
      ? JSON.stringify(object["message"])
      : `${change.name} ${JSON.stringify(object["status"])} ${JSON.stringify(object["generation"])}`;
  return `${change.revision} ${change.type} ${change.kind} ${change.project ?? ""} ${what}`;
}

function codeOf(error: unknown): string {
  if (error instanceof VdcError)
    return `${error.code} ${error.code === "quota-exceeded" ? JSON.stringify(error.extra) : ""}`;
  throw error;
}
