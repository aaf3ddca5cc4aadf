// Radiance along a ray: the land and the lake from the grid's light, the pavilion by path tracing.
import { Landscape, highest, span } from "./landscape";
import { LightVolume } from "./light-volume";
import { fraction, fractal, hash, noise, smooth } from "./noise";
import { Hit, Material, meet } from "./pavilion";
import { air, dome, sky, sun, sunLight } from "./sky";
import { Vector, mark, release, take } from "./vector";

const skyLight = new Vector(0.4, 0.48, 0.66);
const groundLight = new Vector(0.12, 0.1, 0.07);
const water = new Vector(0.012, 0.034, 0.045);
const never: f64 = 1e30;
/** No ray is followed further; one that grazes a lawn takes some hundreds. */
const maxSteps = 800;

export class Painter {
  private hit: Hit = new Hit();
  private shadow: Hit = new Hit();
  private bounce: Hit = new Hit();
  private point: Vector = new Vector();
  private normal: Vector = new Vector();
  private colour: Vector = new Vector();
  private light: Vector = new Vector();
  private ray: Vector = new Vector();
  private haze: Vector = new Vector();
  private mirrored: Vector = new Vector();
  private mirrorColour: Vector = new Vector();
  private albedo: Vector = new Vector();
  private part: Vector = new Vector();

  constructor(
    private land: Landscape,
    private volume: LightVolume,
  ) {}

  /** Radiance from `direction` at `origin`, into `to`; `seed` chooses the sample's directions. */
  look(origin: Vector, direction: Vector, seed: u32, to: Vector): void {
    this.hit.distance = never;
    if (meet(origin, direction, this.hit)) this.pavilion(origin, direction, seed, to);
    else this.outside(origin, direction, true, to);
  }

  /** What lies beyond the pavilion: land, lake or sky. */
  private outside(origin: Vector, direction: Vector, mirrors: bool, to: Vector): void {
    const lake: f64 = direction.y < -1e-5 ? -origin.y / direction.y : never;
    const distance = this.march(origin, direction, lake, 1);
    if (distance < lake && distance < never) this.ground(origin, direction, distance, to);
    else if (lake < span * 2) this.lake(origin, direction, lake, mirrors, to);
    else {
      sky(direction, mirrors, to);
      return;
    }
    this.throughAir(direction, min(distance, lake), to);
  }

  /**
   * Distance at which a ray meets the land above the water, or a very large one. `coarse` widens the steps, for what is seen in
   * a mirror.
   */
  private march(origin: Vector, direction: Vector, limit: f64, coarse: f64): f64 {
    const perX: f64 = 1 / (abs(direction.x) < 1e-9 ? 1e-9 : direction.x);
    const perZ: f64 = 1 / (abs(direction.z) < 1e-9 ? 1e-9 : direction.z);
    let distance: f64 = 4;
    let before: f64 = 4;
    // Up to here the ray is in a block that it may meet.
    let blockEnd: f64 = 0;
    for (let step = 0; step < maxSteps; step++) {
      const x = origin.x + direction.x * distance;
      const y = origin.y + direction.y * distance;
      const z = origin.z + direction.z * distance;
      if (distance >= limit || y > highest || abs(x) > span * 0.5 || abs(z) > span * 0.5) return never;
      const least: f64 = (distance * 0.002 + 0.4) * coarse;
      if (distance >= blockEnd) {
        const clear = this.land.clearance(x, y, z, -direction.y, perX, perZ);
        if (clear > least) {
          before = distance;
          distance += clear + 0.01;
          continue;
        }
        blockEnd = clear > 0 ? distance : distance + this.land.blockEnd;
      }
      const above = y - this.land.height(x, z);
      if (above < distance * 0.000_2) return this.narrow(origin, direction, before, distance);
      before = distance;
      distance += max<f64>(above * 0.55, least);
    }
    return never;
  }

  private narrow(origin: Vector, direction: Vector, low: f64, high: f64): f64 {
    for (let i = 0; i < 7; i++) {
      const middle: f64 = 0.5 * (low + high);
      const x = origin.x + direction.x * middle;
      const z = origin.z + direction.z * middle;
      if (origin.y + direction.y * middle < this.land.height(x, z)) high = middle;
      else low = middle;
    }
    return high;
  }

  private ground(origin: Vector, direction: Vector, distance: f64, to: Vector): void {
    const x = origin.x + direction.x * distance;
    const z = origin.z + direction.z * distance;
    const height = origin.y + direction.y * distance;
    const land = this.land;
    // Details finer than a pixel would only flicker.
    const reach: f64 = 9 + distance * 0.000_9;
    const slopeX = (land.height(x + reach, z) - land.height(x - reach, z)) / (2 * reach);
    const slopeZ = (land.height(x, z + reach) - land.height(x, z - reach)) / (2 * reach);
    const fine: f64 = 1 / (1 + distance * 0.000_45);
    const grain = fractal(x * 0.045, z * 0.045, 4);
    const octaves = distance < 2500 ? 3 : 2;
    const bumpX: f64 = (fractal(x * 0.09 + 5, z * 0.09, octaves) - 0.44) * 1.1 * fine;
    const bumpZ: f64 = (fractal(x * 0.09, z * 0.09 + 5, octaves) - 0.44) * 1.1 * fine;
    const normal = this.normal.set(-slopeX - bumpX, 1, -slopeZ - bumpZ).normalise();
    const steep = Math.sqrt(slopeX * slopeX + slopeZ * slopeZ);
    this.groundColour(height, steep, grain, noise(x * 0.004, z * 0.004));
    // Tufts and stones, as far as they can be seen.
    if (distance < 900)
      this.colour.scale(1 + (fractal(x * 0.7, z * 0.7, 5) - 0.48) * 2.4 * smooth(900, 60, distance));
    const facing = max<f64>(normal.dot(sun), 0) * land.sunVisibility(x, z);
    const open: f64 = land.skyVisibility(x, z) * (0.6 + 0.4 * normal.y);
    // What the sky does not light is lit by sunny slopes around.
    const light = this.light
      .copy(sunLight)
      .scale(facing)
      .add(skyLight, open)
      .add(sunLight, 0.05 * (1 - open) + 0.012);
    to.copy(this.colour).times(light);
  }

  private groundColour(height: f64, steep: f64, grain: f64, patch: f64): void {
    const colour = this.colour
      .set(0.062, 0.088, 0.024)
      .add(this.part.set(0.1, 0.085, 0.02), patch * 0.7 * (0.4 + grain));
    const forest =
      smooth(0.35, 0.62, patch * 0.6 + grain * 0.5) * smooth(760, 420, height) * smooth(6, 24, height);
    colour.toward(this.part.set(0.018, 0.032, 0.012).scale(0.5 + grain), forest);
    colour.toward(this.part.set(0.26, 0.21, 0.14), smooth(5, 1.2, height) * 0.85);
    const stone: f64 = 0.12 + 0.16 * grain;
    const rock = max<f64>(smooth(0.55, 0.95, steep + grain * 0.25), smooth(520, 900, height + grain * 260));
    colour.toward(this.part.set(stone * 1.08, stone, stone * 0.93), rock);
    const snow = smooth(640, 860, height + (grain - 0.5) * 420) * smooth(1.25, 0.75, steep + grain * 0.2);
    colour.toward(this.part.set(0.82, 0.84, 0.88), snow);
  }

  private lake(origin: Vector, direction: Vector, distance: f64, mirrors: bool, to: Vector): void {
    to.copy(water);
    if (!mirrors) {
      air(this.ray.set(direction.x, -direction.y, direction.z), this.part);
      to.add(this.part, 0.5);
      return;
    }
    const x = origin.x + direction.x * distance;
    const z = origin.z + direction.z * distance;
    const calm: f64 = 0.35 + 0.65 * smooth(0.32, 0.6, fractal(x * 0.003 + 9, z * 0.006, 3));
    const far: f64 = 1 / (1 + distance * 0.000_7);
    const tiltX: f64 = (fractal(x * 0.21, z * 0.42, 3) - 0.44) * 0.075 * calm * far;
    const tiltZ: f64 = (fractal(x * 0.19 + 40, z * 0.5 + 11, 3) - 0.44) * 0.11 * calm * far;
    const normal = this.normal.set(tiltX, 1, tiltZ).normalise();
    const mirrored = this.mirrored.copy(direction).reflect(normal);
    mirrored.y = max<f64>(mirrored.y, 0.002);
    mirrored.normalise();
    const grazing: f64 = 1 + direction.dot(normal);
    const clear = max<f64>(grazing, 0);
    const fifth = clear * clear * clear * clear * clear;
    const share: f64 = 0.02 + 0.98 * min<f64>(fifth, 0.92);
    this.point.set(x, 0.05, z);
    this.reflected(mirrored, distance);
    to.scale(1 - share).add(this.mirrorColour, share);
    // Waves too fine to be drawn spread the sun's mirror image into a path of light.
    const toSun = max<f64>(mirrored.dot(sun), 0);
    const glitter = fraction(hash(<i32>(x * 3), <i32>(z * 1.5)));
    const path = Math.exp((toSun - 1) * 900) * 55 + Math.exp((toSun - 1) * 120) * 3.4;
    to.add(sunLight, share * path * (0.4 + glitter * glitter * 1.6));
  }

  /** Colour of land or sky in the lake's mirror, into `mirrorColour`. */
  private reflected(direction: Vector, before: f64): void {
    const from = this.haze.copy(this.point);
    const distance = this.march(from, direction, never, 3);
    if (distance >= never) {
      sky(direction, false, this.mirrorColour);
      return;
    }
    this.ground(from, direction, distance, this.mirrorColour);
    this.throughAir(direction, distance + before * 0.2, this.mirrorColour);
  }

  private throughAir(direction: Vector, distance: f64, to: Vector): void {
    const haze = this.part.set(direction.x, max<f64>(direction.y, 0.02), direction.z).normalise();
    air(haze, this.light);
    const clear = Math.exp(distance * -0.000_088);
    const blue = Math.exp(distance * -0.000_125);
    to.set(
      to.x * clear + this.light.x * (1 - clear) * 0.8,
      to.y * clear + this.light.y * (1 - clear) * 0.82,
      to.z * blue + this.light.z * (1 - blue) * 0.9,
    );
  }

  /** A point of the pavilion: sun, light gathered from all around, and a mirror where it is polished. */
  private pavilion(origin: Vector, direction: Vector, seed: u32, to: Vector): void {
    const before = mark();
    const point = take().copy(origin).add(direction, this.hit.distance);
    const normal = take().copy(this.hit.normal);
    const material = this.hit.material;
    surface(material, point, normal, this.albedo);
    const albedo = take().copy(this.albedo);
    const start = take().copy(point).add(normal, 0.002);
    to.copy(sunLight).scale(this.sunAt(start, normal, seed));
    const light = take();
    this.volume.look(start, normal, light);
    to.add(light).times(albedo);
    const polish: f64 =
      material == Material.marble && normal.y > 0.5 ? 1 : material == Material.copper ? 6 : 0;
    if (polish == 0) {
      release(before);
      return;
    }
    const clear: f64 = 1 + direction.dot(normal);
    const share = min<f64>((0.035 + 0.75 * clear * clear * clear * clear * clear) * polish, 0.7);
    const mirrored = take().copy(direction).reflect(normal);
    this.bounce.distance = never;
    const seen = take();
    if (meet(start, mirrored, this.bounce)) this.simple(start, mirrored, seed, seen);
    else this.outside(start, mirrored, true, seen);
    // Polish of a real floor spreads the sun; without a limit single pixels would shine.
    seen.set(min<f64>(seen.x, 60), min<f64>(seen.y, 40), min<f64>(seen.z, 22));
    if (material == Material.copper) seen.times(this.part.set(1, 0.72, 0.5));
    to.scale(1 - share).add(seen, share);
    release(before);
  }

  /** How much of the sun a surface gets; the sun's size makes the edge of shadows soft. */
  private sunAt(start: Vector, normal: Vector, seed: u32): f64 {
    const facing = normal.dot(sun);
    if (facing <= 0) return 0;
    const a: f64 = fraction(hash(<i32>seed, 101)) - 0.5;
    const b: f64 = fraction(hash(<i32>seed, 202)) - 0.5;
    this.ray
      .copy(sun)
      .add(this.part.set(a, b, -a), 0.012)
      .normalise();
    this.shadow.distance = never;
    return meet(start, this.ray, this.shadow) ? 0 : facing;
  }

  /** Radiance that reaches a point of the pavilion from a direction, one bounce of the sun included; for the light volume. */
  gather(point: Vector, direction: Vector, to: Vector): void {
    this.bounce.distance = never;
    if (meet(point, direction, this.bounce)) this.simple(point, direction, 1, to);
    else if (direction.y > 0) dome(direction, to);
    else to.copy(groundLight);
  }

  /** Light of the point in `bounce` with its sun and a guess of the rest. */
  private simple(start: Vector, direction: Vector, seed: u32, to: Vector): void {
    const before = mark();
    const point = take().copy(start).add(direction, this.bounce.distance);
    const normal = take().copy(this.bounce.normal);
    meanColour(this.bounce.material, this.albedo);
    point.add(normal, 0.002);
    // Deep under the roof less light comes in; this stands for the bounces that are not followed.
    const open = smooth(-9, 6, point.z) * 0.32 + 0.04;
    to.copy(sunLight)
      .scale(this.sunAt(point, normal, seed))
      .add(skyLight, open)
      .times(this.albedo);
    release(before);
  }
}

/** Colour of a material from afar. */
function meanColour(material: Material, to: Vector): void {
  if (material == Material.marble) to.set(0.33, 0.31, 0.29);
  else if (material == Material.wood) to.set(0.24, 0.14, 0.07);
  else if (material == Material.dark) to.set(0.018, 0.014, 0.012);
  else if (material == Material.copper) to.set(0.34, 0.16, 0.07);
  else to.set(0.62, 0.56, 0.47);
}

/** Colour of a material, with its grain. */
function surface(material: Material, point: Vector, normal: Vector, to: Vector): void {
  if (material == Material.marble && normal.y > 0.5 && point.z < 5.7 && point.y < 30.1) {
    const odd = ((<i32>Math.floor(point.x * 0.9 + 64) + <i32>Math.floor(point.z * 0.9 + 64)) & 1) == 1;
    const vein = smooth(
      0.38,
      0.6,
      fractal(point.x * 2.3, point.z * 2.3 + fractal(point.x, point.z, 3) * 4, 5),
    );
    const tone: f64 = odd ? 0.1 + 0.05 * vein : 0.62 - 0.2 * vein;
    to.set(tone, tone * 0.94, tone * 0.86);
    return;
  }
  const grain = fractal(point.x * 3 + point.z * 1.3, point.y * 3, 4);
  if (material == Material.wood) {
    const line = smooth(0.42, 0.5, abs<f64>(point.x * 1.1 - Math.floor(point.x * 1.1) - 0.5));
    to.set(0.3, 0.17, 0.085).scale((0.6 + 0.5 * noise(point.x * 9, point.z * 0.7)) * (1 - 0.7 * line));
  } else if (material == Material.dark) to.set(0.018, 0.014, 0.012);
  else if (material == Material.copper) to.set(0.34, 0.16, 0.07);
  else to.set(0.66, 0.6, 0.5).scale(0.82 + 0.3 * grain);
}
