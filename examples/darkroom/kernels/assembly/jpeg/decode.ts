// A whole file: segments, scans, and the way of the samples to the tiles.
import { check } from "../abi";
import { Component, Picture, needMemory } from "./picture";
import { RowMaker } from "./rows";
import { Scan } from "./scan";
import { Segment, quantisationTable, readFrame, readTables } from "./segments";
import { TileSink } from "./sink";
import { inverseTransform } from "./transform";

/** More scans than any encoder writes, and few enough that a small file cannot ask for hours. */
const maxScans = 100;

export class Decoder {
  private picture: Picture = new Picture();
  private file: Segment;
  private scans: i32 = 0;

  constructor(address: usize, bytes: i32) {
    this.file = new Segment(address, address + <usize>bytes);
    check(bytes >= 4 && load<u16>(address) == 0xd8ff, "the file is no JPEG");
    this.file.position += 2;
  }

  decode(orientation: i32, side: i32, level: i32): i32 {
    const scan = this.nextScan();
    check(scan != null, "the file ends before the picture's data");
    const picture = this.picture;
    const streaming = !picture.progressive && scan!.components.length == picture.components.length;
    needMemory(this.memoryNeeded(streaming, side, level));
    for (let i = 0; i < picture.components.length; i++) reserve(picture.components[i], streaming);
    const sink = new TileSink(picture.width, picture.height, orientation, side, level);
    if (!streaming) this.storeScans(scan!);
    const rows = new RowMaker(picture);
    for (let row = 0; row < picture.mcusHigh; row++) {
      if (streaming) scan!.streamRow(row);
      else this.transformRow(row);
      if (row > 0) this.emit(row - 1, rows, sink);
    }
    this.emit(picture.mcusHigh - 1, rows, sink);
    return sink.answer();
  }

  /** Reads up to the next scan's data; null at the end of the picture. */
  private nextScan(): Scan | null {
    const picture = this.picture;
    // Files without the last marker are common; whether every scan was there cannot be told from it.
    while (this.scans == 0 || this.file.left() >= 2) {
      const code = this.file.marker();
      if (code == 0xd9) return null;
      if (code == 0xda) {
        check(picture.components.length > 0, "a scan comes before the frame's header");
        check(++this.scans <= maxScans, "the picture has more scans than any encoder writes");
        return new Scan(picture, this.file);
      }
      const isFrame = code >= 0xc0 && code <= 0xcf && code != 0xc4 && code != 0xc8 && code != 0xcc;
      if (isFrame) readFrame(code, this.file, picture);
      else if (code != 0x01 && (code < 0xd0 || code > 0xd8)) readTables(code, this.file, picture);
    }
    return null;
  }

  private storeScans(first: Scan): void {
    let scan: Scan | null = first;
    let seen = 0;
    while (scan != null) {
      const all = this.picture.components;
      for (let i = 0; i < all.length; i++) {
        if (scan.band.first == 0 && scan.components.includes(all[i])) seen |= 1 << i;
      }
      scan.store();
      scan = this.nextScan();
    }
    check(seen == (1 << this.picture.components.length) - 1, "the file ends before every colour has come");
  }

  private memoryNeeded(streaming: bool, side: i32, level: i32): i64 {
    const picture = this.picture;
    const blocks = <i64>picture.mcusWide * picture.mcusHigh;
    let bytes: i64 = 65_536 + <i64>picture.width * 16;
    for (let i = 0; i < picture.components.length; i++) {
      const component = picture.components[i];
      const perMcu = component.horizontal * component.vertical;
      bytes += <i64>picture.mcusWide * perMcu * 3 * 64 + 64;
      if (!streaming) bytes += blocks * perMcu * 128;
    }
    const wide = <i64>(picture.width >> level) + 1;
    const high = <i64>(picture.height >> level) + 1;
    const tiles = (wide / side + 1) * (high / side + 1);
    check(tiles <= 8_192, "the picture has too many tiles");
    return bytes + wide * high * 3 + tiles * 64;
  }

  /** Transforms one row of MCUs out of the stored coefficients into the rings. */
  private transformRow(row: i32): void {
    for (let i = 0; i < this.picture.components.length; i++) {
      const component = this.picture.components[i];
      const table = quantisationTable(component.quantisation);
      for (let y = row * component.vertical; y < (row + 1) * component.vertical; y++) {
        const to = component.row(y * 8);
        const from = component.coefficients + ((<usize>(y * component.blocksWide)) << 7);
        for (let x = 0; x < component.blocksWide; x++) {
          inverseTransform(from + ((<usize>x) << 7), table, to + <usize>(x * 8), component.stride);
        }
      }
    }
  }

  /** Passes on the rows of one row of MCUs; the one after it lies in the rings already, for its first row's sake. */
  private emit(row: i32, rows: RowMaker, sink: TileSink): void {
    const picture = this.picture;
    const end = min(picture.height, (row + 1) * 8 * picture.vertical);
    for (let y = row * 8 * picture.vertical; y < end; y++) {
      rows.make(y);
      sink.put(rows.rgb);
    }
  }
}

function reserve(component: Component, streaming: bool): void {
  component.stride = component.blocksWide * 8;
  component.ringRows = 3 * 8 * component.vertical;
  component.ring = heap.alloc(<usize>(component.stride * component.ringRows) + 64);
  if (streaming) return;
  const bytes = (<usize>(component.blocksWide * component.blocksHigh)) << 7;
  component.coefficients = heap.alloc(bytes);
  memory.fill(component.coefficients, 0, bytes);
}
