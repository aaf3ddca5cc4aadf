// The canvas of Darkroom's merges, as its pixels: the bits that were drawn, not a screenshot of them.
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { type Extent, fitted, toPicture } from "#darkroom/page/src/merge/view-port.ts";
import { previewed } from "./darkroom.ts";
import { waitFor } from "./wait-for.ts";

const patientMs = 120_000;
/** The loupe's own radius is 110. */
const loupeReach = 60;

/** CSS pixels from the canvas's corner, or pixels of a picture. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** RGB in 8 bits, row by row. */
interface Picture extends Extent {
  readonly samples: Uint8Array;
}

export interface Shown extends Extent {
  /** Where the canvas is in the window, and its size, in CSS pixels; `width` and `height` are the screen's. */
  readonly box: Place & Extent;
  /** RGBA, row by row. */
  readonly pixels: Uint8Array;
}

interface Window {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const nextFrame = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))";
const reading = `(() => {
  const canvas = document.querySelector("canvas[role=img]");
  const { x, y, width, height } = canvas.getBoundingClientRect();
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const base64 = new Uint8Array(data.buffer).toBase64();
  return { box: { x, y, width, height }, width: canvas.width, height: canvas.height, base64 };
})()`;
const decoding = `(async (base64) => {
  const bitmap = await createImageBitmap(new Blob([Uint8Array.fromBase64(base64)]));
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
  context.drawImage(bitmap, 0, 0);
  return new Uint8Array(context.getImageData(0, 0, bitmap.width, bitmap.height).data.buffer).toBase64();
})`;

export class MergeCanvas {
  readonly #page: Page;
  /** Of the picture at full size. */
  readonly #size: Extent;

  constructor(page: Page, size: Extent) {
    this.#page = page;
    this.#size = size;
  }

  /** What is there after the next frame. */
  async shown(): Promise<Shown> {
    await this.#page.evaluate(nextFrame);
    const { base64, ...rest } = await this.#page.evaluate<Omit<Shown, "pixels"> & { base64: string }>(
      reading,
    );
    return { ...rest, pixels: Buffer.from(base64, "base64") };
  }

  /** Nothing of what the pointer does is on the canvas any more. */
  async leave(): Promise<Shown> {
    await this.#page.mouse.move(1, 1);
    return await this.shown();
  }

  async pointAt({ x, y }: Place): Promise<Shown> {
    const { box } = await this.shown();
    await this.#page.mouse.move(box.x + x, box.y + y);
    return await this.shown();
  }

  /** Waits until the canvas shows the picture pixel by pixel, its middle in the canvas's, in a part of its width. */
  async shows(picture: Picture, from = 0, to = 1): Promise<Shown> {
    let count = 0;
    await previewed(this.#page);
    const isShown = async () => {
      const canvas = await this.shown();
      const middle = { x: this.#size.width / 2, y: this.#size.height / 2 };
      const corner = cornerFor(middle, { x: canvas.box.width / 2, y: canvas.box.height / 2 });
      const [left, right] = [Math.ceil(from * canvas.width), Math.floor(to * canvas.width)];
      count = differing(canvas, picture, corner, { left, right, top: 0, bottom: canvas.height });
      return count === 0 ? canvas : undefined;
    };
    return await waitFor(isShown, { withinMs: patientMs, what: "the very pixels are shown" }).catch(
      (error: unknown) => assert.fail(`${String(error)}: ${count} are others`),
    );
  }

  /** How many of the loupe's pixels are not the picture's, when the mouse points at a place of the whole picture. */
  async loupeDiffers(place: Place, picture: Picture): Promise<number> {
    const { box } = await this.shown();
    const view = fitted(this.#size, box);
    const x = Math.round(box.width / 2 + (place.x - view.x) * view.zoom);
    const y = Math.round(box.height / 2 + (place.y - view.y) * view.zoom);
    const canvas = await this.pointAt({ x, y });
    return differing(canvas, picture, cornerFor(toPicture(view, { x, y }, box), { x, y }), {
      left: x - loupeReach,
      top: y - loupeReach,
      right: x + loupeReach,
      bottom: y + loupeReach,
    });
  }

  /** What the browser makes of the file of a picture of this size. */
  async decoded(file: Uint8Array): Promise<Picture> {
    const base64 = await this.#page.evaluate<string>(
      `${decoding}("${Buffer.from(file).toString("base64")}")`,
    );
    const samples = Buffer.from(base64, "base64").filter((_, at) => at % 4 < 3);
    return { ...this.#size, samples };
  }
}

/** Where the screen has a picture's corner that it shows pixel by pixel, with this place at that point. */
function cornerFor(place: Place, point: Place): Place {
  return { x: Math.round(point.x - place.x), y: Math.round(point.y - place.y) };
}

/** How many pixels of the screen in the window are not the picture's, whose corner is there; what lies outside the picture counts not. */
function differing(canvas: Shown, picture: Picture, corner: Place, window: Window): number {
  const [left, right] = [Math.max(window.left, corner.x), Math.min(window.right, corner.x + picture.width)];
  const [top, bottom] = [Math.max(window.top, corner.y), Math.min(window.bottom, corner.y + picture.height)];
  let count = 0;
  for (let row = top; row < bottom; row += 1) {
    let at = (row * canvas.width + left) * 4;
    let of = ((row - corner.y) * picture.width + left - corner.x) * 3;
    for (let column = left; column < right; column += 1, at += 4, of += 3)
      if (farthest(canvas.pixels, at, picture.samples, of) > 0) count += 1;
  }
  return count;
}

/** Pixels of the screen that are another colour than before, by at least so much of 255. */
export function changed(before: Shown, after: Shown, least = 1): Place[] {
  const { width, height } = before;
  assert.deepEqual([width, height], [after.width, after.height]);
  const places: Place[] = [];
  for (let pixel = 0; pixel < width * height; pixel += 1)
    if (farthest(before.pixels, pixel * 4, after.pixels, pixel * 4) >= least)
      places.push({ x: pixel % width, y: Math.floor(pixel / width) });
  return places;
}

/** How far two colours are from each other, in the channel that differs most. */
function farthest(one: Uint8Array, at: number, other: Uint8Array, of: number): number {
  let most = 0;
  for (let channel = 0; channel < 3; channel += 1)
    most = Math.max(most, Math.abs((one[at + channel] ?? 0) - (other[of + channel] ?? 0)));
  return most;
}

/** The middle of the places' bounds, and how far they reach from it. */
export function boundsOf(places: readonly Place[]) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y } of places) {
    [left, top] = [Math.min(left, x), Math.min(top, y)];
    [right, bottom] = [Math.max(right, x + 1), Math.max(bottom, y + 1)];
  }
  const [halfWidth, halfHeight] = [(right - left) / 2, (bottom - top) / 2];
  return { x: (left + right) / 2, y: (top + bottom) / 2, halfWidth, halfHeight };
}
