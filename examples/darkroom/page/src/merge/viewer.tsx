import { useEffect, useLayoutEffect, useRef, useState, type PointerEvent, type RefObject } from "react";
import { drawScene, type Scene } from "./draw-scene.ts";
import type { Stroke } from "./recipe.ts";
import { type Extent, fitted, levelFor, panned, toPicture, type ViewPort, zoomed } from "./view-port.ts";

export interface BrushTool {
  readonly photo: string;
  readonly kind: Stroke["kind"];
  /** In pixels of the picture. */
  readonly radius: number;
}

interface ViewerProps {
  readonly scene: Omit<Scene, "loupe" | "ring">;
  readonly label: string;
  /** Told whenever something else than the scene's own fields changed: tiles. */
  readonly onDrawn: (listener: () => void) => () => void;
  readonly view: ViewPort | undefined;
  readonly onView: (view: ViewPort, canvas: Extent) => void;
  readonly onExtent: (canvas: Extent) => void;
  /** The level that the view needs now. */
  readonly onLevel: (level: number) => void;
  readonly onSplit: (split: number) => void;
  readonly isLoupe: boolean;
  readonly brush: BrushTool | undefined;
  readonly onStroke: (stroke: Stroke) => void;
}

type Drag =
  | { readonly kind: "pan"; readonly pointers: Map<number, Point> }
  | { readonly kind: "split" }
  | { readonly kind: "brush"; readonly pointer: number; readonly from: Point; readonly points: number[] };

interface Point {
  readonly x: number;
  readonly y: number;
}

const splitReach = 14;
/** Pixels of the screen between the points of a stroke. */
const strokeStep = 3;

/** The picture on a canvas: wheel and pinch come closer, dragging moves it, paints, or moves the line between before and after. */
export function Viewer(props: ViewerProps) {
  const { scene, view: given, onDrawn, onLevel, onExtent } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const extent = useExtent(canvas, onExtent);
  const [pointer, setPointer] = useState<Point & { readonly isTouch: boolean }>();
  const [stroke, setStroke] = useState<Stroke>();
  const drag = useRef<Drag>(undefined);
  const view = given ?? fitted(scene.size, extent);
  const ratio = window.devicePixelRatio;

  // The loupe shows every pixel, so it needs them.
  const level = props.isLoupe ? 0 : levelFor(view.zoom, ratio);
  useEffect(() => onLevel(level), [onLevel, level]);

  useDrawing(canvas, onDrawn, (context) => {
    const strokes = stroke === undefined ? scene.strokes : [...scene.strokes, stroke];
    const loupe = props.isLoupe ? pointer : undefined;
    const isPainting = props.brush !== undefined && pointer !== undefined;
    const ring = isPainting ? { ...pointer, radius: props.brush.radius * view.zoom } : undefined;
    drawScene(context, extent, ratio, view, { ...scene, strokes, loupe, ring });
  });

  const placeOf = (event: { readonly clientX: number; readonly clientY: number }) => {
    const box = canvas.current?.getBoundingClientRect();
    return { x: event.clientX - (box?.left ?? 0), y: event.clientY - (box?.top ?? 0) };
  };

  const point = ({ pointerType }: PointerEvent, at: Point) =>
    setPointer({ ...at, isTouch: pointerType === "touch" });

  // A passive listener, which React's is, could not keep the page from scrolling.
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return undefined;
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const factor = Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015));
      props.onView(zoomed(view, factor, placeOf(event), scene.size, extent), extent);
    };
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  });

  const down = (event: PointerEvent<HTMLCanvasElement>) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const at = placeOf(event);
    point(event, at);
    const running = drag.current;
    if (running?.kind === "pan") return void running.pointers.set(event.pointerId, at);
    if (running?.kind === "brush") {
      // A second finger means to move the picture: what the first one painted is forgotten.
      setStroke(undefined);
      const pointers = new Map([
        [running.pointer, running.from],
        [event.pointerId, at],
      ]);
      return void (drag.current = { kind: "pan", pointers });
    }
    if (scene.split !== undefined && Math.abs(at.x - scene.split * extent.width) < splitReach) {
      drag.current = { kind: "split" };
    } else if (props.brush !== undefined) {
      const { x, y } = toPicture(view, at, extent);
      drag.current = { kind: "brush", pointer: event.pointerId, from: at, points: [x, y] };
      setStroke({ ...props.brush, points: [x, y] });
    } else {
      drag.current = { kind: "pan", pointers: new Map([[event.pointerId, at]]) };
    }
  };

  const move = (event: PointerEvent<HTMLCanvasElement>) => {
    const at = placeOf(event);
    point(event, at);
    const running = drag.current;
    if (running === undefined) return;
    if (running.kind === "split") return props.onSplit(Math.min(1, Math.max(0, at.x / extent.width)));
    if (running.kind === "pan") return moveView(running.pointers, event.pointerId, at);
    const { x, y } = toPicture(view, at, extent);
    const [lastX = x, lastY = y] = running.points.slice(-2);
    if (Math.hypot(x - lastX, y - lastY) * view.zoom < strokeStep) return;
    running.points.push(Math.round(x * 10) / 10, Math.round(y * 10) / 10);
    if (props.brush !== undefined) setStroke({ ...props.brush, points: [...running.points] });
  };

  const moveView = (pointers: Map<number, Point>, id: number, at: Point) => {
    const before = pointers.get(id);
    if (before === undefined) return;
    const other = [...pointers].find(([key]) => key !== id)?.[1];
    pointers.set(id, at);
    if (other === undefined)
      return props.onView(panned(view, at.x - before.x, at.y - before.y, scene.size), extent);
    const spread = (from: Point) => Math.hypot(from.x - other.x, from.y - other.y);
    const middle = { x: (at.x + other.x) / 2, y: (at.y + other.y) / 2 };
    props.onView(zoomed(view, spread(at) / Math.max(1, spread(before)), middle, scene.size, extent), extent);
  };

  const up = (event: PointerEvent<HTMLCanvasElement>) => {
    const running = drag.current;
    if (running?.kind === "pan") {
      running.pointers.delete(event.pointerId);
      if (running.pointers.size > 0) return;
    }
    if (running?.kind === "brush" && props.brush !== undefined)
      props.onStroke({ ...props.brush, points: running.points });
    setStroke(undefined);
    drag.current = undefined;
    // A finger that left points nowhere.
    if (event.pointerType === "touch") setPointer(undefined);
  };

  return (
    <canvas
      ref={canvas}
      role="img"
      aria-label={props.label}
      className="absolute inset-0 size-full touch-none bg-sunken"
      style={{ cursor: props.brush !== undefined ? "crosshair" : props.isLoupe ? "none" : "grab" }}
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={up}
      onPointerCancel={up}
      onPointerLeave={() => setPointer(undefined)}
      onDoubleClick={(event) => {
        if (props.brush !== undefined) return;
        const isClose = view.zoom >= 1 / ratio;
        const next = isClose
          ? fitted(scene.size, extent)
          : zoomed(view, 1 / ratio / view.zoom, placeOf(event), scene.size, extent);
        props.onView(next, extent);
      }}
    />
  );
}

/** The canvas's size in CSS pixels; its own pixels follow the screen's. */
function useExtent(canvas: RefObject<HTMLCanvasElement | null>, onExtent: (canvas: Extent) => void): Extent {
  const [extent, setExtent] = useState<Extent>({ width: 1, height: 1 });
  useLayoutEffect(() => {
    const element = canvas.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      if (entry === undefined) return;
      const { width, height } = entry.contentRect;
      element.width = Math.max(1, Math.round(width * window.devicePixelRatio));
      element.height = Math.max(1, Math.round(height * window.devicePixelRatio));
      const next = { width: Math.max(1, width), height: Math.max(1, height) };
      setExtent(next);
      onExtent(next);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [canvas, onExtent]);
  return extent;
}

/** Draws after each render and whenever a tile came, once for each frame of the screen. */
function useDrawing(
  canvas: RefObject<HTMLCanvasElement | null>,
  onDrawn: (listener: () => void) => () => void,
  drawIn: (context: CanvasRenderingContext2D) => void,
): void {
  useEffect(() => {
    let frame = 0;
    const draw = () => {
      frame = 0;
      const context = canvas.current?.getContext("2d");
      if (context !== undefined && context !== null) drawIn(context);
    };
    const soon = () => {
      if (frame === 0) frame = requestAnimationFrame(draw);
    };
    soon();
    const stop = onDrawn(soon);
    return () => {
      stop();
      cancelAnimationFrame(frame);
    };
  });
}
