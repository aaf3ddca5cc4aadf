// Baseline encoder for a band of a picture. Bands are divided by restart markers, so each can be encoded by itself, and the
// pieces put behind each other are the file.
import { check } from "../abi";
import { Tile, readTile, sampleU8 } from "../tile";
import { forwardTransform } from "./forward";
import { divideUp, growTo, naturalOrder } from "./picture";
import { standardHuffman, standardHuffmanBytes, standardQuantisation } from "./standard-tables";
import { Writer, prepareCodes } from "./writer";

/** Factors of luma and chroma (u8, natural order), and their reciprocals (f32). */
const factors = memory.data(128, 16);
const reciprocals = memory.data(512, 16);
const samples = memory.data(256, 16);
const levels = memory.data(256, 16);
/** Planes of one MCU: luma, blue and red as f32, 16 × 16 each at most. */
const planes = memory.data(3 * 1024, 16);
/** No coefficient needs more than a code of 16 bits and 11 bits, each byte perhaps stuffed. */
const maxBlockBytes = 64 * 8;
const headerRoom = 1024;

export class Encoder {
  /** Side of an MCU: 16 with chroma of half the size, otherwise 8. */
  private mcu: i32 = 8;
  private writer: Writer = new Writer();
  private tiles: Tile[] = [];
  private tilesWide: i32 = 0;
  private predictions: StaticArray<i32> = new StaticArray<i32>(3);

  constructor(
    private width: i32,
    private height: i32,
    quality: i32,
    private halfChroma: bool,
    private top: i32,
    private rows: i32,
    private side: i32,
  ) {
    this.mcu = halfChroma ? 16 : 8;
    this.tilesWide = divideUp(width, side);
    check(side % this.mcu == 0 && top % this.mcu == 0, "tiles and bands of a JPEG begin at whole MCUs");
    check(
      top + rows == height || (top + rows < height && rows % this.mcu == 0),
      "a band of a JPEG does not fit the picture",
    );
    prepareFactors(quality);
    prepareCodes();
  }

  /** Reads the band's tiles, row by row. */
  read(inputs: i32, inputCount: i32): void {
    const tilesHigh = divideUp(this.rows, this.side);
    check(inputCount == this.tilesWide * tilesHigh, "the tiles do not make up the band");
    for (let i = 0; i < inputCount; i++) {
      const tile = readTile(inputs, inputCount, i);
      const fits =
        tile.width == min(this.side, this.width - (i % this.tilesWide) * this.side) &&
        tile.height == min(this.side, this.rows - (i / this.tilesWide) * this.side);
      check(
        fits && tile.sample == sampleU8 && tile.channels == 3,
        "a tile of the band is not as it should be",
      );
      this.tiles.push(tile);
    }
  }

  /** Encodes the band; `bandRows` is the height of every band but the last. Answers the writer with the piece. */
  write(bandRows: i32): Writer {
    const mcusWide = divideUp(this.width, this.mcu);
    const mcusHigh = divideUp(this.rows, this.mcu);
    const interval = mcusWide * divideUp(bandRows, this.mcu);
    const whole = bandRows == this.height;
    check(whole || interval <= 65_535, "a band of a JPEG has more than 65,535 MCUs");
    check(
      whole || (bandRows % this.mcu == 0 && this.top % bandRows == 0),
      "bands of a JPEG have equal heights",
    );
    const rowBound = <i64>mcusWide * (this.halfChroma ? 6 : 3) * maxBlockBytes + headerRoom;
    const writer = new Writer();
    this.writer = writer;
    // How long the piece becomes is known at its end: it is written where the heap ends, and nothing may be allocated meanwhile.
    writer.begin(heap.alloc(0));
    growTo(<i64>writer.position + rowBound);
    if (this.top == 0) this.header(whole ? 0 : interval);
    for (let y = 0; y < mcusHigh; y++) {
      growTo(<i64>writer.position + rowBound);
      for (let x = 0; x < mcusWide; x++) this.putMcu(x * this.mcu, y * this.mcu);
    }
    writer.flush();
    writer.byte(0xff);
    writer.byte(this.top + this.rows == this.height ? 0xd9 : 0xd0 + ((this.top / bandRows) & 7));
    return writer;
  }

  private header(interval: i32): void {
    const writer = this.writer;
    writer.word(0xffd8);
    writer.word(0xffe0);
    writer.word(16);
    writer.word(0x4a46); // "JFIF\0", version 1.1, no density, no thumbnail
    writer.word(0x4946);
    for (let i = 0; i < 5; i++)
      writer.word(i == 0 ? 0x0001 : i == 1 ? 0x0100 : i == 2 || i == 3 ? 0x0001 : 0);
    writer.word(0xffdb);
    writer.word(2 + 2 * 65);
    for (let table: usize = 0; table < 2; table++) {
      writer.byte(<i32>table);
      for (let k: usize = 0; k < 64; k++) {
        writer.byte(<i32>load<u8>(factors + table * 64 + <usize>load<u8>(naturalOrder + k)));
      }
    }
    writer.word(0xffc0);
    writer.word(17);
    writer.byte(8);
    writer.word(this.height);
    writer.word(this.width);
    writer.byte(3);
    for (let id = 1; id <= 3; id++) {
      writer.byte(id);
      writer.byte(id == 1 && this.halfChroma ? 0x22 : 0x11);
      writer.byte(id == 1 ? 0 : 1);
    }
    writer.word(0xffc4);
    writer.word(2 + standardHuffmanBytes);
    for (let i = 0; i < standardHuffmanBytes; i++) writer.byte(<i32>load<u8>(standardHuffman + <usize>i));
    if (interval > 0) {
      writer.word(0xffdd);
      writer.word(4);
      writer.word(interval);
    }
    writer.word(0xffda);
    writer.word(12);
    writer.byte(3);
    for (let id = 1; id <= 3; id++) writer.word((id << 8) | (id == 1 ? 0 : 0x11));
    writer.word(0x003f);
    writer.byte(0);
  }

  private putMcu(left: i32, top: i32): void {
    this.loadPlanes(left, top);
    for (let block = 0; block < (this.halfChroma ? 4 : 1); block++) {
      const from = planes + <usize>(((block >> 1) * 8 * 16 + (block & 1) * 8) * 4);
      for (let y: usize = 0; y < 8; y++) memory.copy(samples + y * 32, from + y * 64, 32);
      this.putBlock(0);
    }
    for (let component = 1; component < 3; component++) {
      const from = planes + <usize>(component * 1024);
      for (let y = 0; y < 8; y++) {
        for (let x = 0; x < 8; x++) {
          store<f32>(
            samples + <usize>((y * 8 + x) * 4),
            this.halfChroma ? boxOf(from, x, y) : at(from, x, y),
          );
        }
      }
      this.putBlock(component);
    }
  }

  /** Fills `planes` with an MCU; pixels beyond the picture's edge repeat the edge. */
  private loadPlanes(left: i32, top: i32): void {
    for (let y = 0; y < this.mcu; y++) {
      const row = min(top + y, this.rows - 1);
      for (let x = 0; x < this.mcu; x++) {
        const column = min(left + x, this.width - 1);
        const tile = this.tiles[(row / this.side) * this.tilesWide + column / this.side];
        const pixel = tile.data + <usize>(((row % this.side) * tile.width + (column % this.side)) * 3);
        const r = <f32>load<u8>(pixel);
        const g = <f32>load<u8>(pixel, 1);
        const b = <f32>load<u8>(pixel, 2);
        const to = planes + <usize>((y * 16 + x) * 4);
        store<f32>(to, 0.299 * r + 0.587 * g + 0.114 * b - 128);
        store<f32>(to, -0.168_735_9 * r - 0.331_264_1 * g + 0.5 * b, 1024);
        store<f32>(to, 0.5 * r - 0.418_687_6 * g - 0.081_312_4 * b, 2048);
      }
    }
  }

  /** Transforms and writes the block in `samples`: T.81, F.1.2. */
  private putBlock(component: i32): void {
    const chroma = component == 0 ? 0 : 1;
    const writer = this.writer;
    forwardTransform(samples, reciprocals + <usize>(chroma * 256), levels);
    const dc = load<i32>(levels);
    const difference = dc - this.predictions[component];
    this.predictions[component] = dc;
    const dcSize = 32 - clz(abs(difference));
    writer.code(chroma, dcSize);
    if (dcSize > 0) writer.put(difference < 0 ? difference - 1 : difference, dcSize);
    let run = 0;
    for (let k: usize = 1; k < 64; k++) {
      const value = load<i32>(levels + ((<usize>load<u8>(naturalOrder + k)) << 2));
      if (value == 0) {
        run++;
        continue;
      }
      for (; run > 15; run -= 16) writer.code(2 + chroma, 0xf0);
      const size = 32 - clz(abs(value));
      writer.code(2 + chroma, (run << 4) | size);
      writer.put(value < 0 ? value - 1 : value, size);
      run = 0;
    }
    if (run > 0) writer.code(2 + chroma, 0);
  }
}

function at(plane: usize, x: i32, y: i32): f32 {
  return load<f32>(plane + <usize>((y * 16 + x) * 4));
}

function boxOf(plane: usize, x: i32, y: i32): f32 {
  const sum = at(plane, 2 * x, 2 * y) + at(plane, 2 * x + 1, 2 * y) + at(plane, 2 * x, 2 * y + 1);
  return (sum + at(plane, 2 * x + 1, 2 * y + 1)) * 0.25;
}

/** Scales the standard factors by a quality of 1…100 as the JPEG library does. */
function prepareFactors(quality: i32): void {
  const scale = quality < 50 ? 5000 / quality : 200 - quality * 2;
  for (let i: usize = 0; i < 128; i++) {
    const factor = min(max((<i32>load<u8>(standardQuantisation + i) * scale + 50) / 100, 1), 255);
    store<u8>(factors + i, <u8>factor);
    // The transform answers transposed twice, so factors lie in natural order here too.
    store<f32>(reciprocals + (i << 2), <f32>1 / <f32>factor);
  }
}
