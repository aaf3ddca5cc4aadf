import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Page } from "playwright-core";
import type { Line } from "#darkroom/page/src/engine/mask-tiles.ts";
import { toPicture } from "#darkroom/page/src/merge/view-port.ts";
import { axeFindings, withoutChromium } from "#test/support/browser.ts";
import { ReferenceBracket, type ReferencePicture } from "#test/support/darkroom-reference.ts";
import { mergeMs, previewed, shot, startDarkroom, type DarkroomWorld } from "#test/support/darkroom.ts";
import { boundsOf, changed, MergeCanvas, type Place, type Shown } from "#test/support/merge-canvas.ts";
import { phoneWindow } from "#test/support/phone.ts";
import { waitFor } from "#test/support/wait-for.ts";

/** Two tiles of the full size side by side, and wider than what a window shows pixel by pixel. */
const size = { width: 1792, height: 416 };
const secondTile = 1024;
/** A dark disc is somewhere else in each photo. */
const shots = [
  { seconds: [1, 250], mover: { u: 0.3, v: 0.4 } },
  { seconds: [1, 60], mover: { u: 0.5, v: 0.4 } },
  { seconds: [1, 15], mover: { u: 0.7, v: 0.4 } },
] as const;
const discOfSecond = { x: 896, y: 166 };
const discOfThird = { x: 1254, y: 166 };
/** In thousandths of the picture's longer side. */
const usualBrush = 24;
const radiusOf = (brush: number) => (size.width * brush) / 1000;
const doneMs = 120_000;

/** Counts what is asked of the kernel's last stage, and keeps it from beginning more than `left` times until `release`. */
const holdTiles = `(() => {
  const Real = globalThis.Worker;
  const hold = globalThis.testHold = { left: Infinity, asked: 0, waiting: [] };
  hold.release = () => { hold.left = Infinity; for (const go of hold.waiting.splice(0)) go(); };
  globalThis.Worker = class extends Real {
    postMessage(message, ...rest) {
      if (message?.fn !== "fusionUp") return super.postMessage(message, ...rest);
      hold.asked += 1;
      const go = () => super.postMessage(message, ...rest);
      if (hold.left > 0) { hold.left -= 1; go(); } else hold.waiting.push(go);
    }
  };
})()`;

describe(
  "looking closely at a merge in Darkroom and painting its ghosts away",
  { skip: withoutChromium },
  () => {
    let world: DarkroomWorld;
    let page: Page;
    let canvas: MergeCanvas;
    let folder: string;
    let bracket: ReferenceBracket;
    let merge: string;
    /** The preview's bits, and those of the full size, before anything was painted. */
    let plain: ReferencePicture;
    let full: ReferencePicture;
    /** What was painted: take the first photo, avoid the third. */
    let take: Line;
    let avoid: Line;

    before(async () => {
      world = await startDarkroom();
      ({ page } = world);
      canvas = new MergeCanvas(page, size);
      await page.addInitScript(holdTiles);
      bracket = await ReferenceBracket.take(size, shots);
      [plain, full] = [bracket.merged("u8"), bracket.merged("u16")];
      folder = await mkdtemp(join(tmpdir(), "darkroom-bracket-"));
      const paths = bracket.files.map((_, index) => join(folder, `moving-${index + 1}.jpg`));
      for (const [index, path] of paths.entries()) await writeFile(path, bracket.files[index] ?? "");
      await page.goto(world.url);
      await page.getByRole("button", { name: "New album" }).click();
      await page.locator("input[type=file]").setInputFiles(paths);
      await openMerge();
      merge = page.url();
    });
    after(async () => {
      await world?.[Symbol.asyncDispose]();
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    });

    async function openMerge(): Promise<void> {
      await page.getByRole("button", { name: /^Bracket\s*3 photos/ }).click({ timeout: mergeMs });
      await page.getByRole("button", { name: "Merge to HDR" }).click();
      await page.getByRole("heading", { level: 1, name: "Merge to HDR" }).waitFor();
      await previewed(page);
    }

    async function mergeHere(): Promise<void> {
      await page.getByRole("button", { name: "Merge", exact: true }).click();
      const ways = page.getByRole("radiogroup", { name: "Where it runs" });
      await ways.getByText("This computer").click({ timeout: mergeMs });
      await page.getByRole("button", { name: "Merge here" }).click();
    }

    async function saved(): Promise<void> {
      await page.getByText(/-HDR\.jpg is in the album/).waitFor({ timeout: mergeMs });
    }

    /** Where the canvas shows a place of the picture, pixel by pixel. */
    async function pointOf({ x, y }: Place): Promise<Place> {
      const { box } = await canvas.shown();
      return {
        x: Math.round(box.width / 2 + x - size.width / 2),
        y: Math.round(box.height / 2 + y - size.height / 2),
      };
    }

    /** The line that a hand paints from a place to the right of it. */
    async function paint(place: Place, photo: string): Promise<Line> {
      await page.getByRole("combobox", { name: "Photo" }).selectOption({ label: photo });
      const { box } = await canvas.shown();
      const from = await pointOf(place);
      const to = { x: from.x + 24, y: from.y };
      await canvas.pointAt(from);
      await page.mouse.down();
      for (let x = from.x + 8; x <= to.x; x += 8) await page.mouse.move(box.x + x, box.y + to.y);
      await page.mouse.up();
      const view = { zoom: 1, x: size.width / 2, y: size.height / 2 };
      const [begin, end] = [toPicture(view, from, box), toPicture(view, to, box)];
      const points = [begin.x, begin.y, ...[end.x, end.y].map((value) => Math.round(value * 10) / 10)];
      return { radius: radiusOf(usualBrush), value: 0, points };
    }

    it("shows every pixel of a tile in the loupe as soon as it is there, and makes no finer preview beside the merge", async () => {
      const asked = async () => await page.evaluate<number>("testHold.asked");
      const earlier = await asked();
      await page.evaluate("testHold.left = 1");
      await mergeHere();
      const isHeld = "testHold.waiting.length > 0";
      await waitFor(async () => ((await page.evaluate<boolean>(isHeld)) ? true : undefined), {
        withinMs: doneMs,
        what: "the second tile waits",
      });
      await page.keyboard.press("l");
      const isThere = async () => {
        const [left, right] = [secondTile / 2, (secondTile + size.width) / 2];
        return [
          (await canvas.loupeDiffers({ x: left, y: 150 }, full)) === 0,
          (await canvas.loupeDiffers({ x: right, y: 250 }, full)) === 0,
        ];
      };
      await waitFor(async () => ((await isThere()).includes(true) ? true : undefined), {
        withinMs: doneMs,
        what: "one tile is there",
      });
      assert.ok((await isThere()).includes(false), "the other is not");
      await shot(
        page,
        "retouch-loupe",
        async () => await canvas.loupeDiffers({ x: secondTile, y: 200 }, full),
      );
      assert.equal((await asked()) - earlier, 2);
      await page.evaluate("testHold.release()");
      await saved();
      assert.deepEqual(await isThere(), [true, true]);
      await page.keyboard.press("l");
      await canvas.leave();
      await page.keyboard.press("1");
      await canvas.shows(full);
    });

    it("has the leading photo left of a line and the result right of it, which the mouse and the keys move", async () => {
      const leading = await canvas.decoded(bracket.files[1] ?? assert.fail());
      await page.keyboard.press("y");
      const line = page.getByRole("slider", { name: "Line between before and after" });
      const isAt = async (percent: number) => {
        assert.equal(await line.getAttribute("aria-valuenow"), `${percent}`);
        assert.equal(await line.getAttribute("aria-valuetext"), `${percent} % before`);
        await canvas.shows(leading, 0, percent / 100 - 0.01);
        await canvas.shows(full, percent / 100 + 0.01, 1);
      };
      await isAt(50);
      assert.deepEqual(await axeFindings(page), []);
      await shot(page, "retouch-compare");
      const { box } = await canvas.shown();
      await canvas.pointAt({ x: box.width / 2, y: 40 });
      await page.mouse.down();
      await page.mouse.move(box.x + box.width / 4, box.y + 60, { steps: 3 });
      await page.mouse.up();
      await canvas.leave();
      await isAt(25);
      await line.focus();
      for (const key of ["ArrowRight", "Shift+ArrowRight", "PageUp", "ArrowLeft"])
        await page.keyboard.press(key);
      await isAt(45);
      await page.keyboard.press("End");
      await isAt(100);
      await page.keyboard.press("Home");
      await isAt(0);
      await page.keyboard.press("y");
      await line.waitFor({ state: "detached" });
      await page.getByRole("button", { name: "Done" }).click();
      await canvas.shows(plain);
    });

    it("has a ring as large as the brush around the pointer, keys that make it larger, and Escape that puts it away", async () => {
      const brush = page.getByRole("group", { name: "Brush" });
      const brushSize = page.getByRole("slider", { name: "Brush size" });
      const without = await canvas.leave();
      await page.keyboard.press("p");
      const isRing = async (thousandths: number) => {
        assert.equal(Number(await brushSize.inputValue()), thousandths);
        const point = await pointOf({ x: 900, y: 200 });
        const ring = boundsOf(changed(without, await canvas.pointAt(point)));
        assert.ok(Math.hypot(ring.x - point.x, ring.y - point.y) <= 1.5, JSON.stringify({ ring, point }));
        assert.ok(Math.abs(ring.halfWidth - radiusOf(thousandths)) <= 3, `${ring.halfWidth}`);
      };
      await isRing(usualBrush);
      await page.keyboard.press("]");
      await isRing(30);
      await page.keyboard.press("[");
      await isRing(usualBrush);
      // A keyboard whose brackets need AltGr, as Windows tells of it.
      await page.evaluate(`window.dispatchEvent(new KeyboardEvent("keydown",
      { key: "]", ctrlKey: true, altKey: true, modifierAltGraph: true }))`);
      await isRing(30);
      await brushSize.focus();
      await page.keyboard.press("ArrowLeft");
      await isRing(29);
      await brushSize.fill(`${usualBrush}`);
      await canvas.leave();
      // The arrow that moved the slider did not move the picture.
      await canvas.shows(plain);
      await page.keyboard.press("Escape");
      assert.ok(await brush.getByLabel("Off").isChecked());
      assert.deepEqual(changed(without, await canvas.pointAt({ x: 300, y: 300 })), []);
    });

    it("paints what the preview takes from where, there and nowhere else, and takes each stroke back bit by bit", async () => {
      await page.keyboard.press("p");
      take = await paint(discOfSecond, "moving-1.jpg");
      await page.getByText("Clear the stroke").waitFor();
      await canvas.pointAt(await pointOf({ x: 700, y: 300 }));
      await page.mouse.down();
      await page.keyboard.press("Escape");
      await page.mouse.up();
      await canvas.leave();
      const once = bracket.merged("u8", [[{ ...take, value: 255 }], [take], [take]]);
      const first = await canvas.shows(once);
      isThereAlone(plain, once, take);
      await page.keyboard.press("x");
      avoid = await paint(discOfThird, "moving-3.jpg");
      await page.getByText("Clear 2 strokes").waitFor();
      await shot(page, "retouch-brush", async () => await canvas.pointAt({ x: 200, y: 150 }));
      await page.keyboard.press("Escape");
      await canvas.leave();
      const masks = [[{ ...take, value: 255 }], [take], [take, avoid]];
      const twice = bracket.merged("u8", masks);
      const second = await canvas.shows(twice);
      const isAgain = async (earlier: Shown) => {
        await canvas.leave();
        await waitFor(async () => (changed(earlier, await canvas.shown()).length === 0 ? true : undefined), {
          withinMs: doneMs,
          what: "the canvas has the same bits again",
        });
      };
      await page.getByRole("button", { name: "Undo brush stroke" }).click();
      await isAgain(first);
      await page.keyboard.press("Control+z");
      await canvas.shows(plain);
      await page.getByRole("button", { name: "Redo brush stroke" }).click();
      await isAgain(first);
      await page.keyboard.press("Control+Shift+Z");
      await isAgain(second);
      await page.getByRole("button", { name: "Clear 2 strokes" }).click();
      await canvas.shows(plain);
      await page.getByRole("button", { name: "Undo clearing the brush" }).click();
      await isAgain(second);
      assert.equal(await page.evaluate<number>("document.documentElement.scrollTop"), 0);
    });

    it("has what was painted when the merge is opened again, and ignores it for a photo that is left out", async () => {
      await page.getByRole("link", { name: "Album" }).click();
      await openMerge();
      await page.getByText("Clear 2 strokes").waitFor();
      await page.keyboard.press("1");
      await canvas.shows(bracket.merged("u8", [[{ ...take, value: 255 }], [take], [take, avoid]]));
      await page.getByRole("button", { name: "Leave moving-1.jpg out" }).click();
      await canvas.leave();
      await canvas.shows(bracket.merged("u8", [[], [avoid]], [1, 2]));
      await page.keyboard.press("Control+z");
    });

    it("merges at full size with what was painted, by the very tasks that Node makes of it, and shows a change after it", async () => {
      const painted = bracket.merged("u16", [[{ ...take, value: 255 }], [take], [take, avoid]]);
      await previewed(page);
      await mergeHere();
      await saved();
      await canvas.shows(painted);
      await page.getByRole("button", { name: "Export" }).click();
      await page.getByText("PNG, 8 bits", { exact: true }).click();
      const coming = page.waitForEvent("download", { timeout: mergeMs });
      await page.getByRole("button", { name: "Write the file" }).click();
      const file = await readFile(await (await coming).path(), "latin1");
      assert.equal(painted.taskIds.length, 2);
      for (const id of painted.taskIds) assert.ok(file.includes(id), `task ${id} is named`);
      await page.getByRole("button", { name: "Clear 2 strokes" }).click();
      await canvas.leave();
      await canvas.shows(plain);
      await page.keyboard.press("Control+z");
      await canvas.shows(painted);
      await page.keyboard.press("Control+z");
      assert.deepEqual(world.complaints, []);
    });

    it("paints under the finger on a phone, also where page and settings are scrolled, and not when the system takes the finger away", async () => {
      const storageState = await page.context().storageState();
      await using context = await world.browser.newContext({ ...phoneWindow, storageState });
      const phone = await context.newPage();
      phone.setDefaultTimeout(doneMs);
      const seen = new MergeCanvas(phone, size);
      await phone.goto(merge);
      await previewed(phone);
      const untouched = await seen.shown();
      await phone.getByRole("group", { name: "Brush" }).getByText("Take").tap();
      await phone.getByRole("combobox", { name: "Photo" }).selectOption({ label: "moving-1.jpg" });
      await phone.evaluate("scrollTo(0, 70)");
      const { box } = await seen.shown();
      const finger = { x: Math.round(box.width / 2), y: Math.round(box.height / 2) - 8 };
      const session = await context.newCDPSession(phone);
      const touch = async (type: "touchStart" | "touchMove" | "touchEnd" | "touchCancel", at?: Place) => {
        const touchPoints = at === undefined ? [] : [{ x: box.x + at.x, y: box.y + at.y }];
        await session.send("Input.dispatchTouchEvent", { type, touchPoints });
        return await seen.shown();
      };
      const dot = boundsOf(changed(untouched, await touch("touchStart", finger)));
      const ratio = untouched.width / untouched.box.width;
      assert.ok(
        Math.hypot(dot.x / ratio - finger.x, dot.y / ratio - finger.y) <= 1.5,
        JSON.stringify({ dot, finger }),
      );
      await touch("touchCancel");
      assert.equal(await phone.getByText("Clear the stroke").count(), 0);
      await touch("touchStart", finger);
      const end = { x: finger.x + 40, y: finger.y + 4 };
      const line = boundsOf(changed(untouched, await touch("touchMove", end)));
      const reach = line.halfWidth / ratio - 20;
      assert.ok(Math.abs(reach - dot.halfWidth / ratio) <= 3, JSON.stringify({ line, dot }));
      assert.equal(await phone.evaluate<number>("document.documentElement.scrollTop"), 70);
      await touch("touchEnd");
      await phone.getByText("Clear the stroke").waitFor();
      await shotOf(phone);
      await phone.getByRole("group", { name: "Brush" }).getByText("Off").tap();
      await previewed(phone);
      const painted = boundsOf(changed(untouched, await seen.shown(), 8));
      const isWithin =
        Math.abs(painted.x / ratio - finger.x - 20) <= reach && painted.halfWidth / ratio <= 20 + 1.5 * reach;
      assert.ok(isWithin, JSON.stringify({ painted, finger, reach }));
      await phone.getByRole("button", { name: "Undo brush stroke" }).tap();
      await waitFor(async () => (changed(untouched, await seen.shown()).length === 0 ? true : undefined), {
        withinMs: doneMs,
        what: "the canvas is as it was",
      });
    });
  },
);

/** Much changed along the line, and next to nothing beyond one and a half of its radius: what a blend of many bands spreads is no more than a step or two. */
function isThereAlone(one: ReferencePicture, other: ReferencePicture, { points, radius }: Line): void {
  const [fromX = 0, y = 0, toX = 0] = points;
  let [inside, outside] = [0, 0];
  for (let at = 0; at < one.samples.length; at += 1) {
    const pixel = Math.floor(at / 3);
    const column = (pixel % one.width) + 0.5;
    const along = Math.min(toX, Math.max(fromX, column));
    const away = Math.hypot(column - along, Math.floor(pixel / one.width) + 0.5 - y) / radius;
    const far = Math.abs((one.samples[at] ?? 0) - (other.samples[at] ?? 0));
    if (away < 0.6) inside = Math.max(inside, far);
    else if (away > 1.5) outside = Math.max(outside, far);
  }
  assert.ok(inside > 30 && outside <= 5, `${inside} and ${outside} of 255`);
}

async function shotOf(page: Page): Promise<void> {
  const folder = process.env["DARKROOM_SHOTS"];
  if (folder !== undefined) await page.screenshot({ path: join(folder, "retouch-phone.png") });
}
