import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { VdcError } from "./errors.ts";
import type { Resource } from "./resource.ts";
import {
  fieldText,
  fieldValue,
  matchesSelector,
  parseFieldSelector,
  parseLabelSelector,
  type Requirement,
} from "./selectors.ts";

const lamp: Resource = {
  kind: "widget",
  project: "shop",
  name: "lamp",
  id: "res_1" as Resource["id"], // any id will do
  generation: 1,
  revision: 7,
  labels: { app: "web", tier: "front" },
  spec: { title: "A lamp, or two", instances: 3, on: false, parts: ["bulb"], size: { width: 0 }, none: null },
  status: { phase: "ready" },
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-01T00:00:00.000Z",
};

const key = fc.constantFrom("app", "tier", "example.org/part", "constructor", "toString", "a_b-c.d");
const value = fc.constantFrom("a", "b", "web-1", "A.b_c", "3");
const requirement: fc.Arbitrary<Requirement> = fc.oneof(
  fc.record({
    on: fc.constant("label"),
    key,
    op: fc.constantFrom("in", "notin"),
    values: fc.array(value, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ on: fc.constant("label"), key, op: fc.constantFrom("exists", "absent") }),
);

/** The requirement as a user may write it; `style` chooses among the spellings that mean the same. */
function written(wanted: Requirement, style: number): string {
  const space = " ".repeat(style % 2);
  if (!("values" in wanted))
    return wanted.op === "exists" ? `${space}${wanted.key}` : `!${space}${wanted.key}${space}`;
  if (wanted.values.length > 1 || style % 3 === 0)
    return `${wanted.key} ${space}${wanted.op} (${wanted.values.join(`${space},${space}`)})`;
  const operator = wanted.op === "notin" ? "!=" : style % 5 < 2 ? "=" : "==";
  return `${wanted.key}${space}${operator}${space}${wanted.values.join("")}`;
}

function holds(labels: ReadonlyMap<string, string>, wanted: Requirement): boolean {
  const found = labels.get(wanted.key);
  if (!("values" in wanted)) return (found !== undefined) === (wanted.op === "exists");
  const among = wanted.values.some((each) => each === found);
  return wanted.op === "in" ? among : !among;
}

function selects(text: string): boolean {
  return matchesSelector(lamp, parseFieldSelector(text));
}

describe("a label selector", () => {
  test("selects what a naive reading of it selects, in every spelling", () => {
    const wanted = fc.array(fc.tuple(requirement, fc.nat(29)), { maxLength: 4 });
    fc.assert(
      fc.property(wanted, fc.dictionary(key, value), (requirements, labels) => {
        const text = requirements.map(([each, style]) => written(each, style)).join(",");
        const selector = parseLabelSelector(text);
        assert.equal(selector.length, requirements.length, text);
        const naive = requirements.every(([each]) => holds(new Map(Object.entries(labels)), each));
        assert.equal(matchesSelector({ ...lamp, labels }, selector), naive, text);
      }),
      { numRuns: 500 },
    );
  });

  test("that is empty selects everything", () => {
    for (const text of ["", " ", ","]) assert.equal(matchesSelector(lamp, parseLabelSelector(text)), true);
  });

  test("does not find what every object inherits", () => {
    for (const name of ["constructor", "toString", "hasOwnProperty"]) {
      assert.equal(matchesSelector(lamp, parseLabelSelector(name)), false);
      assert.equal(matchesSelector(lamp, parseLabelSelector(`!${name}`)), true);
    }
  });

  test("that cannot be read is invalid and names the parameter", () => {
    const tooMany = Array.from({ length: 33 }, (_, at) => `k${at}`).join(",");
    for (const text of ["=web", "a b c", "-a=b", "!", "a b in (c)", `${"k".repeat(64)}=v`, "ü=v", tooMany])
      assert.throws(
        () => parseLabelSelector(text),
        (error) =>
          error instanceof VdcError && error.code === "invalid" && error.fields[0]?.path === "labelSelector",
        text,
      );
  });

  test("may have as many requirements as its limit says", () => {
    const text = Array.from({ length: 32 }, (_, at) => `!k${at}`).join(",");
    assert.equal(matchesSelector(lamp, parseLabelSelector(text)), true);
  });
});

describe("a field selector", () => {
  test("compares the text of names, spec and status", () => {
    for (const text of [
      "name=lamp",
      "project==shop",
      "status.phase=ready,spec.instances=3",
      "spec.on=false",
      "spec.size.width=0",
      "name!=web",
    ])
      assert.equal(selects(text), true, text);
    for (const text of ["name=Lamp", "status.phase!=ready", "spec.instances=3.0", "name=lamp,project=other"])
      assert.equal(selects(text), false, text);
  });

  test("finds nothing in a field that is absent, null, a list or an object: it equals nothing", () => {
    const paths = [
      "spec.absent",
      "spec.none",
      "spec.parts",
      "spec.size",
      "spec.title.length",
      "deletingSince",
    ];
    for (const path of [...paths, "spec.constructor", "spec.__proto__"]) {
      assert.equal(selects(`${path}=`), false, path);
      assert.equal(selects(`${path}!=x`), true, path);
    }
  });

  test("outside the fields that may be asked for is invalid and names its parameter", () => {
    for (const text of [
      "labels.app=web",
      "name",
      "spec=1",
      "spec.=1",
      "spec..a=1",
      "name in (a)",
      "__proto__.a=b",
    ])
      assert.throws(
        () => parseFieldSelector(text),
        (error) =>
          error instanceof VdcError && error.code === "invalid" && error.fields[0]?.path === "fieldSelector",
        text,
      );
  });
});

test("the value at a path is found through objects and own members alone", () => {
  assert.deepEqual(fieldValue(lamp, "spec.size"), { width: 0 });
  assert.equal(fieldValue(lamp, "spec.parts.0"), undefined);
  assert.equal(fieldValue(lamp, "toString"), undefined);
  assert.equal(fieldText(lamp, "revision"), "7");
});
