/** Row by row, from a camera's axes (right, down, forward) to the world's (east, up, north). */
export type Matrix3 = readonly [number, number, number, number, number, number, number, number, number];

/** Sine and cosine of an angle in degrees, |angle| ≤ 180, by their series: the same bits in every engine. */
export function turn(degrees: number): { readonly sine: number; readonly cosine: number } {
  const angle = degrees * (Math.PI / 180);
  const square = angle * angle;
  let sine = 0;
  let cosine = 0;
  // Backwards, so that small terms are added first; 30 terms leave less than the last bit.
  for (let n = 30; n >= 1; n--) {
    cosine = 1 - (square / ((2 * n - 1) * (2 * n))) * (n === 30 ? 1 : cosine);
    sine = 1 - (square / (2 * n * (2 * n + 1))) * (n === 30 ? 1 : sine);
  }
  return { sine: sine * angle, cosine };
}

/** A camera that is first rolled clockwise about its axis, then pitched up, then turned to the east; all in degrees. */
export function cameraMatrix(yaw: number, pitch: number, roll: number): Matrix3 {
  const y = turn(yaw);
  const p = turn(pitch);
  const r = turn(roll);
  const forward = [y.sine * p.cosine, p.sine, y.cosine * p.cosine] as const;
  const right = [y.cosine, 0, -y.sine] as const;
  const down = [y.sine * p.sine, -p.cosine, y.cosine * p.sine] as const;
  const mixed = (axis: 0 | 1 | 2) =>
    [
      right[axis] * r.cosine + down[axis] * r.sine,
      down[axis] * r.cosine - right[axis] * r.sine,
      forward[axis],
    ] as const;
  return [...mixed(0), ...mixed(1), ...mixed(2)];
}
