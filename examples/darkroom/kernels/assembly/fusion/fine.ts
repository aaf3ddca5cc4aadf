// The levels that are made tile by tile. They are made row by row, and only as many rows are kept as the next step still reads: memory that is never touched costs
// nothing, and what is kept stays in the processor's cache.
import { Halver, Level, newLevel, pixelBytes } from "./pyramid";
import { Rows } from "./rows";
import { Plan, Scene } from "./scene";
import { Window, expandedFrom, halvedFrom } from "./window";

/** The windows of the levels 0 … K that are needed to halve down to `coarsest`. */
function windowsDownTo(coarsest: Window, plan: Plan): Array<Window> {
  const windows = new Array<Window>(plan.cut + 1);
  windows[plan.cut] = coarsest;
  for (let level = plan.cut - 1; level >= 0; level--) {
    windows[level] = halvedFrom(windows[level + 1], plan.widthAt(level), plan.heightAt(level));
  }
  return windows;
}

/** The windows of the levels 0 … K that collapsing down to the tile needs. */
export function windowsUpFrom(tile: Window, plan: Plan): Array<Window> {
  const windows = new Array<Window>(plan.cut + 1);
  windows[0] = tile;
  for (let level = 1; level <= plan.cut; level++) {
    windows[level] = expandedFrom(windows[level - 1], plan.widthAt(level), plan.heightAt(level));
  }
  return windows;
}

/**
 * Rows of a level that must be at hand while a tile is blended: a row of the tile needs level K up to 2 rows further, and these about 4 · 2^K rows of the finest.
 */
function keptRows(cut: i32, level: i32): i32 {
  return max(8 << (cut - level), 16);
}

/** The Gaussian pyramids of all frames around one tile, without their finest level. */
export class FinePyramids {
  /** Level l of frame f is at f · K + l - 1, and so is what halves to it. */
  private levels: Array<Level> = new Array<Level>();
  private halvers: Array<Halver> = new Array<Halver>();
  private windows: Array<Window>;
  private rows: Rows;
  /** The row of each level that is made next. */
  private next: Array<i32> = new Array<i32>();
  private weightRows: i32 = 0;
  /** For each frame its last finest weights, the columns of the tile. */
  private weights: Array<usize> = new Array<usize>();

  /** Level K is kept as a whole. The others are kept as far as blending needs them, or not at all. */
  constructor(
    private scene: Scene,
    coarsest: Window,
    private blending: bool,
  ) {
    const plan = scene.plan;
    const cut = plan.cut;
    const windows = windowsDownTo(coarsest, plan);
    this.windows = windows;
    this.rows = new Rows(scene, windows[0].grown(1, plan.width, plan.height));
    for (let level = 0; level <= cut; level++) this.next.push(this.windows[level].y0);
    for (let frame = 0; frame < scene.frames.length; frame++) {
      for (let level = 1; level <= cut; level++) {
        const kept = level == cut ? coarsest.height : blending ? keptRows(cut, level) : 1;
        const window = this.windows[level];
        this.levels.push(newLevel(window, plan.widthAt(level), plan.heightAt(level), kept));
        const fine = level == 1 ? this.rows.window : this.windows[level - 1];
        const width = plan.widthAt(level - 1);
        this.halvers.push(new Halver(window, fine.x0, fine.x1, width, plan.heightAt(level - 1)));
      }
      if (!blending) continue;
      this.weightRows = keptRows(cut, 0);
      this.weights.push(heap.alloc((<usize>this.weightRows * scene.tile.width) << 2));
    }
  }

  level(frame: i32, level: i32): Level {
    return this.levels[frame * this.scene.plan.cut + level - 1];
  }

  /** The weights of the tile's row `y`, which was made not long ago. */
  weightsAt(frame: i32, y: i32): usize {
    const row = (y - this.scene.tile.y0) & (this.weightRows - 1);
    return this.weights[frame] + ((<usize>row * this.scene.tile.width) << 2);
  }

  /** Makes the rows of a level up to `y`, as far as its window goes. */
  makeUpTo(level: i32, y: i32): void {
    const last = min(y, this.windows[level].y1 - 1);
    while (this.next[level] <= last) this.makeFinest(this.next[0]++);
  }

  private makeFinest(y: i32): void {
    this.rows.make(y);
    const tile = this.scene.tile;
    const shift = <usize>((tile.x0 - this.rows.window.x0) * 4);
    for (let frame = 0; frame < this.scene.frames.length; frame++) {
      const weights = this.rows.weights(frame, y);
      this.halver(frame, 1).take(y, this.rows.pixels(frame, y), weights, 4);
      if (this.blending && y >= tile.y0 && y < tile.y1) {
        memory.copy(this.weightsAt(frame, y), weights + shift, (<usize>tile.width) << 2);
      }
    }
    this.giveAfter(y, 1);
  }

  /** Makes those rows of `level`, and of the levels after it, for which row `y` of the finer level was the last that was missing. */
  private giveAfter(y: i32, level: i32): void {
    const end = this.windows[level - 1].y1;
    for (let row = this.next[level]; row < this.windows[level].y1; row++) {
      if (min(2 * row + 2, end - 1) > y) return;
      for (let frame = 0; frame < this.scene.frames.length; frame++) {
        const to = this.level(frame, level).row(row);
        this.halver(frame, level).give(row, to);
        if (level < this.scene.plan.cut) this.halver(frame, level + 1).take(row, to, to + 12, pixelBytes);
      }
      this.next[level] = row + 1;
      if (level < this.scene.plan.cut) this.giveAfter(row, level + 1);
    }
  }

  private halver(frame: i32, level: i32): Halver {
    return this.halvers[frame * this.scene.plan.cut + level - 1];
  }
}
