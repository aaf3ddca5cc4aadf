import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import type { Page } from "playwright-core";
import { axeFindings, withoutChromium } from "#test/support/browser.ts";
import {
  chooseOfSample,
  mergeMs,
  previewed,
  shot,
  startDarkroom,
  type DarkroomWorld,
} from "#test/support/darkroom.ts";

/** A merge as users do it: a real data center with a worker, the sample bracket, an offer, a result. */
describe("merging in Darkroom", { skip: withoutChromium }, () => {
  let world: DarkroomWorld;
  let page: Page;
  let merge: string;

  before(async () => {
    world = await startDarkroom();
    ({ page } = world);
    await chooseOfSample(page, /^Bracket\s*5 photos/);
    await page.getByRole("button", { name: "Merge to HDR" }).click();
    await page.getByRole("heading", { level: 1, name: "Merge to HDR" }).waitFor();
    merge = page.url();
  });
  after(async () => await world?.[Symbol.asyncDispose]());

  it("shows a preview, and takes a changed slider back with undo", async () => {
    await previewed(page);
    await page.getByText(/lost in black/).waitFor();
    await shot(page, "preview");
    const slider = page.getByRole("slider", { name: "Detail" });
    const usual = await slider.inputValue();
    await slider.focus();
    await page.keyboard.press("ArrowRight");
    assert.notEqual(await slider.inputValue(), usual);
    await page.getByRole("button", { name: "Undo detail" }).click();
    assert.equal(await slider.inputValue(), usual);
    await previewed(page);
    assert.deepEqual(await axeFindings(page), []);
  });

  it("leaves a photo out of the merge and takes it back in", async () => {
    await page.getByRole("button", { name: "Leave terrace-5.jpg out" }).click();
    await page.getByRole("button", { name: "Take terrace-5.jpg back in" }).click();
    await page.getByRole("button", { name: "Leave terrace-5.jpg out" }).waitFor();
    await previewed(page);
  });

  it("offers three ways with time and price, runs the accepted one in the data center, and finds it again after a reload", async () => {
    await page.getByRole("button", { name: "Merge", exact: true }).click();
    const ways = page.getByRole("radiogroup", { name: "Where it runs" });
    await ways.waitFor({ timeout: mergeMs });
    for (const name of ["This computer", "Data center", "Both together"])
      assert.match(await ways.locator("label", { hasText: name }).innerText(), /\d (s|min)/);
    await ways.getByText("Data center").click();
    await page.getByText("Borrow cores").click();
    assert.deepEqual(await axeFindings(page), []);
    await shot(page, "ways");
    await page.getByRole("button", { name: /^Accept, for/ }).click();
    await page.waitForURL(/[?&]job=/);
    await page.reload();
    await page.getByRole("region", { name: "Merge in progress" }).waitFor();
    await shot(page, "running");
    await page.getByText(/-HDR\.jpg is in the album/).waitFor({ timeout: mergeMs });
    assert.deepEqual(await axeFindings(page), []);
  });

  it("compares the result with the middle exposure", async () => {
    const compare = page.getByRole("button", { name: /^Compare with/ });
    await compare.click();
    assert.equal(await compare.getAttribute("aria-pressed"), "true");
    await shot(page, "compare");
    await page.keyboard.press("y");
    assert.equal(await compare.getAttribute("aria-pressed"), "false");
  });

  it("exports the result as a TIFF of 16 bits with its provenance", async () => {
    await page.getByRole("button", { name: "Export" }).click();
    await page.getByText("TIFF, 16 bits").click();
    await shot(page, "export");
    const coming = page.waitForEvent("download", { timeout: mergeMs });
    await page.getByRole("button", { name: "Write the file" }).click();
    const download = await coming;
    assert.equal(download.suggestedFilename(), "terrace-1-HDR.tif");
    const file = readFileSync(await download.path());
    assert.equal(file.readUInt32LE(0), 0x002a4949);
    assert.ok(file.includes("terrace-1.jpg") && file.includes("method=fusion"));
  });

  it("merges on this computer too when that is chosen, into the same picture", async () => {
    await page.goto(merge);
    await previewed(page);
    await page.getByRole("button", { name: "Merge", exact: true }).click();
    await page.getByRole("radiogroup", { name: "Where it runs" }).getByText("This computer").click();
    await page.getByRole("button", { name: "Merge here" }).click();
    await page.getByText(/-HDR\.jpg is in the album/).waitFor({ timeout: mergeMs });
    await page.getByRole("link", { name: "Album" }).click();
    // Content decides names: the same bits are the same photo, which an album has once. Provenance is the same as well.
    await page.getByRole("button", { name: "terrace-1-HDR.jpg, merged" }).waitFor();
    assert.equal(await page.getByRole("button", { name: "terrace-1-HDR.jpg, merged" }).count(), 1);
    assert.deepEqual(world.complaints, []);
  });
});
