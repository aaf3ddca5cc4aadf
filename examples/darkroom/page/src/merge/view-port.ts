/** What part of a picture a canvas shows: places are pixels of the full size, sizes of the canvas CSS pixels. */
export interface ViewPort {
  /** CSS pixels for each pixel of the picture. */
  readonly zoom: number;
  /** What lies at the canvas's middle. */
  readonly x: number;
  readonly y: number;
}

export interface Extent {
  readonly width: number;
  readonly height: number;
}

const widestMargin = 24;
/** Of the canvas's shorter side, so that a phone's few pixels show the picture. */
const marginShare = 0.03;
const maxZoom = 8;

/** The whole picture, as large as it fits. */
export function fitted(picture: Extent, canvas: Extent): ViewPort {
  const margin = Math.min(widestMargin, marginShare * Math.min(canvas.width, canvas.height));
  const room = (side: number) => Math.max(1, side - 2 * margin);
  const zoom = Math.min(room(canvas.width) / picture.width, room(canvas.height) / picture.height);
  return { zoom, x: picture.width / 2, y: picture.height / 2 };
}

/** Closer or farther by a factor; the place at `at` (CSS pixels from the canvas's corner) stays where it is. */
export function zoomed(
  view: ViewPort,
  factor: number,
  at: { readonly x: number; readonly y: number },
  picture: Extent,
  canvas: Extent,
): ViewPort {
  const least = Math.min(1, fitted(picture, canvas).zoom);
  const zoom = Math.min(maxZoom, Math.max(least, view.zoom * factor));
  const place = toPicture(view, at, canvas);
  const next = {
    zoom,
    x: place.x - (at.x - canvas.width / 2) / zoom,
    y: place.y - (at.y - canvas.height / 2) / zoom,
  };
  return within(next, picture);
}

export function panned(view: ViewPort, dx: number, dy: number, picture: Extent): ViewPort {
  return within({ ...view, x: view.x - dx / view.zoom, y: view.y - dy / view.zoom }, picture);
}

export function toPicture(
  view: ViewPort,
  at: { readonly x: number; readonly y: number },
  canvas: Extent,
): { readonly x: number; readonly y: number } {
  return {
    x: view.x + (at.x - canvas.width / 2) / view.zoom,
    y: view.y + (at.y - canvas.height / 2) / view.zoom,
  };
}

/** The level of a pyramid that has a pixel for each of the screen. */
export function levelFor(zoom: number, pixelRatio: number): number {
  return Math.max(0, Math.floor(Math.log2(1 / (zoom * pixelRatio)) + 0.2));
}

/** The middle never leaves the picture. */
function within(view: ViewPort, { width, height }: Extent): ViewPort {
  return { ...view, x: Math.min(width, Math.max(0, view.x)), y: Math.min(height, Math.max(0, view.y)) };
}
