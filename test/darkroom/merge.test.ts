import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import type { Browser, Page } from "playwright-core";
import { repositoryRoot } from "#main/repository.ts";
import {
  axeFindings,
  consoleDirectory,
  newPage,
  startBrowser,
  withoutChromium,
} from "#test/support/browser.ts";
import { startRealDataCenter, type RealDataCenter } from "#test/support/real-data-center.ts";

const readyMs = 180_000;
/** Two cores shared with whatever else a test machine does. */
const mergeMs = 240_000;
const owner = { name: "ada", password: "correct horse battery staple" };
const darkroom = join(repositoryRoot, "examples/darkroom");
/** A folder for screenshots, for people who look at them. */
const shots = process.env["DARKROOM_SHOTS"];

/** A merge as users do it: a real data center with a worker, the sample bracket, an offer, a result. */
describe("merging in Darkroom", { skip: withoutChromium }, () => {
  let center: RealDataCenter;
  let browser: Browser;
  let page: Page;
  let complaints: string[];
  let url: string;
  let merge: string;

  before(async () => {
    await consoleDirectory();
    await run(join(darkroom, "build.ts"));
    center = await startRealDataCenter(["--workers", "1"]);
    await center.ready(readyMs);
    const deployed = await vdc("deploy", darkroom, "--yes");
    url = /http:\/\/darkroom\.localhost:\d+\//.exec(deployed)?.[0] ?? assert.fail(deployed);
    await vdc("kernels", "push", join(darkroom, "dist/kernels"), "--project", "default");
    browser = await startBrowser();
    const opened = await newPage(browser, url);
    ({ page, complaints } = opened);
    page.setDefaultTimeout(60_000);
    // Headless browsers have nobody who picks a file.
    await page.addInitScript(() => Reflect.deleteProperty(globalThis, "showSaveFilePicker"));
    await enter();
    merge = await openSample();
  });
  after(async () => {
    await browser?.close();
    await center?.[Symbol.asyncDispose]();
  });

  async function vdc(...words: readonly string[]): Promise<string> {
    return await run(join(repositoryRoot, "src/main/vdc.ts"), ...words, "--data", center.directory);
  }

  async function enter(): Promise<void> {
    const { client } = center;
    await client.call(client.routes["user.create"], { body: { name: owner.name, owner: true } });
    const link = await client.call(client.routes["user.link"], { params: { user: owner.name } });
    await page.goto(`${center.url}/signin#link=${link.secret}`);
    await page.getByLabel("New password").fill(owner.password);
    await page.getByRole("button", { name: "Set password" }).click();
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    await page.goto(url);
    await page.getByRole("button", { name: "Continue" }).click();
  }

  async function openSample(): Promise<string> {
    await page
      .getByRole("button", { name: /sample album/ })
      .first()
      .click();
    // The album groups photos as they come; the bracket is whole with five.
    await page.getByRole("button", { name: /^Bracket\s*5 photos/ }).click({ timeout: mergeMs });
    await page.getByRole("button", { name: "Merge to HDR" }).click();
    await page.getByRole("heading", { level: 1, name: "Merge to HDR" }).waitFor();
    return page.url();
  }

  async function previewed(): Promise<void> {
    await page.getByText(/lost in black/).waitFor();
    const merged = page.getByRole("button", { name: "Merge", exact: true });
    await merged.and(page.locator(":enabled")).waitFor({ timeout: mergeMs });
    await page.getByText(/^(Rendering|Comparing)/).waitFor({ state: "detached", timeout: mergeMs });
  }

  async function shot(name: string): Promise<void> {
    if (shots === undefined) return;
    for (const [width, height] of [
      [390, 844],
      [1280, 800],
    ] as const) {
      await page.setViewportSize({ width, height });
      await page.screenshot({ path: join(shots, `${name}-${width}.png`) });
    }
  }

  it("shows a preview, and takes a changed slider back with undo", async () => {
    await previewed();
    await shot("preview");
    const slider = page.getByRole("slider", { name: "Detail" });
    const usual = await slider.inputValue();
    await slider.focus();
    await page.keyboard.press("ArrowRight");
    assert.notEqual(await slider.inputValue(), usual);
    await page.getByRole("button", { name: "Undo detail" }).click();
    assert.equal(await slider.inputValue(), usual);
    await previewed();
    assert.deepEqual(await axeFindings(page), []);
  });

  it("leaves a photo out of the merge and takes it back in", async () => {
    await page.getByRole("button", { name: "Leave terrace-5.jpg out" }).click();
    await page.getByRole("button", { name: "Take terrace-5.jpg back in" }).click();
    await page.getByRole("button", { name: "Leave terrace-5.jpg out" }).waitFor();
    await previewed();
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
    await shot("ways");
    await page.getByRole("button", { name: /^Accept, for/ }).click();
    await page.waitForURL(/[?&]job=/);
    await page.reload();
    await page.getByRole("region", { name: "Merge in progress" }).waitFor();
    await shot("running");
    await page.getByText(/-HDR\.jpg is in the album/).waitFor({ timeout: mergeMs });
    assert.deepEqual(await axeFindings(page), []);
  });

  it("compares the result with the middle exposure", async () => {
    const compare = page.getByRole("button", { name: /^Compare with/ });
    await compare.click();
    assert.equal(await compare.getAttribute("aria-pressed"), "true");
    await shot("compare");
    await page.keyboard.press("y");
    assert.equal(await compare.getAttribute("aria-pressed"), "false");
  });

  it("exports the result as a TIFF of 16 bits with its provenance", async () => {
    await page.getByRole("button", { name: "Export" }).click();
    await page.getByText("TIFF, 16 bits").click();
    await shot("export");
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
    await previewed();
    await page.getByRole("button", { name: "Merge", exact: true }).click();
    await page.getByRole("radiogroup", { name: "Where it runs" }).getByText("This computer").click();
    await page.getByRole("button", { name: "Merge here" }).click();
    await page.getByText(/-HDR\.jpg is in the album/).waitFor({ timeout: mergeMs });
    await page.getByRole("link", { name: "Album" }).click();
    // Content decides names: the same bits are the same photo, which an album has once. Provenance is the same as well.
    await page.getByRole("button", { name: "terrace-1-HDR.jpg, merged" }).waitFor();
    assert.equal(await page.getByRole("button", { name: "terrace-1-HDR.jpg, merged" }).count(), 1);
    assert.deepEqual(complaints, []);
  });
});

async function run(program: string, ...words: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...words], {
    cwd: repositoryRoot,
    maxBuffer: 2 ** 24,
  });
  return stdout;
}
