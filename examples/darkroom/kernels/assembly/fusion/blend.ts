// Blending and collapsing the levels of a tile, row by row.
import { FinePyramids } from "./fine";
import { Level, addDetail, addExpanded, divideByWeight, expandColumns, newColumns } from "./pyramid";
import { newLevel, pixelBytes } from "./pyramid";
import { readSamples } from "./rows";
import { Scene, modeBlending } from "./scene";
import { Window } from "./window";

/** Collapsed rows that are kept: expanding reads three. A power of two. */
const keptRows: i32 = 8;

export class TileBlend {
  /** The collapsed levels; the finest is not among them, so level l is at l - 1. */
  private collapsed: Array<Level> = new Array<Level>();
  /** The row of each of them that is made next. */
  private next: Array<i32> = new Array<i32>();
  private columns: usize;
  private sums: usize;
  private pixels: usize;

  constructor(
    private scene: Scene,
    private pyramids: FinePyramids,
    private windows: Array<Window>,
    coarsest: Level,
  ) {
    const plan = scene.plan;
    for (let level = 1; level < plan.cut; level++) {
      const window = windows[level];
      this.collapsed.push(newLevel(window, plan.widthAt(level), plan.heightAt(level), keptRows));
      this.next.push(window.y0);
    }
    this.collapsed.push(coarsest);
    this.columns = newColumns(scene.tile.width + 4);
    this.sums = heap.alloc(<usize>(scene.tile.width * pixelBytes));
    this.pixels = heap.alloc(<usize>(scene.tile.width * pixelBytes));
  }

  /** The fused row `y` of the tile: colours, and the sum of the weights. It lives until the next one is made. */
  row(y: i32): usize {
    this.prepare(0, y);
    const tile = this.scene.tile;
    memory.fill(this.sums, 0, <usize>(tile.width * pixelBytes));
    for (let frame = 0; frame < this.scene.frames.length; frame++) {
      readSamples(this.scene, frame, y, tile.x0, tile.x1, this.pixels);
      this.add(0, frame, y, this.sums, this.pixels, this.pyramids.weightsAt(frame, y), 4);
    }
    this.finish(0, y, this.sums);
    return this.sums;
  }

  /** Makes everything that row `y` of a level is blended from. */
  private prepare(level: i32, y: i32): void {
    this.pyramids.makeUpTo(level, y);
    this.pyramids.makeUpTo(level + 1, (y >> 1) + 1);
    if (level + 1 < this.scene.plan.cut) this.collapse(level + 1, (y >> 1) + 1);
  }

  /** Makes the collapsed rows of a level up to `y`, as far as its window goes. */
  private collapse(level: i32, y: i32): void {
    const window = this.windows[level];
    for (let row = this.next[level - 1]; row <= min(y, window.y1 - 1); row++) {
      this.prepare(level, row);
      const sums = this.collapsed[level - 1].row(row);
      memory.fill(sums, 0, <usize>(window.width * pixelBytes));
      for (let frame = 0; frame < this.scene.frames.length; frame++) {
        const pixels = this.pyramids.level(frame, level).pixel(window.x0, row);
        this.add(level, frame, row, sums, pixels, pixels + 12, pixelBytes);
      }
      this.finish(level, row, sums);
      this.next[level - 1] = row + 1;
    }
  }

  private add(level: i32, frame: i32, y: i32, sums: usize, pixels: usize, weights: usize, step: usize): void {
    const window = this.windows[level];
    const coarser = this.pyramids.level(frame, level + 1);
    const column = expandColumns(coarser, y, window.x0, window.x1, this.columns);
    addDetail(sums, pixels, weights, step, column, window.x0, window.x1);
  }

  private finish(level: i32, y: i32, sums: usize): void {
    const window = this.windows[level];
    if (this.scene.mode == modeBlending) divideByWeight(sums, window.width);
    const column = expandColumns(this.collapsed[level], y, window.x0, window.x1, this.columns);
    addExpanded(sums, column, window.x0, window.x1);
  }
}
