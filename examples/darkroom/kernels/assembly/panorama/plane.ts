// Planes of f32 and what is done to them: the working images of the features.

/** A plane of `width` × `height` f32. */
@unmanaged
export class Plane {
  width: i32;
  height: i32;
  data: usize;
}

export function newPlane(width: i32, height: i32): Plane {
  const plane = changetype<Plane>(heap.alloc(offsetof<Plane>()));
  plane.width = width;
  plane.height = height;
  plane.data = heap.alloc((<usize>(width * height)) << 2);
  return plane;
}

export function at(plane: Plane, x: i32, y: i32): usize {
  return plane.data + ((<usize>(y * plane.width + x)) << 2);
}

export function value(plane: Plane, x: i32, y: i32): f32 {
  return load<f32>(at(plane, x, y));
}

/** Binomial blur, 1 4 6 4 1 in both directions, in place; the edge repeats. `spare` is as large. */
export function blur(plane: Plane, spare: Plane): void {
  const width = plane.width;
  const height = plane.height;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const a = value(plane, max(x - 2, 0), y) + value(plane, min(x + 2, width - 1), y);
      const b = value(plane, max(x - 1, 0), y) + value(plane, min(x + 1, width - 1), y);
      store<f32>(at(spare, x, y), (a + 4 * b + 6 * value(plane, x, y)) * 0.0625);
    }
  }
  for (let y = 0; y < height; y++) {
    const up2 = max(y - 2, 0);
    const up = max(y - 1, 0);
    const down = min(y + 1, height - 1);
    const down2 = min(y + 2, height - 1);
    for (let x = 0; x < width; x++) {
      const a = value(spare, x, up2) + value(spare, x, down2);
      const b = value(spare, x, up) + value(spare, x, down);
      store<f32>(at(plane, x, y), (a + 4 * b + 6 * value(spare, x, y)) * 0.0625);
    }
  }
}

/** Bilinear value at (x, y), where whole numbers are the centres of samples; outside, the edge repeats. */
export function bilinear(plane: Plane, x: f64, y: f64): f64 {
  const cx = min(max(x, 0), <f64>(plane.width - 1));
  const cy = min(max(y, 0), <f64>(plane.height - 1));
  const left = min(<i32>cx, max(plane.width - 2, 0));
  const top = min(<i32>cy, max(plane.height - 2, 0));
  const right = min(left + 1, plane.width - 1);
  const bottom = min(top + 1, plane.height - 1);
  const fx = cx - <f64>left;
  const fy = cy - <f64>top;
  const upper = <f64>value(plane, left, top) * (1 - fx) + <f64>value(plane, right, top) * fx;
  const lower = <f64>value(plane, left, bottom) * (1 - fx) + <f64>value(plane, right, bottom) * fx;
  return upper * (1 - fy) + lower * fy;
}

/** Fills `target` with `source`, resized. */
export function resize(source: Plane, target: Plane): void {
  const rx = <f64>source.width / <f64>target.width;
  const ry = <f64>source.height / <f64>target.height;
  for (let y = 0; y < target.height; y++) {
    for (let x = 0; x < target.width; x++) {
      const sample = bilinear(source, (<f64>x + 0.5) * rx - 0.5, (<f64>y + 0.5) * ry - 0.5);
      store<f32>(at(target, x, y), <f32>sample);
    }
  }
}
