// Where rows of the picture go: made smaller, turned as EXIF says, and cut into tiles.
import { headerBytes, newTile, sampleU8 } from "../tile";
import { outputs, setOutput } from "../abi";
import { divideUp } from "./picture";

export class TileSink {
  /** Size before and after turning. */
  private width: i32 = 0;
  private height: i32 = 0;
  private turnedWidth: i32 = 0;
  private turnedHeight: i32 = 0;
  private tilesWide: i32 = 0;
  private tilesHigh: i32 = 0;
  private tiles: StaticArray<usize> = new StaticArray<usize>(0);
  /** Sums of samples of the rows that make one smaller row; unused at level 0. */
  private sums: usize = 0;
  private small: usize = 0;
  private sourceRow: i32 = 0;

  /** For a picture of `sourceWidth` × `sourceHeight`, 1/2^`level` as large, turned by EXIF's `orientation`. */
  constructor(
    private sourceWidth: i32,
    private sourceHeight: i32,
    private orientation: i32,
    private side: i32,
    private level: i32,
  ) {
    this.width = divideUp(sourceWidth, 1 << level);
    this.height = divideUp(sourceHeight, 1 << level);
    const turned = orientation >= 5;
    this.turnedWidth = turned ? this.height : this.width;
    this.turnedHeight = turned ? this.width : this.height;
    this.tilesWide = divideUp(this.turnedWidth, side);
    this.tilesHigh = divideUp(this.turnedHeight, side);
    this.tiles = new StaticArray<usize>(this.tilesWide * this.tilesHigh);
    for (let y = 0; y < this.tilesHigh; y++) {
      for (let x = 0; x < this.tilesWide; x++) {
        this.tiles[y * this.tilesWide + x] = newTile(sampleU8, 3, this.wide(x), this.high(y));
      }
    }
    if (level > 0) {
      this.sums = heap.alloc(<usize>this.width * 12);
      this.small = heap.alloc(<usize>this.width * 3);
      memory.fill(this.sums, 0, <usize>this.width * 12);
    }
  }

  /** Takes the next row of RGB. */
  put(rgb: usize): void {
    const y = this.sourceRow++;
    if (this.level == 0) {
      this.place(rgb, y);
      return;
    }
    const mask = (1 << this.level) - 1;
    this.accumulate(rgb);
    if ((y & mask) == mask || y == this.sourceHeight - 1) {
      this.shrink((y & mask) + 1);
      this.place(this.small, y >> this.level);
    }
  }

  /** All tiles, row by row. */
  answer(): i32 {
    const table = outputs(this.tiles.length);
    for (let y = 0; y < this.tilesHigh; y++) {
      for (let x = 0; x < this.tilesWide; x++) {
        const index = y * this.tilesWide + x;
        setOutput(table, index, this.tiles[index], <i32>headerBytes + this.wide(x) * this.high(y) * 3);
      }
    }
    return table;
  }

  private wide(x: i32): i32 {
    return min(this.side, this.turnedWidth - x * this.side);
  }

  private high(y: i32): i32 {
    return min(this.side, this.turnedHeight - y * this.side);
  }

  private accumulate(rgb: usize): void {
    for (let x = 0; x < this.sourceWidth; x++) {
      const sum = this.sums + <usize>((x >> this.level) * 12);
      const pixel = rgb + <usize>(x * 3);
      store<u32>(sum, load<u32>(sum) + <u32>load<u8>(pixel));
      store<u32>(sum, load<u32>(sum, 4) + <u32>load<u8>(pixel, 1), 4);
      store<u32>(sum, load<u32>(sum, 8) + <u32>load<u8>(pixel, 2), 8);
    }
  }

  /** The mean of each box, rounded to the nearest; boxes at the right and lower edge hold fewer pixels. */
  private shrink(rows: i32): void {
    for (let x = 0; x < this.width; x++) {
      const columns = min(1 << this.level, this.sourceWidth - (x << this.level));
      const count = <u32>(rows * columns);
      for (let channel = 0; channel < 3; channel++) {
        const sum = this.sums + <usize>((x * 3 + channel) * 4);
        store<u8>(this.small + <usize>(x * 3 + channel), <u8>((load<u32>(sum) + (count >> 1)) / count));
        store<u32>(sum, 0);
      }
    }
  }

  /** Writes a row: to a row, or a column, of the turned picture, run by run within tiles. */
  private place(rgb: usize, y: i32): void {
    const o = this.orientation;
    const turned = o >= 5;
    // Orientations: 2 mirrors, 3 turns by 180°, 4 flips, 5 transposes, 6 turns by 90°, 7 transverses, 8 turns by 270°.
    const backwards = o == 2 || o == 3 || o == 7 || o == 8;
    const fixed = o == 3 || o == 4 || o == 6 || o == 7 ? this.height - 1 - y : y;
    let done = 0;
    while (done < this.width) {
      const along = backwards ? this.width - 1 - done : done;
      const left = backwards ? (along % this.side) + 1 : this.side - (along % this.side);
      const run = min(left, this.width - done);
      const column = turned ? fixed : along;
      const row = turned ? along : fixed;
      const tileX = column / this.side;
      const tileY = row / this.side;
      const tile = this.tiles[tileY * this.tilesWide + tileX] + headerBytes;
      const bytesAcross = this.wide(tileX) * 3;
      const to = tile + <usize>((row - tileY * this.side) * bytesAcross + (column - tileX * this.side) * 3);
      const step = (turned ? bytesAcross : 3) * (backwards ? -1 : 1);
      copyPixels(rgb + <usize>(done * 3), to, step, run);
      done += run;
    }
  }
}

function copyPixels(from: usize, to: usize, step: i32, count: i32): void {
  if (step == 3) {
    memory.copy(to, from, <usize>(count * 3));
    return;
  }
  for (let i = 0; i < count; i++) {
    store<u16>(to, load<u16>(from));
    store<u8>(to, load<u8>(from, 2), 2);
    from += 3;
    to += <usize>step;
  }
}
