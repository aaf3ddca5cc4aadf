// The land as a grid: heights by fractal noise, and how much of the sun and of the sky each point sees.
import { check } from "../abi";
import { fractal, mix, ridges, smooth } from "./noise";
import { sun } from "./sky";

/** Side of the square of land, in metres. */
export const span: f64 = 16_384;
/** Above this height there is nothing but sky. */
export const highest: f64 = 1_700;

/** Blocks know how high their land goes: of 4, 16 and 64 cells in one direction. */
const levels: i32 = 3;
/** log2 of the cells of the smallest blocks, and from each level to the next. */
const smallest: i32 = 2;
const step: i32 = 2;

/**
 * A grid of `cells` × `cells`: f32 heights, then u8 visibility of the sun, then u8 visibility of the sky; last the f32 tops of
 * its blocks, level by level, over which rays pass without a look at the cells.
 */
export class Landscape {
  private sunAt: usize = 0;
  private skyAt: usize = 0;
  private tops: StaticArray<usize> = new StaticArray<usize>(levels);
  private perMetre: f64 = 0;
  private limit: f64 = 0;
  /** See `clearance`. */
  blockEnd: f64 = 0;

  constructor(
    public address: usize,
    public cells: i32,
  ) {
    this.sunAt = address + ((<usize>(cells * cells)) << 2);
    this.skyAt = this.sunAt + <usize>(cells * cells);
    let next = this.skyAt + <usize>(cells * cells);
    for (let level = 0; level < levels; level++) {
      this.tops[level] = next;
      next += (<usize>(blocks(cells, level) * blocks(cells, level))) << 2;
    }
    this.perMetre = <f64>cells / span;
    this.limit = <f64>cells - 1.001;
  }

  static bytes(cells: i32): i32 {
    let bytes = cells * cells * 6;
    for (let level = 0; level < levels; level++) bytes += blocks(cells, level) * blocks(cells, level) * 4;
    return bytes;
  }

  /**
   * How far a ray that is at `x`, `y`, `z` goes before it can meet the land: to the end of the largest block whose top it stays above, else 0, and then the smallest block's end is
   * in `blockEnd`. `perX` and `perZ` are the ray's lengths for a metre in x and z.
   */
  clearance(x: f64, y: f64, z: f64, down: f64, perX: f64, perZ: f64): f64 {
    const gx: f64 = (x + span * 0.5) * this.perMetre;
    const gz: f64 = (z + span * 0.5) * this.perMetre;
    const ix = min(max(<i32>gx, 0), this.cells - 1);
    const iz = min(max(<i32>gz, 0), this.cells - 1);
    const metresX = abs(perX) / this.perMetre;
    const metresZ = abs(perZ) / this.perMetre;
    let far: f64 = 0;
    for (let level = levels - 1; level >= 0; level--) {
      const shift = smallest + step * level;
      const bx = ix >> shift;
      const bz = iz >> shift;
      const toX: f64 = (perX > 0 ? <f64>((bx + 1) << shift) - gx : gx - <f64>(bx << shift)) * metresX;
      const toZ: f64 = (perZ > 0 ? <f64>((bz + 1) << shift) - gz : gz - <f64>(bz << shift)) * metresZ;
      far = min(toX, toZ);
      const top: f64 = load<f32>(this.topOf(level, bx, bz));
      const above = y - top;
      if (above <= 0) continue;
      if (down <= 0 || above >= far * down) return far;
      // It comes down upon the top within this block: the part before is clear.
      if (level == 0) return above / down;
    }
    this.blockEnd = far;
    return 0;
  }

  height(x: f64, z: f64): f64 {
    const gx = min<f64>(max<f64>((x + span * 0.5) * this.perMetre, 0), this.limit);
    const gz = min<f64>(max<f64>((z + span * 0.5) * this.perMetre, 0), this.limit);
    const ix = <i32>gx;
    const iz = <i32>gz;
    const at = this.address + ((<usize>(iz * this.cells + ix)) << 2);
    const below = at + ((<usize>this.cells) << 2);
    const fx = gx - <f64>ix;
    const upper = mix(load<f32>(at), load<f32>(at, 4), fx);
    return mix(upper, mix(load<f32>(below), load<f32>(below, 4), fx), gz - <f64>iz);
  }

  sunVisibility(x: f64, z: f64): f64 {
    return this.byteMap(this.sunAt, x, z);
  }

  skyVisibility(x: f64, z: f64): f64 {
    return this.byteMap(this.skyAt, x, z);
  }

  private byteMap(map: usize, x: f64, z: f64): f64 {
    const gx = min<f64>(max<f64>((x + span * 0.5) * this.perMetre, 0), this.limit);
    const gz = min<f64>(max<f64>((z + span * 0.5) * this.perMetre, 0), this.limit);
    const ix = <i32>gx;
    const iz = <i32>gz;
    const at = map + <usize>(iz * this.cells + ix);
    const below = at + <usize>this.cells;
    const fx = gx - <f64>ix;
    const upper = mix(<f64>load<u8>(at), <f64>load<u8>(at, 1), fx);
    const lower = mix(<f64>load<u8>(below), <f64>load<u8>(below, 1), fx);
    return mix(upper, lower, gz - <f64>iz) * (1 / 255.0);
  }

  /** Fills the grid. */
  make(): void {
    check(this.cells >= 16, "a landscape needs at least 16 cells");
    this.raise();
    const metres = span / <f64>this.cells;
    for (let iz = 0; iz < this.cells; iz++) {
      for (let ix = 0; ix < this.cells; ix++) {
        const x = <f64>ix * metres - span * 0.5;
        const z = <f64>iz * metres - span * 0.5;
        const at = <usize>(iz * this.cells + ix);
        store<u8>(this.sunAt + at, <u8>(this.seesSun(x, z) * 255));
        // The sky's share changes slowly: every second point of every second row is enough.
        if (((ix | iz) & 1) == 0) this.keepSky(ix, iz, <u8>(this.seesSky(x, z) * 255));
      }
    }
  }

  /** Heights, and the tops of blocks; a block's last cells reach to the first of its neighbours. */
  private raise(): void {
    const metres = span / <f64>this.cells;
    for (let level = 0; level < levels; level++) {
      const count = blocks(this.cells, level);
      for (let i = 0; i < count * count; i++) store<f32>(this.topOf(level, i % count, i / count), -1e9);
    }
    for (let iz = 0; iz < this.cells; iz++) {
      for (let ix = 0; ix < this.cells; ix++) {
        const height = shape(<f64>ix * metres - span * 0.5, <f64>iz * metres - span * 0.5);
        store<f32>(this.address + ((<usize>(iz * this.cells + ix)) << 2), <f32>height);
        for (let level = 0; level < levels; level++) this.lift(level, ix, iz, <f32>height);
      }
    }
  }

  private lift(level: i32, ix: i32, iz: i32, height: f32): void {
    const shift = smallest + step * level;
    for (let bz = max(iz - 1, 0) >> shift; bz <= iz >> shift; bz++) {
      for (let bx = max(ix - 1, 0) >> shift; bx <= ix >> shift; bx++) {
        const at = this.topOf(level, bx, bz);
        store<f32>(at, max(load<f32>(at), height));
      }
    }
  }

  private topOf(level: i32, bx: i32, bz: i32): usize {
    return unchecked(this.tops[level]) + ((<usize>(bz * blocks(this.cells, level) + bx)) << 2);
  }

  private keepSky(ix: i32, iz: i32, value: u8): void {
    for (let dz = 0; dz < 2; dz++) {
      for (let dx = 0; dx < 2; dx++) {
        const at = min(iz + dz, this.cells - 1) * this.cells + min(ix + dx, this.cells - 1);
        store<u8>(this.skyAt + <usize>at, value);
      }
    }
  }

  /** 1 in the sun, 0 in shadow, between them where the sun's disc is cut. */
  private seesSun(x: f64, z: f64): f64 {
    const ground = max<f64>(this.height(x, z), 0) + 2;
    let seen: f64 = 1;
    let distance: f64 = 16;
    while (distance < 9000 && seen > 0) {
      const atX: f64 = x + distance * sun.x;
      const atZ: f64 = z + distance * sun.z;
      // What lies this far below the ray takes nothing of the disc.
      const low: f64 = ground + distance * (sun.y - 0.5 / 45);
      const clear = this.clearance(atX, low, atZ, 0, 1 / sun.x, 1 / sun.z);
      if (clear > 0 && ground + distance * sun.y <= highest) {
        distance += clear + 1;
        continue;
      }
      const above = ground + distance * sun.y - this.height(atX, atZ);
      seen = min<f64>(seen, 0.5 + (above / distance) * 45);
      if (ground + distance * sun.y > highest) break;
      distance += 10 + distance * 0.035;
    }
    return max<f64>(seen, 0);
  }

  /** Share of the sky's light on level ground, by the horizon in eight directions. */
  private seesSky(x: f64, z: f64): f64 {
    const ground = max<f64>(this.height(x, z), 0) + 1;
    let open: f64 = 0;
    for (let i = 0; i < 8; i++) {
      const dx: f64 =
        i == 0 ? 1 : i == 1 || i == 7 ? 0.707_107 : i == 2 || i == 6 ? 0 : i == 4 ? -1 : -0.707_107;
      const dz: f64 =
        i == 2 ? 1 : i == 1 || i == 3 ? 0.707_107 : i == 0 || i == 4 ? 0 : i == 6 ? -1 : -0.707_107;
      let slope: f64 = 0;
      for (let distance: f64 = 12; distance < 2500; distance *= 1.7) {
        slope = max<f64>(slope, (this.height(x + dx * distance, z + dz * distance) - ground) / distance);
      }
      // Level ground sees cos² of the horizon's angle in a direction.
      open += 0.125 / (1 + slope * slope);
    }
    return open;
  }
}

/** Blocks of a level in one direction. */
function blocks(cells: i32, level: i32): i32 {
  const shift = smallest + step * level;
  return (cells + (1 << shift) - 1) >> shift;
}

/** Height of the land at a point: a lake among hills, mountains around it, a gap where the sun sets, a knoll to stand on. */
function shape(x: f64, z: f64): f64 {
  const bend: f64 = fractal(x * 0.000_9 + 4, z * 0.000_9 + 8, 4) - 0.5;
  const lakeX: f64 = (x - 150) / 1.55;
  const lakeZ: f64 = z - 1500;
  const away = Math.sqrt(lakeX * lakeX + lakeZ * lakeZ) + bend * 900;
  const distance = Math.sqrt(x * x + z * z) + 1;
  const toSun = (x * sun.x + z * sun.z) / (distance * 0.9877);
  const gap: f64 = 1 - 0.8 * smooth(0.86, 0.99, toSun) * smooth(1500, 4000, distance);
  const shore = smooth(900, 1350, away);
  const inland = smooth(1100, 2600, away);
  const hills = shore * (inland > 0 ? 18 + 150 * fractal(x * 0.001_4 + 1, z * 0.001_4, 6) * inland : 18);
  const rise = smooth(1300, 5200, away);
  // The ninth octave would be finer than a cell.
  const mountains: f64 =
    rise > 0 ? rise * gap * 1_750 * ridges(x * 0.000_36 + 2.6, z * 0.000_36 + 0.4, 8) : 0;
  const islandX: f64 = x + 260;
  const islandZ: f64 = z - 1150;
  const island: f64 =
    46 * smooth(190, 20, Math.sqrt(islandX * islandX + islandZ * islandZ * 1.7) + bend * 260);
  const open: f64 = -26 * (1 - shore) + hills + mountains + island;
  const knoll = smooth(420, 30, distance);
  return mix(min<f64>(open, highest), 24 + 3 * bend, knoll);
}
