// The evening sky: a clear atmosphere by a few exponentials, high clouds, and the sun with its glow.
import { fractal, mix, smooth } from "./noise";
import { Vector } from "./vector";

/** Toward the sun: 17° east of north, 9° high. */
export const sun = new Vector(0.2888, 0.1565, 0.9445).normalise();
/** Irradiance of a surface that faces the sun, divided by π. */
export const sunLight = new Vector(9.2, 5.6, 2.9);
/** Radiance of the sun's disc. Its real one would be a hundred times brighter; no camera could tell. */
const disc = new Vector(26_000, 17_500, 9_500);
const horizonFar = new Vector(0.42, 0.5, 0.66);
const horizonNear = new Vector(2.5, 1.35, 0.62);
const zenith = new Vector(0.13, 0.27, 0.62);
const glow = new Vector(4.6, 2.5, 1.05);

/** Radiance of the air alone in a direction, into `to`; directions below the horizon answer its haze. */
export function air(direction: Vector, to: Vector): void {
  dome(direction, to);
  const away = 1 - max<f64>(direction.dot(sun), 0);
  to.add(glow, 1.5 * Math.exp(-away * 260) + 6 * Math.exp(-away * 4200));
}

/** The same without the glow close to the sun, which a few directions would not find evenly. */
export function dome(direction: Vector, to: Vector): void {
  const height = max<f64>(direction.y, 0);
  const flat = Math.sqrt(max<f64>(1 - direction.y * direction.y, 0.000_1));
  const toward = (direction.x * sun.x + direction.z * sun.z) / flat;
  const side = 0.5 + 0.5 * toward;
  const low = Math.exp(-height * 7.5);
  to.copy(zenith).scale(1.15 - 0.3 * height);
  const warm = side * side * side;
  const r = mix(horizonFar.x, horizonNear.x, warm);
  const g = mix(horizonFar.y, horizonNear.y, warm);
  const b = mix(horizonFar.z, horizonNear.z, warm);
  to.set(mix(to.x, r, low), mix(to.y, g, low), mix(to.z, b, low));
  const near = max<f64>(direction.dot(sun), 0);
  const away: f64 = 1 - near;
  to.add(glow, 0.42 * Math.exp(-away * 18));
}

/** The whole sky with its clouds; `withSun` adds the disc. */
export function sky(direction: Vector, withSun: bool, to: Vector): void {
  air(direction, to);
  if (direction.y > 0.015) {
    const across = 1 / (direction.y + 0.06);
    const x = direction.x * across;
    const z = direction.z * across;
    const bank = fractal(x * 0.55 + 3.1, z * 0.9 + 1.7, 2);
    const detail = fractal(x * 1.5 + bank * 2.2, z * 3.6 + 7.7, 5);
    const cover = smooth(0.44, 0.8, detail * 0.62 + bank * 0.52) * smooth(0.015, 0.12, direction.y);
    const near = max<f64>(direction.dot(sun), 0);
    const lit: f64 = 0.55 + 1.5 * near * near * near + 9 * Math.exp((near - 1) * 60);
    const thick: f64 = 1 - 0.45 * cover;
    const cloudR: f64 = 0.98 * lit * thick + 0.1;
    const cloudG: f64 = 0.66 * lit * thick + 0.12;
    const cloudB: f64 = 0.54 * lit * thick + 0.18;
    const share: f64 = cover * 0.82;
    to.set(mix(to.x, cloudR, share), mix(to.y, cloudG, share), mix(to.z, cloudB, share));
  }
  // The sun's half angle is 0.5°, twice the real one, as telephoto pictures make us believe.
  if (withSun && direction.y > 0) to.add(disc, smooth(0.999_955, 0.999_966, direction.dot(sun)));
}
