// The land as a grid: heights by fractal noise, and how much of the sun and of the sky each point sees.
import { check } from "../abi";
import { fractal, mix, ridges, smooth } from "./noise";
import { sun } from "./sky";

/** Side of the square of land, in metres. */
export const span: f64 = 16_384;
/** Above this height there is nothing but sky. */
export const highest: f64 = 1_700;

/** Cells in one direction of a block, which knows how high its land goes. */
const block: i32 = 16;

/**
 * A grid of `cells` × `cells`: f32 heights, then u8 visibility of the sun, then u8 visibility of the sky; last the f32 tops of
 * its blocks, over which rays pass without a look at the cells.
 */
export class Landscape {
  private sunAt: usize = 0;
  private skyAt: usize = 0;
  private topAt: usize = 0;
  private blocks: i32 = 0;
  private perMetre: f64 = 0;
  private limit: f64 = 0;

  constructor(
    public address: usize,
    public cells: i32,
  ) {
    this.sunAt = address + ((<usize>(cells * cells)) << 2);
    this.skyAt = this.sunAt + <usize>(cells * cells);
    this.topAt = this.skyAt + <usize>(cells * cells);
    this.blocks = (cells + block - 1) / block;
    this.perMetre = <f64>cells / span;
    this.limit = <f64>cells - 1.001;
  }

  static bytes(cells: i32): i32 {
    const blocks = (cells + block - 1) / block;
    return cells * cells * 6 + blocks * blocks * 4;
  }

  /**
   * How far a ray that is at `x`, `y`, `z` goes before it can meet the land: to the end of its block when it stays above the
   * block's top, else 0. `perX` and `perZ` are the ray's lengths for a metre in x and z.
   */
  clearance(x: f64, y: f64, z: f64, down: f64, perX: f64, perZ: f64): f64 {
    const gx: f64 = (x + span * 0.5) * this.perMetre * (1 / <f64>block);
    const gz: f64 = (z + span * 0.5) * this.perMetre * (1 / <f64>block);
    const bx = min(max(<i32>gx, 0), this.blocks - 1);
    const bz = min(max(<i32>gz, 0), this.blocks - 1);
    const top: f64 = load<f32>(this.topAt + ((<usize>(bz * this.blocks + bx)) << 2));
    if (y <= top) return 0;
    const side: f64 = <f64>block / this.perMetre;
    const toX: f64 = (perX > 0 ? <f64>(bx + 1) - gx : gx - <f64>bx) * side * abs(perX);
    const toZ: f64 = (perZ > 0 ? <f64>(bz + 1) - gz : gz - <f64>bz) * side * abs(perZ);
    const far = min(toX, toZ);
    return down <= 0 ? far : min(far, (y - top) / down);
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
    const step = span / <f64>this.cells;
    for (let iz = 0; iz < this.cells; iz++) {
      for (let ix = 0; ix < this.cells; ix++) {
        const x = <f64>ix * step - span * 0.5;
        const z = <f64>iz * step - span * 0.5;
        const at = <usize>(iz * this.cells + ix);
        store<u8>(this.sunAt + at, <u8>(this.seesSun(x, z) * 255));
        // The sky's share changes slowly: every second point of every second row is enough.
        if (((ix | iz) & 1) == 0) this.keepSky(ix, iz, <u8>(this.seesSky(x, z) * 255));
      }
    }
  }

  /** Heights, and the tops of blocks; a block's last cells reach to the first of its neighbours. */
  private raise(): void {
    const step = span / <f64>this.cells;
    for (let i = 0; i < this.blocks * this.blocks; i++) store<f32>(this.topAt + ((<usize>i) << 2), -1e9);
    for (let iz = 0; iz < this.cells; iz++) {
      for (let ix = 0; ix < this.cells; ix++) {
        const height = shape(<f64>ix * step - span * 0.5, <f64>iz * step - span * 0.5);
        store<f32>(this.address + ((<usize>(iz * this.cells + ix)) << 2), <f32>height);
        for (let bz = max(iz - 1, 0) / block; bz <= iz / block; bz++)
          for (let bx = max(ix - 1, 0) / block; bx <= ix / block; bx++) this.lift(bx, bz, <f32>height);
      }
    }
  }

  private lift(bx: i32, bz: i32, height: f32): void {
    const at = this.topAt + ((<usize>(bz * this.blocks + bx)) << 2);
    store<f32>(at, max(load<f32>(at), height));
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
