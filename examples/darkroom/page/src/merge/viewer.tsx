import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";
import { CompareLine } from "./compare-line.tsx";
import { drawScene, type Scene } from "./draw-scene.ts";
import type { Stroke } from "./recipe.ts";
import { type BrushTool, isAtLine, placeIn, useGestures } from "./use-gestures.ts";
import { type Extent, fitted, levelFor, type ViewPort, zoomed } from "./view-port.ts";

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

/** The picture on a canvas: wheel and pinch come closer, dragging moves it, paints, or moves the line between before and after. */
export function Viewer(props: ViewerProps) {
  const { scene, view: given, onDrawn, onLevel, onExtent } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const extent = useExtent(canvas, onExtent);
  const view = given ?? fitted(scene.size, extent);
  const ratio = window.devicePixelRatio;
  const split = scene.before === undefined || scene.isBlinking ? undefined : scene.split;
  const { pointer, stroke, handlers } = useGestures(canvas, {
    ...props,
    picture: scene.size,
    split,
    extent,
    view,
  });

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

  // A passive listener, which React's is, could not keep the page from scrolling.
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return undefined;
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const factor = Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015));
      props.onView(zoomed(view, factor, placeIn(canvas, event), scene.size, extent), extent);
    };
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  });

  const isOnLine = pointer !== undefined && isAtLine(pointer, split, extent);
  const cursor = isOnLine
    ? "col-resize"
    : props.brush !== undefined
      ? "crosshair"
      : props.isLoupe
        ? "none"
        : "grab";
  return (
    <>
      <canvas
        ref={canvas}
        role="img"
        aria-label={props.label}
        className="absolute inset-0 size-full touch-none bg-sunken"
        style={{ cursor }}
        {...handlers}
        onDoubleClick={(event) => {
          if (props.brush !== undefined) return;
          const isClose = view.zoom >= 1 / ratio;
          const next = isClose
            ? fitted(scene.size, extent)
            : zoomed(view, 1 / ratio / view.zoom, placeIn(canvas, event), scene.size, extent);
          props.onView(next, extent);
        }}
      />
      {split !== undefined && <CompareLine split={split} onSplit={props.onSplit} />}
    </>
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
