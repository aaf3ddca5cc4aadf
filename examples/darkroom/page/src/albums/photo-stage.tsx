import { useLayoutEffect, useRef, useState, type PointerEvent } from "react";
import { fitted, panned, zoomed, type Extent, type ViewPort } from "../merge/view-port.ts";

const wheelStep = 1.0015;
/** A finger that goes this far sideways over a fitted picture wants the next one. */
const swipePixels = 60;

/** A picture that is fitted into its place, or seen closer: wheel, pinch and double click come closer, dragging moves it, and a swipe turns the page. */
export function PhotoStage(props: {
  readonly src: string | undefined;
  readonly label: string;
  readonly picture: Extent;
  /** Undefined: fitted. */
  readonly view: ViewPort | undefined;
  readonly onView: (view: ViewPort | undefined) => void;
  readonly onTurn: (step: 1 | -1) => void;
}) {
  const { picture, view, onView, onTurn } = props;
  const place = useRef<HTMLDivElement>(null);
  const [extent, setExtent] = useState<Extent>({ width: 1, height: 1 });
  const fingers = useRef(new Map<number, { readonly x: number; readonly y: number }>());
  const swipe = useRef(0);
  const shown = view ?? fitted(picture, extent);

  useLayoutEffect(() => {
    if (place.current === null) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined)
        setExtent({
          width: Math.max(1, entry.contentRect.width),
          height: Math.max(1, entry.contentRect.height),
        });
    });
    observer.observe(place.current);
    return () => observer.disconnect();
  }, []);

  const closer = (factor: number, event: { readonly clientX: number; readonly clientY: number }) => {
    const corner = place.current?.getBoundingClientRect();
    const at = { x: event.clientX - (corner?.x ?? 0), y: event.clientY - (corner?.y ?? 0) };
    onView(zoomed(shown, factor, at, picture, extent));
  };
  const move = (event: PointerEvent) => {
    const before = fingers.current.get(event.pointerId);
    if (before === undefined) return;
    const [dx, dy] = [event.clientX - before.x, event.clientY - before.y];
    const other = [...fingers.current].find(([id]) => id !== event.pointerId)?.[1];
    fingers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (other !== undefined) {
      const distance = (x: number, y: number) => Math.max(1, Math.hypot(x - other.x, y - other.y));
      closer(distance(event.clientX, event.clientY) / distance(before.x, before.y), event);
    } else if (view === undefined) swipe.current += dx;
    else onView(panned(view, dx, dy, picture));
  };
  const lift = (event: PointerEvent) => {
    fingers.current.delete(event.pointerId);
    if (view === undefined && event.pointerType === "touch" && Math.abs(swipe.current) > swipePixels)
      onTurn(swipe.current < 0 ? 1 : -1);
    swipe.current = 0;
  };
  return (
    <div
      ref={place}
      className="relative min-h-64 grow touch-none overflow-hidden bg-sunken select-none"
      onWheel={(event) => closer(wheelStep ** -event.deltaY, event)}
      onDoubleClick={(event) => (view === undefined ? closer(1 / shown.zoom, event) : onView(undefined))}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        fingers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
      }}
      onPointerMove={move}
      onPointerUp={lift}
      onPointerCancel={lift}
    >
      {props.src !== undefined && (
        <img
          src={props.src}
          alt={props.label}
          draggable={false}
          className="absolute top-0 left-0 max-w-none origin-top-left"
          style={{
            width: picture.width,
            height: picture.height,
            imageRendering: shown.zoom >= 2 ? "pixelated" : "auto",
            transform: `translate(${extent.width / 2 - shown.x * shown.zoom}px, ${extent.height / 2 - shown.y * shown.zoom}px) scale(${shown.zoom})`,
          }}
        />
      )}
    </div>
  );
}
