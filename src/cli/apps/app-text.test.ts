import assert from "node:assert/strict";
import { test } from "node:test";
import { appSpecSchema, type AppStatus } from "#api/kinds/app.ts";
import { newId } from "#lib/ids.ts";
import { systemClock } from "#lib/clock.ts";
import { systemRandom } from "#lib/random.ts";
import type { App } from "./app-target.ts";
import { countsText, planText, progressText } from "./app-text.ts";
import { endingOf } from "./follow-app.ts";
import { secretName } from "../commands/deploy.ts";

const rolling: AppStatus = {
  phase: "rolling-out",
  wantedRelease: 2,
  servingReleases: [1],
  components: [
    {
      name: "web",
      ready: 2,
      wanted: 2,
      releases: [
        { release: 1, wanted: 1, ready: 1, total: 1 },
        { release: 2, wanted: 1, ready: 1, total: 1 },
      ],
    },
    { name: "worker", ready: 1, wanted: 1, releases: [{ release: 1, wanted: 1, ready: 1, total: 1 }] },
  ],
  rolloutStep: "waiting for web-2\u001b[2J",
  observedGeneration: 5,
};

test("progress counts the ready instances of the newest release, and is harmless to a terminal", () => {
  assert.equal(countsText(rolling), "release 2: 1/3 ready");
  assert.equal(progressText(rolling), "release 2: 1/3 ready; waiting for web-2\\u001b[2J");
  assert.equal(progressText({ phase: "installing" }), "installing");
});

function app(status: AppStatus): App {
  const at = "2026-01-01T00:00:00.000Z";
  return {
    kind: "app",
    project: "default",
    name: "news",
    id: newId("resource", systemClock, systemRandom),
    generation: 5,
    revision: 1,
    labels: {},
    spec: appSpecSchema.parse({ package: "news-1" }),
    status,
    createdAt: at,
    updatedAt: at,
  };
}

test("an app has settled when it has seen its newest spec and does not move any more", () => {
  assert.equal(endingOf(app(rolling), 5), undefined);
  for (const phase of [
    "installing",
    "rolling-out",
    "rolling-back",
    "degraded",
    "stopping",
    "deleting",
  ] as const)
    assert.equal(endingOf(app({ phase, observedGeneration: 5 }), 5), undefined, phase);
  for (const phase of ["ready", "stopped", "paused", "rolled-back", "failed"] as const) {
    assert.equal(endingOf(app({ phase, observedGeneration: 5 }), 5), phase);
    assert.equal(endingOf(app({ phase, observedGeneration: 4 }), 5), undefined, `${phase} of an older spec`);
    assert.equal(endingOf(app({ phase }), 5), undefined);
  }
});

test("a plan shows its changes, steps and warnings", () => {
  const text = planText(
    {
      app: "news",
      outcome: "release",
      difference: [{ op: "replace", path: "settings.title", before: "A", after: "B" }],
      release: 3,
      steps: ["Release 3 is made.", "2 instances of web are replaced."],
      warnings: ["The package is not signed."],
      problems: [],
    },
    (_, words) => words,
  );
  assert.equal(
    text,
    [
      '  - settings.title: "A"',
      '  + settings.title: "B"',
      "  1. Release 3 is made.",
      "  2. 2 instances of web are replaced.",
      "  note: The package is not signed.",
      "",
    ].join("\n"),
  );
});

test("a secret is named after its app and its setting, and its name is always one", () => {
  assert.equal(secretName("news", "adminPassword"), "news-admin-password");
  assert.match(secretName("n".repeat(50), "aVeryLongSettingName"), /^[a-z0-9-]{1,63}$/);
  assert.doesNotMatch(secretName("n".repeat(57), "aaaaaBcd"), /-$/);
});
