import assert from "node:assert/strict";
import { test } from "node:test";
import { impacts, type Incident } from "#api/incidents.ts";
import { affectedWords, impactWords, mergeIncidents, worstOpen } from "#console/lib/incident-view.ts";

const base: Incident = {
  id: "a",
  title: "A drive is out",
  component: "objects",
  cause: "drive-lost",
  effects: ["durability"],
  impact: "none",
  status: "identified",
  startedAt: "2026-01-01T00:00:00.000Z",
  openedAt: "2026-01-01T00:00:00.000Z",
  affected: { everyone: false, projects: [{ project: "shop", buckets: ["carts"] }] },
  updates: [],
  details: [],
};

test("the same incident seen by two projects is shown once, with the buckets of both", () => {
  const other = { ...base, affected: { everyone: false, projects: [{ project: "news", buckets: [] }] } };
  const newer = { ...base, id: "b", openedAt: "2026-02-01T00:00:00.000Z" };
  const merged = mergeIncidents([base, other, newer]);
  assert.deepEqual(
    merged.map(({ id }) => id),
    ["b", "a"],
  );
  assert.equal(affectedWords(merged[1]?.affected ?? base.affected), "shop (carts), news");
});

test("of open incidents the worst is told first, and resolved ones are not told", () => {
  const worse = { ...base, id: "worse", impact: "major" as const };
  const over = { ...base, id: "over", impact: "critical" as const, status: "resolved" as const };
  assert.equal(worstOpen([base, worse, over])?.id, "worse");
  assert.equal(worstOpen([over]), undefined);
});

test("many projects and everyone are counted, not listed", () => {
  const projects = Array.from({ length: 9 }, (_, at) => ({ project: `p${at}`, buckets: [] }));
  assert.equal(affectedWords({ everyone: false, projects }), "9 projects");
  assert.equal(affectedWords({ everyone: true, projects: [] }), "Every project");
});

test("every impact has its words", () => {
  for (const impact of impacts) assert.notEqual(impactWords[impact].text, "");
});
