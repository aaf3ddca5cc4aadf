// The surfaces that a panorama is drawn on: (u, v) in units of the focal length, v down.

export const rectilinear: i32 = 0;
export const cylindrical: i32 = 1;
export const spherical: i32 = 2;

/** The ray of the last `rayAt`; its length is not one. */
export let rayX: f64 = 0;
export let rayY: f64 = 0;
export let rayZ: f64 = 0;

export function rayAt(projection: i32, u: f64, v: f64): void {
  if (projection == rectilinear) {
    rayX = u;
    rayY = v;
    rayZ = 1;
    return;
  }
  const flat = projection == cylindrical ? 1 : Math.cos(v);
  rayX = Math.sin(u) * flat;
  rayY = projection == cylindrical ? v : Math.sin(v);
  rayZ = Math.cos(u) * flat;
}

/** The point of the last `surfaceAt`. */
export let surfaceU: f64 = 0;
export let surfaceV: f64 = 0;

/** Where a ray of length 1 meets the surface. False when it does not, or only far outside of any picture. */
export function surfaceAt(projection: i32, x: f64, y: f64, z: f64): bool {
  if (projection == rectilinear) {
    if (z < 0.17) return false;
    surfaceU = x / z;
    surfaceV = y / z;
    return true;
  }
  surfaceU = Math.atan2(x, z);
  const level = Math.sqrt(x * x + z * z);
  if (projection == cylindrical && level < 0.25) return false;
  surfaceV = projection == cylindrical ? y / level : Math.atan2(y, level);
  return true;
}
