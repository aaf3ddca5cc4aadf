import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import type { Page } from "playwright-core";
import type { Album } from "#darkroom/server/albums.ts";
import { axeFindings, withoutChromium } from "#test/support/browser.ts";
import {
  chooseOfSample,
  type DarkroomWorld,
  mergeMs,
  previewed,
  shot,
  startDarkroom,
} from "#test/support/darkroom.ts";
import { waitFor } from "#test/support/wait-for.ts";

const result = "panorama-1-panorama.jpg";

/** A panorama as users make it: the sample's views, a surface, the full size here and in the data center, a file. */
describe("panoramas in Darkroom", { skip: withoutChromium }, () => {
  let world: DarkroomWorld;
  let page: Page;
  /** The page where the sample's panorama is made. */
  let merge: string;
  /** SHA-256 of what this computer made. */
  let here: string;

  before(async () => {
    world = await startDarkroom();
    ({ page } = world);
  });
  after(async () => await world?.[Symbol.asyncDispose]());

  it("previews the sample's six views on each surface, and leaves none of them out", async () => {
    await chooseOfSample(page, /^Panorama\s*6 photos/);
    await page.getByRole("button", { name: "Panorama", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: "Merge to panorama" }).waitFor();
    merge = page.url();
    await previewed(page);
    assert.equal(await page.getByText(/is left out/).count(), 0);
    assert.deepEqual(await axeFindings(page), []);
    const surfaces = page.getByRole("group", { name: "Projection" });
    await shot(page, "panorama-cylindrical");
    await surfaces.getByText("Spherical").click();
    await previewed(page);
    await shot(page, "panorama-spherical");
    await surfaces.getByText("Flat").click();
    // Six views of 53 degrees, 25 apart, reach too far around.
    await page.getByText(/too far around to be drawn flat/).waitFor({ timeout: mergeMs });
    await shot(page, "panorama-flat");
    await surfaces.getByText("Cylindrical").click();
    await page.getByText(/too far around/).waitFor({ state: "detached", timeout: mergeMs });
    await previewed(page);
  });

  it("merges them on this computer, and saves again what the store did not take at first", async () => {
    await page.route(/originals/, async (route) => await route.abort(), { times: 1 });
    await mergeBy("This computer", "Merge here");
    await page.getByText(/It is done, but not in the album yet/).waitFor({ timeout: mergeMs });
    await shot(page, "panorama-not-saved");
    await page.getByRole("button", { name: "Save again" }).click();
    await page.getByText(`${result} is in the album`).waitFor({ timeout: mergeMs });
    await shot(page, "panorama-done");
    assert.deepEqual(await axeFindings(page), []);
  });

  it("stacks the panorama on its six sources, and opens it at full size", async () => {
    await page.getByRole("link", { name: "Album" }).click();
    const stack = page.getByRole("region", { name: "Panorama", exact: true });
    await stack.getByRole("button", { name: `${result}, merged` }).waitFor();
    await shot(page, "panorama-stacked");
    const { photos } = await album();
    const made = photos.find(({ name }) => name === result) ?? assert.fail();
    assert.deepEqual(
      made.made?.from.map((hash) => photos.find((photo) => photo.hash === hash)?.name),
      [1, 2, 3, 4, 5, 6].map((number) => `panorama-${number}.jpg`),
    );
    // Five of the views would be less than 3,800 pixels wide.
    assert.ok(made.width > 4000, `${made.width} px wide`);
    here = made.hash;
    await stack.getByRole("button", { name: `${result}, merged` }).dblclick();
    await page.getByText(/^Made from panorama-1\.jpg/).waitFor();
    const { width, height } = made;
    const isOpen = `[...document.images].some(({ naturalWidth, naturalHeight }) => naturalWidth === ${width} && naturalHeight === ${height})`;
    await waitFor(async () => (await page.evaluate<boolean>(isOpen)) || undefined, {
      withinMs: 60_000,
      what: "the panorama is shown with all its pixels",
    });
    await shot(page, "panorama-opened");
  });

  it("merges them in the data center by an accepted offer, into the same bits", async () => {
    await page.goto(merge.replace(/\/merge\?.*/, ""));
    await page.getByRole("button", { name: `${result}, merged` }).click();
    await page.getByRole("button", { name: /^Remove from the album/ }).click();
    await page.getByRole("button", { name: `${result}, merged` }).waitFor({ state: "detached" });
    const isGone = async () => !(await album()).photos.some(({ name }) => name === result) || undefined;
    await waitFor(isGone, { withinMs: 60_000, what: "the album without the result" });
    await page.goto(merge);
    await previewed(page);
    await mergeBy("Data center", /^Accept, for/);
    await page.waitForURL(/[?&]job=/);
    await page.getByText(`${result} is in the album`).waitFor({ timeout: mergeMs });
    const made = (await album()).photos.find(({ name }) => name === result);
    assert.ok(made?.made?.job !== undefined, "a job made it");
    assert.equal(made.hash, here);
  });

  it("exports it as JPEG and as a TIFF of 16 bits that tell its sources and surface", async () => {
    const jpeg = await exported("JPEG");
    assert.equal(jpeg.readUInt16BE(0), 0xffd8);
    const tiff = await exported("TIFF, 16 bits");
    assert.equal(tiff.readUInt32LE(0), 0x002a4949);
    for (const file of [jpeg, tiff])
      for (const words of ["panorama-1.jpg", "panorama-6.jpg", "projection=cylindrical"])
        assert.ok(file.includes(words), words);
  });

  it("merges three brackets to an HDR panorama in one go", async () => {
    await page.goto(merge.replace(/\/merge\?.*/, ""));
    await page.getByRole("button", { name: /^HDR panorama\s*9 photos/ }).click();
    await shot(page, "hdr-panorama-chosen");
    await page.getByRole("button", { name: "HDR panorama", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: "Merge to HDR panorama" }).waitFor();
    await previewed(page);
    assert.equal(await page.getByText(/is left out/).count(), 0);
    await shot(page, "hdr-panorama");
    assert.deepEqual(await axeFindings(page), []);
    await mergeBy("Data center", /^Accept, for/);
    await page.getByText("lookout-1-HDR-panorama.jpg is in the album").waitFor({ timeout: mergeMs });
    await shot(page, "hdr-panorama-done");
    const made = (await album()).photos.find(({ name }) => name === "lookout-1-HDR-panorama.jpg");
    assert.equal(made?.made?.from.length, 9);
    assert.equal(made.made.as, "hdr-panorama");
    // The store that did not take it once was this test's own doing.
    assert.deepEqual(world.complaints, []);
  });

  async function mergeBy(way: string, go: string | RegExp): Promise<void> {
    await page.getByRole("button", { name: "Merge", exact: true }).click();
    const ways = page.getByRole("radiogroup", { name: "Where it runs" });
    await ways.getByText(way).click({ timeout: mergeMs });
    if (typeof go !== "string") await page.getByText("Borrow cores").click();
    await page.getByRole("button", { name: go }).click();
  }

  async function album(): Promise<Album> {
    const id = /\/albums\/([^/]+)\//.exec(merge)?.[1] ?? assert.fail(merge);
    return await page.evaluate<Album>(`fetch("/api/albums/${id}").then((answer) => answer.json())`);
  }

  async function exported(format: string): Promise<Buffer> {
    await page.getByRole("button", { name: "Export" }).click();
    await page.getByText(format, { exact: true }).click();
    const coming = page.waitForEvent("download", { timeout: mergeMs });
    await page.getByRole("button", { name: "Write the file" }).click();
    const file = readFileSync(await (await coming).path());
    await page.getByRole("button", { name: "Write the file" }).waitFor({ state: "detached" });
    return file;
  }
});
