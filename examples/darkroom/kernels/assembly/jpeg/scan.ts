// Scans: which blocks come in which order, and the restarts between them (T.81, A.2 and E.2).
import { check } from "../abi";
import { Band, decodeAcFirst, decodeAcRefine, decodeBlock, decodeDcFirst, decodeDcRefine } from "./blocks";
import { BitReader, huffmanTable } from "./huffman";
import { Component, Picture, divideUp } from "./picture";
import { Segment, quantisationTable } from "./segments";
import { flatBlock, inverseTransform } from "./transform";

const scratch = memory.data(128, 16);

export class Scan {
  components: Component[] = [];
  band: Band = new Band();
  reader: BitReader = new BitReader();
  private untilRestart: i32 = 0;

  constructor(
    private picture: Picture,
    private file: Segment,
  ) {
    const segment = file.inner();
    const count = segment.byte();
    check(count >= 1 && count <= picture.components.length, "a scan has more components than the frame");
    for (let i = 0; i < count; i++) this.readComponent(segment);
    const band = this.band;
    band.first = segment.byte();
    band.last = segment.byte();
    const shifts = segment.byte();
    band.high = shifts >> 4;
    band.low = shifts & 15;
    if (picture.progressive) {
      check(
        band.first <= band.last &&
          band.last < 64 &&
          band.low < 14 &&
          (band.first > 0 || band.last == 0) &&
          (band.first == 0 || count == 1) &&
          (band.high == 0 || band.high == band.low + 1),
        "a progressive scan is not as the standard says",
      );
    } else {
      band.high = band.low = 0;
    }
    this.reader.start(file.position, file.end);
    this.untilRestart = picture.restartInterval;
  }

  private readComponent(segment: Segment): void {
    const id = segment.byte();
    const tables = segment.byte();
    check((tables & 15) < 4 && tables >> 4 < 4, "a scan names a Huffman table that cannot be");
    const all = this.picture.components;
    for (let i = 0; i < all.length; i++) {
      const component = all[i];
      if (component.id != id || this.components.includes(component)) continue;
      component.dcTable = tables >> 4;
      component.acTable = tables & 15;
      component.prediction = 0;
      this.components.push(component);
      return;
    }
    check(false, "a scan names a component that the frame does not have");
  }

  /** Decodes a row of MCUs of a scan with every component, straight to samples in the rings. */
  streamRow(row: i32): void {
    for (let column = 0; column < this.picture.mcusWide; column++) {
      for (let i = 0; i < this.components.length; i++) {
        const component = this.components[i];
        const dc = huffmanTable(0, component.dcTable);
        const ac = huffmanTable(1, component.acTable);
        const table = quantisationTable(component.quantisation);
        for (let y = 0; y < component.vertical; y++) {
          for (let x = 0; x < component.horizontal; x++) {
            memory.fill(scratch, 0, 128);
            const last = decodeBlock(this.reader, component, dc, ac, scratch);
            const blockX = column * component.horizontal + x;
            const to = component.row((row * component.vertical + y) * 8) + <usize>(blockX * 8);
            if (last == 0) flatBlock(<i32>load<i16>(scratch) * <i32>load<u16>(table), to, component.stride);
            else inverseTransform(scratch, table, to, component.stride);
          }
        }
      }
      this.afterMcu();
    }
  }

  /** Decodes the whole scan into the components' coefficients. */
  store(): void {
    if (this.components.length == 1) {
      // Alone, a component comes block by block, without those that only fill up the last MCUs.
      const component = this.components[0];
      const wide = divideUp(component.width, 8);
      const high = divideUp(component.height, 8);
      for (let y = 0; y < high; y++) {
        for (let x = 0; x < wide; x++) {
          this.storeBlock(component, x, y);
          this.afterMcu();
        }
      }
    } else {
      for (let row = 0; row < this.picture.mcusHigh; row++) {
        for (let column = 0; column < this.picture.mcusWide; column++) this.storeMcu(column, row);
      }
    }
    this.finish();
  }

  /** Leaves the file behind this scan's data. */
  finish(): void {
    this.file.position = this.reader.position;
  }

  private storeMcu(column: i32, row: i32): void {
    for (let i = 0; i < this.components.length; i++) {
      const component = this.components[i];
      for (let y = 0; y < component.vertical; y++) {
        for (let x = 0; x < component.horizontal; x++) {
          this.storeBlock(component, column * component.horizontal + x, row * component.vertical + y);
        }
      }
    }
    this.afterMcu();
  }

  private storeBlock(component: Component, x: i32, y: i32): void {
    const block = component.coefficients + ((<usize>(y * component.blocksWide + x)) << 7);
    const band = this.band;
    if (!this.picture.progressive) {
      memory.fill(block, 0, 128);
      const dc = huffmanTable(0, component.dcTable);
      decodeBlock(this.reader, component, dc, huffmanTable(1, component.acTable), block);
    } else if (band.first == 0) {
      if (band.high == 0)
        decodeDcFirst(this.reader, component, huffmanTable(0, component.dcTable), band, block);
      else decodeDcRefine(this.reader, band, block);
    } else {
      const ac = huffmanTable(1, component.acTable);
      if (band.high == 0) decodeAcFirst(this.reader, ac, band, block);
      else decodeAcRefine(this.reader, ac, band, block);
    }
  }

  private afterMcu(): void {
    this.reader.checkEnd();
    if (this.picture.restartInterval == 0) return;
    if (--this.untilRestart > 0) return;
    this.untilRestart = this.picture.restartInterval;
    this.band.endOfBand = 0;
    for (let i = 0; i < this.components.length; i++) this.components[i].prediction = 0;
    // The last interval may end without a restart marker: then what follows is read as padding, and used by nobody.
    let position = this.reader.position;
    if (
      position + 1 < this.file.end &&
      load<u8>(position) == 0xff &&
      (load<u8>(position, 1) & 0xf8) == 0xd0
    ) {
      position += 2;
    }
    this.reader.start(position, this.file.end);
  }
}
