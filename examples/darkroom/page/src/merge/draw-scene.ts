import type { Picture } from "./picture.ts";
import type { Stroke } from "./recipe.ts";
import { type Extent, toPicture, type ViewPort } from "./view-port.ts";

/** A tile of the overlay: what happens to it, and who does it. */
export interface OverlayTile {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly state: "running" | "done";
  readonly colour: string;
}

export interface Scene {
  /** Of the full picture. */
  readonly size: Extent;
  /** Oldest first. */
  readonly layers: readonly Picture[];
  readonly before: ImageBitmap | undefined;
  /** From the canvas's left edge, 0 … 1: left of it is before; undefined: no comparison. */
  readonly split: number | undefined;
  readonly isBlinking: boolean;
  readonly strokes: readonly Stroke[];
  readonly overlay: readonly OverlayTile[];
  /** What the loupe shows, in CSS pixels of the canvas; `isTouch`: there is a finger upon it. */
  readonly loupe: { readonly x: number; readonly y: number; readonly isTouch: boolean } | undefined;
  /** The brush's ring, in CSS pixels of the canvas. */
  readonly ring: { readonly x: number; readonly y: number; readonly radius: number } | undefined;
}

const loupeRadius = 110;
/** From a finger to the middle of its loupe. */
const aboveFinger = 150;
const line = "rgb(255 255 255 / 0.9)";
const strokeColours = { take: "rgb(111 206 155 / 0.45)", avoid: "rgb(255 144 119 / 0.45)" } as const;

/** Draws everything once. `canvas` is the size in CSS pixels, `ratio` how many pixels of the screen one of them has. */
export function drawScene(
  context: CanvasRenderingContext2D,
  canvas: Extent,
  ratio: number,
  view: ViewPort,
  scene: Scene,
): void {
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  const splitAt = scene.split === undefined ? 0 : scene.split * canvas.width;
  drawPicture(context, canvas, view, scene, { left: 0, right: canvas.width, split: splitAt, ratio });
  drawOverlay(context, canvas, view, scene.overlay);
  drawStrokes(context, canvas, view, scene.strokes);
  if (scene.split !== undefined && scene.before !== undefined && !scene.isBlinking) {
    context.fillStyle = line;
    context.fillRect(splitAt - 1, 0, 2, canvas.height);
  }
  if (scene.loupe !== undefined) drawLoupe(context, canvas, ratio, view, scene, splitAt);
  else if (scene.ring !== undefined) drawRing(context, scene.ring);
}

interface Span {
  readonly left: number;
  readonly right: number;
  /** Left of it is before. */
  readonly split: number;
  readonly ratio: number;
}

function drawPicture(
  context: CanvasRenderingContext2D,
  canvas: Extent,
  view: ViewPort,
  scene: Scene,
  { left, right, split, ratio }: Span,
): void {
  const { before } = scene;
  // Until the first tile comes, the photo that leads stands in for the result.
  const isEmpty = scene.layers.every((layer) => layer.tiles.size === 0);
  const beforeTo = before === undefined ? left : scene.isBlinking || isEmpty ? right : Math.max(left, split);
  if (before !== undefined && beforeTo > left)
    clipped(context, left, beforeTo, canvas.height, () => {
      context.imageSmoothingEnabled = view.zoom * ratio < 2;
      drawBetween(
        context,
        before,
        corner(canvas, view, 0, 0),
        corner(canvas, view, scene.size.width, scene.size.height),
        ratio,
      );
    });
  if (beforeTo < right)
    clipped(context, beforeTo, right, canvas.height, () => {
      for (const layer of scene.layers) drawLayer(context, canvas, view, layer, scene.size, ratio);
    });
}

function drawLayer(
  context: CanvasRenderingContext2D,
  canvas: Extent,
  view: ViewPort,
  layer: Picture,
  size: Extent,
  ratio: number,
): void {
  // A level's last pixels stand for less than `scale` of the full size; spread over all of it nobody sees that.
  const [scaleX, scaleY] = [size.width / layer.width, size.height / layer.height];
  context.imageSmoothingEnabled = view.zoom * ratio * scaleX < 4;
  for (const { x, y, width, height, bitmap } of layer.tiles.values()) {
    const from = corner(canvas, view, x * scaleX, y * scaleY);
    const to = corner(canvas, view, (x + width) * scaleX, (y + height) * scaleY);
    if (to.x < 0 || to.y < 0 || from.x > canvas.width || from.y > canvas.height) continue;
    drawBetween(context, bitmap, from, to, ratio);
  }
}

/** In whole pixels of the screen: no seams between tiles, and before lies exactly upon after. */
function drawBetween(
  context: CanvasRenderingContext2D,
  bitmap: ImageBitmap,
  from: ReturnType<typeof corner>,
  to: ReturnType<typeof corner>,
  ratio: number,
): void {
  const snap = (value: number) => Math.round(value * ratio) / ratio;
  const [left, top] = [snap(from.x), snap(from.y)];
  context.drawImage(bitmap, left, top, snap(to.x) - left, snap(to.y) - top);
}

function drawOverlay(
  context: CanvasRenderingContext2D,
  canvas: Extent,
  view: ViewPort,
  overlay: readonly OverlayTile[],
): void {
  for (const { x, y, width, height, state, colour } of overlay) {
    const at = corner(canvas, view, x, y);
    context.globalAlpha = state === "running" ? 1 : 0.28;
    context.fillStyle = colour;
    context.strokeStyle = colour;
    context.lineWidth = 2;
    if (state === "done") context.fillRect(at.x, at.y, width * view.zoom, height * view.zoom);
    else context.strokeRect(at.x + 2, at.y + 2, width * view.zoom - 4, height * view.zoom - 4);
  }
  context.globalAlpha = 1;
}

function drawStrokes(
  context: CanvasRenderingContext2D,
  canvas: Extent,
  view: ViewPort,
  strokes: readonly Stroke[],
): void {
  context.lineCap = "round";
  context.lineJoin = "round";
  for (const { kind, radius, points } of strokes) {
    context.strokeStyle = strokeColours[kind];
    context.lineWidth = radius * 2 * view.zoom;
    context.beginPath();
    for (let index = 0; index + 1 < points.length; index += 2) {
      const at = corner(canvas, view, points[index] ?? 0, points[index + 1] ?? 0);
      if (index === 0) context.moveTo(at.x, at.y);
      // A point alone is a dot: a line of no length with round ends.
      context.lineTo(at.x, at.y);
    }
    context.stroke();
  }
}

/** A circle with the picture pixel by pixel, above what it shows. */
function drawLoupe(
  context: CanvasRenderingContext2D,
  canvas: Extent,
  ratio: number,
  view: ViewPort,
  scene: Scene,
  splitAt: number,
): void {
  const { x, y: at, isTouch } = scene.loupe ?? { x: 0, y: 0, isTouch: false };
  const place = toPicture(view, { x, y: at }, canvas);
  const room = Math.min(loupeRadius, canvas.height / 2);
  const y = isTouch ? Math.max(room, at - aboveFinger) : at;
  const zoom = 1 / ratio;
  const near = {
    zoom,
    x: place.x - (x - canvas.width / 2) / zoom,
    y: place.y - (y - canvas.height / 2) / zoom,
  };
  context.save();
  context.beginPath();
  context.arc(x, y, loupeRadius, 0, 2 * Math.PI);
  context.fillStyle = "#101115";
  context.fill();
  context.clip();
  const split = scene.split === undefined ? 0 : splitAt;
  drawPicture(context, canvas, near, scene, { left: 0, right: canvas.width, split, ratio });
  context.restore();
  context.strokeStyle = line;
  context.lineWidth = 2;
  context.beginPath();
  context.arc(x, y, loupeRadius, 0, 2 * Math.PI);
  context.stroke();
}

/** Light within dark, to be seen on both. */
function drawRing(context: CanvasRenderingContext2D, { x, y, radius }: NonNullable<Scene["ring"]>): void {
  for (const [colour, width] of [
    ["rgb(0 0 0 / 0.6)", 3],
    [line, 1.5],
  ] as const) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    context.arc(x, y, Math.max(2, radius), 0, 2 * Math.PI);
    context.stroke();
  }
}

function corner(canvas: Extent, view: ViewPort, x: number, y: number) {
  return {
    x: canvas.width / 2 + (x - view.x) * view.zoom,
    y: canvas.height / 2 + (y - view.y) * view.zoom,
  };
}

function clipped(
  context: CanvasRenderingContext2D,
  left: number,
  right: number,
  height: number,
  draw: () => void,
): void {
  context.save();
  context.beginPath();
  context.rect(left, 0, right - left, height);
  context.clip();
  draw();
  context.restore();
}
