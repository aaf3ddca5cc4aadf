// The levels that are made tile by tile.
import { Level, addDetail, addExpanded, addLevel, collapse, divideByWeight, expandColumns } from "./pyramid";
import { Halver, halve, newColumns, newLevel, pixelBytes } from "./pyramid";
import { Rows, readSamples } from "./rows";
import { Plan, Scene, modeBlending } from "./scene";
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

/** The pyramids of all frames around one tile, without their finest level: that one is made again, row by row, when it is needed. */
export class FinePyramids {
  /** Level l of frame f is at f · K + l - 1. */
  private levels: Array<Level> = new Array<Level>();
  private windows: Array<Window>;
  private columns: usize;
  /** For each frame the finest level's weights in the kept window; empty when none is kept. */
  private weights: Array<usize> = new Array<usize>();

  /** Builds the levels down to `coarsest`; keeps the finest weights within `kept`, when that is given. */
  constructor(
    private scene: Scene,
    coarsest: Window,
    private kept: Window | null,
  ) {
    const plan = scene.plan;
    this.windows = windowsDownTo(coarsest, plan);
    this.columns = newColumns(this.windows[0].width + 2);
    const frames = scene.frames.length;
    for (let frame = 0; frame < frames; frame++) {
      for (let level = 1; level <= plan.cut; level++) {
        this.levels.push(newLevel(this.windows[level], plan.widthAt(level), plan.heightAt(level)));
      }
      if (kept !== null) this.weights.push(heap.alloc((<usize>kept.width * kept.height) << 2));
    }
    this.halveRows();
    for (let level = 2; level <= plan.cut; level++) {
      for (let frame = 0; frame < frames; frame++) {
        halve(this.level(frame, level - 1), this.level(frame, level));
      }
    }
  }

  level(frame: i32, level: i32): Level {
    return this.levels[frame * this.scene.plan.cut + level - 1];
  }

  /** The first halving, while the finest rows go by. */
  private halveRows(): void {
    const plan = this.scene.plan;
    const finest = this.windows[0];
    const rows = new Rows(this.scene, finest.grown(1, plan.width, plan.height));
    const half = this.windows[1];
    const frames = this.scene.frames.length;
    const halvers = new Array<Halver>();
    for (let frame = 0; frame < frames; frame++) {
      halvers.push(new Halver(half, rows.window.x0, rows.window.x1, plan.width, plan.height));
    }
    let made = finest.y0;
    for (let y = half.y0; y < half.y1; y++) {
      for (; made < min(2 * y + 3, finest.y1); made++) {
        rows.make(made);
        this.keepWeights(rows, made);
        for (let frame = 0; frame < frames; frame++) {
          halvers[frame].take(made, rows.pixels(frame, made), rows.weights(frame, made), 4);
        }
      }
      for (let frame = 0; frame < frames; frame++) halvers[frame].give(y, this.level(frame, 1).row(y));
    }
  }

  private keepWeights(rows: Rows, y: i32): void {
    const kept = this.kept;
    if (kept === null || y < kept.y0 || y >= kept.y1) return;
    const bytes = <usize>(kept.width * 4);
    for (let frame = 0; frame < this.weights.length; frame++) {
      const from = rows.weights(frame, y) + <usize>((kept.x0 - rows.window.x0) * 4);
      memory.copy(this.weights[frame] + <usize>(y - kept.y0) * bytes, from, bytes);
    }
  }

  /**
   * Blends and collapses the levels K - 1 … 1 onto `coarsest`, the collapsed level K, and answers level 1. `windows` are those of the levels for the tile.
   */
  collapsed(coarsest: Level, windows: Array<Window>): Level {
    const plan = this.scene.plan;
    let below = coarsest;
    for (let level = plan.cut - 1; level >= 1; level--) {
      const sums = newLevel(windows[level], plan.widthAt(level), plan.heightAt(level));
      memory.fill(sums.data, 0, <usize>sums.bytes);
      for (let frame = 0; frame < this.scene.frames.length; frame++) {
        addLevel(sums, this.level(frame, level), this.level(frame, level + 1), this.columns);
      }
      if (this.scene.mode == modeBlending) divideByWeight(sums.data, sums.bytes / pixelBytes);
      collapse(sums, below, this.columns);
      below = sums;
    }
    return below;
  }

  /**
   * Blends row `y` of the finest level onto the collapsed level 1. `sums` and `pixels` have room for a row of the tile.
   */
  blendRow(sums: usize, pixels: usize, below: Level, y: i32): void {
    const tile = this.scene.tile;
    memory.fill(sums, 0, <usize>(tile.width * pixelBytes));
    for (let frame = 0; frame < this.scene.frames.length; frame++) {
      readSamples(this.scene, frame, y, tile.x0, tile.x1, pixels);
      const weights = this.weights[frame] + ((<usize>((y - tile.y0) * tile.width)) << 2);
      const column = expandColumns(this.level(frame, 1), y, tile.x0, tile.x1, this.columns);
      addDetail(sums, pixels, weights, 4, column, tile.x0, tile.x1);
    }
    if (this.scene.mode == modeBlending) divideByWeight(sums, tile.width);
    addExpanded(sums, expandColumns(below, y, tile.x0, tile.x1, this.columns), tile.x0, tile.x1);
  }
}
