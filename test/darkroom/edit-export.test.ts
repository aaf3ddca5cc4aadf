import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Page } from "playwright-core";
import { hasProgram, runProgram } from "#darkroom/kernels/try-program.ts";
import { withoutChromium } from "#test/support/browser.ts";
import { mergeMs, previewed, shot, startDarkroom, type DarkroomWorld } from "#test/support/darkroom.ts";
import { dngPhoto, tiffPhoto, type Shot } from "#test/support/raw-photos.ts";
import { readOpenExr } from "#test/support/read-openexr.ts";

const [width, height] = [640, 448];
const exposures = [
  [1, 250],
  [1, 30],
  [1, 4],
] as const;
/** What only the middle photo has: where it is, and how much light it gives. */
const ghost = { x: 460, y: 140, radius: 34, light: 0.9 };
const converts = hasProgram("convert") ? false : "ImageMagick's convert is not installed";

/** Light of a place: a ramp over ten stops with a texture that alignment can hold on to. */
function lightAt(x: number, y: number, channel: number): number {
  const stops = (x / width) * 7 + (y / height) * 3 - 6;
  const texture = 0.6 * Math.sin(x * 0.11 + y * 0.05) * Math.sin(y * 0.13 - x * 0.03);
  return 2 ** (stops + texture) * [1, 0.85, 0.7][channel]!; // three channels
}

/** Samples of the photo with this exposure, through a transfer. */
function samplesOf(index: number, transfer: (light: number) => number, withGhost: boolean): Uint16Array {
  const [numerator, denominator] = exposures[index] ?? assert.fail("no such photo");
  return Uint16Array.from({ length: width * height * 3 }, (_, at) => {
    const pixel = Math.floor(at / 3);
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    const isGhost = withGhost && Math.hypot(x - ghost.x, y - ghost.y) < ghost.radius;
    const light = isGhost ? ghost.light : lightAt(x, y, at % 3);
    return Math.round(65_535 * transfer(Math.min(1, light * (numerator / denominator) * 24)));
  });
}

function srgb(light: number): number {
  return light <= 0.003_130_8 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055;
}

function shotOf(index: number, samples: Uint16Array, minute: number): Shot {
  const takenAt = `2026:06:21 19:${minute}:1${index}`;
  return { width, height, samples, exposureSeconds: exposures[index] ?? assert.fail(), takenAt };
}

/** Median, over all pixels that say something, of how far the measured light is from the true one, in stops; a factor stays unknown. */
function medianError(samples: Float32Array, isMeant: (x: number, y: number) => boolean): number {
  const stops: number[] = [];
  for (let y = 0; y < height; y += 3)
    for (let x = 0; x < width; x += 3)
      if (isMeant(x, y)) stops.push(Math.log2((samples[(y * width + x) * 3 + 1] ?? 0) / lightAt(x, y, 1)));
  const middle = medianOf(stops);
  return medianOf(stops.map((value) => Math.abs(value - middle)));
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** How far a place is from the ghost's middle, in its radius. */
function fromGhost(x: number, y: number): number {
  return Math.hypot(x - ghost.x, y - ghost.y) / ghost.radius;
}

describe("editing and exporting in Darkroom", { skip: withoutChromium }, () => {
  let world: DarkroomWorld;
  let page: Page;
  let folder: string;
  let merge: string;
  /** Light as it was merged before anything was painted. */
  let unpainted: Float32Array;
  const files = new Map<string, string>();

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "darkroom-photos-"));
    for (const [index] of exposures.entries()) {
      const tiff = shotOf(index, samplesOf(index, srgb, index === 1), 42);
      const dng = shotOf(
        index,
        samplesOf(index, (light) => light, false),
        44,
      );
      for (const [name, bytes] of [
        [`scan-${index + 1}.tif`, tiffPhoto(tiff)],
        [`raw-${index + 1}.dng`, dngPhoto(dng)],
      ] as const) {
        files.set(name, join(folder, name));
        await writeFile(join(folder, name), bytes);
      }
    }
    world = await startDarkroom();
    ({ page } = world);
  });
  after(async () => {
    await world?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  /** A new album with some files; waits until they are there as a bracket, and chooses it. */
  async function importBracket(pattern: RegExp): Promise<void> {
    await page.goto(world.url);
    await page.getByRole("button", { name: "New album" }).click();
    const wanted = [...files].flatMap(([name, path]) => (pattern.test(name) ? [path] : []));
    await page.locator("input[type=file]").setInputFiles(wanted);
    await page.getByRole("button", { name: /^Bracket\s*3 photos/ }).click({ timeout: mergeMs });
  }

  async function openMerge(): Promise<void> {
    await page.getByRole("button", { name: "Merge to HDR" }).click();
    await page.getByRole("heading", { level: 1, name: "Merge to HDR" }).waitFor();
    await settled();
  }

  /** A preview may begin a moment after what asked for it. */
  async function settled(): Promise<void> {
    await page.waitForTimeout(400);
    await previewed(page);
    await page.waitForTimeout(200);
  }

  async function choose(label: string, option: string): Promise<void> {
    await page.getByRole("group", { name: label }).getByText(option, { exact: true }).click();
    await settled();
  }

  /** The canvas as it is seen. */
  async function seen(): Promise<string> {
    return (await page.getByRole("img", { name: /^Merge to HDR/ }).screenshot()).toString("base64");
  }

  async function mergeHere(): Promise<void> {
    await page.getByRole("button", { name: "Merge", exact: true }).click();
    const ways = page.getByRole("radiogroup", { name: "Where it runs" });
    await ways.getByText("This computer").click({ timeout: mergeMs });
    const light = page.getByLabel("and the light itself, for OpenEXR");
    if (!(await light.isChecked())) {
      await light.check();
      await page
        .getByRole("button", { name: "Merge here" })
        .and(page.locator(":enabled"))
        .waitFor({ timeout: mergeMs });
    }
    await ways.getByText("This computer").click({ timeout: mergeMs });
    await page.getByRole("button", { name: "Merge here" }).click();
    await page.getByText(/-HDR\.jpg is in the album/).waitFor({ timeout: mergeMs });
  }

  async function exported(format: string): Promise<Buffer> {
    await page.getByRole("button", { name: "Export" }).click();
    await page.getByText(format, { exact: true }).click();
    if (format === "OpenEXR") await shot(page, "export");
    const coming = page.waitForEvent("download", { timeout: mergeMs });
    await page.getByRole("button", { name: "Write the file" }).click();
    return await readFile(await (await coming).path());
  }

  it("takes TIFFs of 16 bits into an album, with their sizes and exposures, as a bracket", async () => {
    await importBracket(/tif$/);
    await page.getByRole("button", { name: "scan-2.tif" }).dblclick();
    await page.getByText(`${width} × ${height}`).waitFor();
    await page.getByText("1/30 s").first().waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: /^Bracket\s*3 photos/ }).click();
  });

  it("shows the light through each tone curve and each response of the camera", async () => {
    await openMerge();
    merge = page.url();
    const fusion = await seen();
    await choose("Method", "Radiance");
    const pictures = [fusion, await seen()];
    for (const curve of ["Reinhard", "Drago"]) {
      await choose("Tone curve", curve);
      pictures.push(await seen());
      await shot(page, `tone-${curve.toLowerCase()}`);
    }
    await page.getByLabel("Keep local contrast").click();
    await settled();
    pictures.push(await seen());
    assert.equal(new Set(pictures).size, pictures.length, "every choice looks different");
    for (const response of ["Robertson", "Debevec", "sRGB"]) {
      await choose("Camera's response", response);
      assert.equal(await page.getByRole("alert").count(), 0);
    }
  });

  it("merges the light to within a twentieth of a stop of what it was, but for what moved", async () => {
    await mergeHere();
    const { samples, ...size } = readOpenExr(await exported("OpenEXR"));
    assert.deepEqual([size.width, size.height], [width, height]);
    unpainted = samples;
    const error = medianError(samples, (x, y) => fromGhost(x, y) > 1.3);
    assert.ok(error < 0.05, `${error} stops`);
  });

  it("writes every format with the same picture and where it comes from", { skip: converts }, async () => {
    const words = ["parameter", "method=radiance", "operator=drago", "scan-1.tif"];
    const pixels = (format: string, bytes: Buffer, depth: string) =>
      runProgram("convert", [`${format}:-`, "-depth", depth, "rgb:-"], bytes);
    const tiff = await exported("TIFF, 16 bits");
    const png = await exported("PNG, 16 bits");
    assert.ok(pixels("tiff", tiff, "16").equals(pixels("png", png, "16")));
    const narrow = pixels("png", await exported("PNG, 8 bits"), "8");
    assert.equal(narrow.length, width * height * 3);
    const jpeg = await exported("JPEG");
    const exact = pixels("jpeg", jpeg, "8");
    const far = exact.reduce((sum, value, at) => sum + Math.abs(value - (narrow[at] ?? 0)), 0);
    assert.ok(far / exact.length < 3, `${far / exact.length} of 255`);
    const radiance = await exported("Radiance HDR");
    assert.equal(radiance.subarray(0, 10).toString(), "#?RADIANCE");
    assert.equal(
      runProgram("identify", ["-format", "%w %h", "hdr:-"], radiance).toString(),
      `${width} ${height}`,
    );
    const { xmp } = readOpenExr(await exported("OpenEXR"));
    for (const text of [tiff, png, jpeg, radiance].map((bytes) => bytes.toString("latin1")).concat(xmp)) {
      for (const word of words.slice(1)) assert.ok(text.includes(word), `${word} is not told`);
      assert.match(text, /[0-9a-f]{64}/);
      assert.match(text, /Darkroom \d+\.\d+\.\d+/);
    }
  });

  it("writes to the file that the browser's picker gives", async () => {
    // Its own files stand in for the disk: they are handles of the same kind.
    await page.evaluate(`globalThis.showSaveFilePicker = async ({ suggestedName }) =>
      await (await navigator.storage.getDirectory()).getFileHandle(suggestedName, { create: true })`);
    await page.getByRole("button", { name: "Export" }).click();
    await page.getByText("OpenEXR", { exact: true }).click();
    await page.getByRole("button", { name: "Write the file" }).click();
    await page.getByRole("heading", { name: "Export" }).waitFor({ state: "detached", timeout: mergeMs });
    const written = await page.evaluate<number[]>(`(async () => {
      const root = await navigator.storage.getDirectory();
      const file = await (await root.getFileHandle("scan-1-HDR.exr")).getFile();
      return [...new Uint8Array(await file.arrayBuffer())];
    })()`);
    assert.deepEqual(readOpenExr(Buffer.from(written)).samples, unpainted);
    await page.evaluate(() => Reflect.deleteProperty(globalThis, "showSaveFilePicker"));
  });

  it("develops RAW photos by LibRaw with all their bits, and merges them", async () => {
    await importBracket(/dng$/);
    await page.getByRole("button", { name: "raw-2.dng" }).dblclick();
    await page.getByText(`${width} × ${height}`).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: /^Bracket\s*3 photos/ }).click();
    await openMerge();
    merge = page.url();
    await choose("Method", "Radiance");
    await choose("Camera's response", "sRGB");
    await shot(page, "raw");
    await mergeHere();
    const { samples } = readOpenExr(await exported("OpenEXR"));
    const error = medianError(samples, (x, y) => x > 8 && y > 8 && x < width - 8 && y < height - 8);
    assert.ok(error < 0.05, `${error} stops`);
  });

  it("starts and develops RAW photos without a network", async () => {
    await page.context().setOffline(true);
    await page.goto(merge);
    await settled();
    assert.equal(await page.getByRole("alert").count(), 0);
    await page.context().setOffline(false);
    assert.deepEqual(
      world.complaints.filter((words) => !/ERR_INTERNET_DISCONNECTED|Failed to fetch/.test(words)),
      [],
    );
  });
});
