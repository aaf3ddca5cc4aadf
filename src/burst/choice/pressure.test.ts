import assert from "node:assert/strict";
import { test } from "node:test";
import { calm, nextPressure, othersPressure, pressureOf, type PressureState } from "./pressure.ts";

/** Seconds at which the view changes, with what it changes to. */
function changes(samples: readonly (readonly [seconds: number, state: PressureState])[]) {
  let view = calm;
  const seen: string[] = [];
  for (const [seconds, state] of samples) {
    const next = nextPressure(view, { atMs: seconds * 1_000, state });
    if (next.isPressed !== view.isPressed) seen.push(`${seconds} ${next.isPressed ? "pressed" : "calm"}`);
    view = next;
  }
  return seen;
}

test("pressure begins with the second serious sample within ten seconds, not with one alone", () => {
  assert.deepEqual(
    changes([
      [0, "serious"],
      [11, "critical"],
      [25, "serious"],
    ]),
    [],
  );
  assert.deepEqual(
    changes([
      [0, "serious"],
      [5, "fair"],
      [10, "serious"],
    ]),
    ["10 pressed"],
  );
});

test("pressure ends after thirty seconds without a serious sample, and one sets that back", () => {
  const entered = [
    [0, "serious"],
    [1, "critical"],
  ] as const;
  assert.deepEqual(changes([...entered, [2, "fair"], [31, "nominal"], [32, "fair"]]), [
    "1 pressed",
    "32 calm",
  ]);
  const back = [
    [2, "fair"],
    [20, "serious"],
    [33, "nominal"],
    [62, "fair"],
    [63, "fair"],
  ] as const;
  assert.deepEqual(changes([...entered, ...back]), ["1 pressed", "63 calm"]);
});

test("a page without the Compute Pressure API takes its tiles and its timers for it", () => {
  const of = (now: number, lagMs: number) => pressureOf({ now, best: 1, lagMs });
  assert.deepEqual(
    [
      of(1, 0),
      of(0.7, 0),
      of(0.4, 0),
      of(0.1, 0),
      of(1, 200),
      of(1, 600),
      pressureOf({ now: 0, best: 0, lagMs: 0 }),
    ],
    ["nominal", "fair", "serious", "critical", "serious", "critical", "nominal"],
  );
});

test("pressure that the page's own tiles make is none, as long as they are not held up", () => {
  const alone = { now: 0.95, best: 1, lagMs: 10 };
  assert.equal(othersPressure("critical", alone), "fair");
  assert.equal(othersPressure("nominal", alone), "nominal");
  const heldUp = [
    { ...alone, now: 0.5 },
    { ...alone, lagMs: 200 },
    { now: 0, best: 0, lagMs: 0 },
  ];
  for (const own of heldUp) assert.equal(othersPressure("critical", own), "critical");
});
