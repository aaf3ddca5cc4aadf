import { type PointerEvent, type PointerEventHandler, type RefObject, useRef, useState } from "react";
import type { Stroke } from "./recipe.ts";
import { type Extent, panned, toPicture, type ViewPort, zoomed } from "./view-port.ts";

export interface BrushTool {
  readonly photo: string;
  readonly kind: Stroke["kind"];
  /** In pixels of the picture. */
  readonly radius: number;
}

/** CSS pixels from the canvas's corner. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

type Drag =
  | { readonly kind: "pan"; readonly pointers: Map<number, Point> }
  | { readonly kind: "split" }
  | { readonly kind: "brush"; readonly pointer: number; readonly from: Point; readonly points: number[] };

export interface Gestures {
  /** Where the mouse, or the finger that is down, is. */
  readonly pointer: (Point & { readonly isTouch: boolean }) | undefined;
  /** What is being painted. */
  readonly stroke: Stroke | undefined;
  readonly handlers: Readonly<
    Record<
      "onPointerDown" | "onPointerMove" | "onPointerUp" | "onPointerCancel" | "onPointerLeave",
      PointerEventHandler<HTMLCanvasElement>
    >
  >;
}

interface Wanted {
  readonly picture: Extent;
  readonly extent: Extent;
  readonly view: ViewPort;
  readonly onView: (view: ViewPort, canvas: Extent) => void;
  /** Where the line between before and after is, 0 … 1. */
  readonly split: number | undefined;
  readonly onSplit: (split: number) => void;
  readonly brush: BrushTool | undefined;
  readonly onStroke: (stroke: Stroke) => void;
}

/** How near the line a pointer takes hold of it. */
const splitReach = 14;
/** Pixels of the screen between the points of a stroke. */
const strokeStep = 3;

/** What dragging does: one pointer moves the picture, paints, or moves the line between before and after; two come closer. */
export function useGestures(canvas: RefObject<HTMLCanvasElement | null>, wanted: Wanted): Gestures {
  const { extent, view, brush } = wanted;
  const [pointer, setPointer] = useState<Gestures["pointer"]>();
  const [stroke, setStroke] = useState<Stroke>();
  const drag = useRef<Drag>(undefined);

  const pointAt = (event: PointerEvent): Point => {
    const at = placeIn(canvas, event);
    setPointer({ ...at, isTouch: event.pointerType === "touch" });
    return at;
  };

  const down = (event: PointerEvent<HTMLCanvasElement>) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const at = pointAt(event);
    const begun = begin(drag.current, event.pointerId, at, wanted);
    drag.current = begun;
    // Where a second finger moves the picture, what the first one painted is forgotten.
    setStroke(
      begun.kind === "brush" && brush !== undefined ? { ...brush, points: [...begun.points] } : undefined,
    );
  };

  const move = (event: PointerEvent) => {
    const at = pointAt(event);
    const running = drag.current;
    if (running === undefined) return;
    if (running.kind === "split") return wanted.onSplit(Math.min(1, Math.max(0, at.x / extent.width)));
    if (running.kind === "pan") {
      const next = movedView(running.pointers, event.pointerId, at, wanted);
      return next === undefined ? undefined : wanted.onView(next, extent);
    }
    const { x, y } = toPicture(view, at, extent);
    const [lastX = x, lastY = y] = running.points.slice(-2);
    if (Math.hypot(x - lastX, y - lastY) * view.zoom < strokeStep) return;
    running.points.push(Math.round(x * 10) / 10, Math.round(y * 10) / 10);
    if (brush !== undefined) setStroke({ ...brush, points: [...running.points] });
  };

  const end = (event: PointerEvent) => {
    const running = drag.current;
    if (running?.kind === "pan") {
      running.pointers.delete(event.pointerId);
      if (running.pointers.size > 0) return;
    }
    setStroke(undefined);
    drag.current = undefined;
    // A finger that left points nowhere.
    if (event.pointerType === "touch") setPointer(undefined);
  };

  const handlers = {
    onPointerDown: down,
    onPointerMove: move,
    onPointerUp: (event: PointerEvent) => {
      const running = drag.current;
      if (running?.kind === "brush" && brush !== undefined)
        wanted.onStroke({ ...brush, points: running.points });
      end(event);
    },
    // The system took the finger for something of its own: nobody meant to paint that.
    onPointerCancel: end,
    onPointerLeave: () => setPointer(undefined),
  };
  // Who puts the brush away in the middle of a stroke does not want it.
  return { pointer, stroke: brush === undefined ? undefined : stroke, handlers };
}

/** Where an event is in the canvas. */
export function placeIn(
  canvas: RefObject<HTMLCanvasElement | null>,
  { clientX, clientY }: { readonly clientX: number; readonly clientY: number },
): Point {
  const box = canvas.current?.getBoundingClientRect();
  return { x: clientX - (box?.left ?? 0), y: clientY - (box?.top ?? 0) };
}

/** Whether a pointer that comes down here takes hold of the line between before and after. */
export function isAtLine(at: Point, split: number | undefined, extent: Extent): boolean {
  return split !== undefined && Math.abs(at.x - split * extent.width) < splitReach;
}

/** What a pointer that comes down begins, or joins: a second finger means to move the picture, whatever the first one did. */
function begin(
  running: Drag | undefined,
  pointer: number,
  at: Point,
  { split, extent, view, brush }: Wanted,
): Drag {
  if (running?.kind === "pan") return { kind: "pan", pointers: running.pointers.set(pointer, at) };
  const pointers = new Map([[pointer, at]]);
  if (running?.kind === "brush")
    return { kind: "pan", pointers: new Map([[running.pointer, running.from], ...pointers]) };
  if (isAtLine(at, split, extent)) return { kind: "split" };
  if (brush === undefined) return { kind: "pan", pointers };
  const { x, y } = toPicture(view, at, extent);
  return { kind: "brush", pointer, from: at, points: [x, y] };
}

/** The view after one of the fingers moved; undefined when it is none of them. */
function movedView(
  pointers: Map<number, Point>,
  id: number,
  at: Point,
  { picture, extent, view }: Wanted,
): ViewPort | undefined {
  const before = pointers.get(id);
  if (before === undefined) return undefined;
  const other = [...pointers].find(([key]) => key !== id)?.[1];
  pointers.set(id, at);
  if (other === undefined) return panned(view, at.x - before.x, at.y - before.y, picture);
  const spread = (from: Point) => Math.hypot(from.x - other.x, from.y - other.y);
  const middle = { x: (at.x + other.x) / 2, y: (at.y + other.y) / 2 };
  return zoomed(view, spread(at) / Math.max(1, spread(before)), middle, picture, extent);
}
