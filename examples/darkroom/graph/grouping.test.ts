import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { findGroups, type GroupedPhoto, viewsOf } from "./grouping.ts";

function shot(
  hash: string,
  second: number,
  exposureSeconds: number,
  more: Partial<GroupedPhoto> = {},
): GroupedPhoto {
  const takenAt = new Date(Date.UTC(2026, 5, 1, 12, 0, 0) + second * 1000).toISOString();
  return {
    hash,
    width: 6000,
    height: 4000,
    takenAt,
    camera: "A",
    exposureSeconds,
    aperture: 8,
    iso: 100,
    focalLength: 24,
    ...more,
  };
}

describe("grouping of photos", () => {
  it("finds a bracket: one view at several exposures in quick succession", () => {
    const photos = [shot("c", 2, 1 / 15), shot("a", 0, 1 / 1000), shot("b", 1, 1 / 125)];
    assert.deepEqual(findGroups(photos), [{ kind: "bracket", photos: ["a", "b", "c"] }]);
  });

  it("waits for a long exposure before it looks for the next photo", () => {
    const photos = [shot("a", 0, 8), shot("b", 9, 1), shot("c", 11, 1 / 8)];
    assert.deepEqual(findGroups(photos), [{ kind: "bracket", photos: ["a", "b", "c"] }]);
  });

  it("begins a new bracket when an exposure comes again", () => {
    const photos = [0, 1, 2]
      .map((at) => shot(`a${at}`, at, 4 ** -at))
      .concat([40, 41, 42].map((at) => shot(`b${at}`, at, 4 ** -(at - 40))));
    assert.deepEqual(
      findGroups(photos).map(({ kind, photos: of }) => [kind, of.length]),
      [
        ["bracket", 3],
        ["bracket", 3],
      ],
    );
  });

  it("finds a panorama: views at about one exposure, one after the other", () => {
    const photos = [
      shot("a", 0, 1 / 200),
      shot("b", 4, 1 / 250),
      shot("c", 9, 1 / 200),
      shot("later", 400, 1 / 200),
    ];
    assert.deepEqual(findGroups(photos), [{ kind: "panorama", photos: ["a", "b", "c"] }]);
  });

  it("finds a panorama of brackets", () => {
    const steps = [1 / 1000, 1 / 125, 1 / 15];
    const photos = [0, 6, 12].flatMap((begin) =>
      steps.map((seconds, index) => shot(`${begin}-${index}`, begin + index, seconds)),
    );
    const [found, ...others] = findGroups(photos);
    assert.equal(found?.kind, "hdr-panorama");
    assert.equal(found.photos.length, 9);
    assert.deepEqual(others, []);
  });

  it("keeps photos apart that another camera or lens setting made, or that say nothing of themselves", () => {
    assert.deepEqual(findGroups([shot("a", 0, 1), shot("b", 1, 1 / 8, { camera: "B" })]), []);
    assert.deepEqual(findGroups([shot("a", 0, 1), shot("b", 1, 1 / 8, { focalLength: 50 })]), []);
    assert.deepEqual(findGroups([shot("a", 0, 1), shot("b", 1, 1 / 8, { takenAt: undefined })]), []);
    assert.deepEqual(findGroups([]), []);
  });

  it("tells the views of an HDR panorama apart, whatever their times and wherever an automatic camera begins each bracket", () => {
    const brackets = [1, 1.6, 0.8].map((light, view) =>
      [1 / 500, 1 / 125, 1 / 30].map((seconds, index) =>
        shot(`${view}${index}`, view * 40 + index, seconds * light),
      ),
    );
    const views = brackets.map((bracket) => bracket.map(({ hash }) => hash));
    assert.deepEqual(viewsOf(brackets.flat().toReversed()), views);
    // One photo is missing, or all are of one exposure, or all of one view.
    assert.equal(viewsOf(brackets.flat().slice(1)), undefined);
    assert.equal(viewsOf([0, 1, 2, 3].map((at) => shot(`${at}`, at, 1 / 60))), undefined);
    assert.equal(viewsOf(brackets[0] ?? []), undefined);
  });
});
