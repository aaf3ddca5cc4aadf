// The file's segments up to a scan: T.81, appendix B. Every length comes from a stranger, so `Segment` checks each read.
import { check } from "../abi";
import { defineHuffman } from "./huffman";
import { Component, Picture, naturalOrder } from "./picture";

/** Four tables of 64 u16 factors in natural order. */
const quantisation = memory.data(4 * 128, 16);
const quantisationDefined = memory.data(4);

export function quantisationTable(id: i32): usize {
  check(
    load<u8>(quantisationDefined + <usize>id) != 0,
    "the picture uses a quantisation table that was not defined",
  );
  return quantisation + <usize>id * 128;
}

/** A reader that fails with words beyond its end. */
export class Segment {
  constructor(
    public position: usize,
    public end: usize,
  ) {}

  byte(): i32 {
    check(this.position < this.end, "the file ends, or a segment is shorter than it should be");
    return <i32>load<u8>(this.position++);
  }

  word(): i32 {
    const high = this.byte();
    return (high << 8) | this.byte();
  }

  /** The segment that begins here, without its length; this reader goes on after it. */
  inner(): Segment {
    const length = this.word() - 2;
    check(
      length >= 0 && <i32>(this.end - this.position) >= length,
      "the file ends in the middle of a segment",
    );
    const segment = new Segment(this.position, this.position + length);
    this.position += length;
    return segment;
  }

  /** The next marker's second byte; what lies before it is passed over, as every reader does. */
  marker(): i32 {
    let code = 0;
    while (code == 0) {
      while (this.byte() != 0xff) {}
      do code = this.byte();
      while (code == 0xff);
    }
    return code;
  }

  left(): i32 {
    return <i32>(this.end - this.position);
  }
}

/** Reads a segment that describes something; frames and scans are the caller's. */
export function readTables(code: i32, file: Segment, picture: Picture): void {
  const segment = file.inner();
  if (code == 0xdb) readQuantisation(segment);
  else if (code == 0xc4) readHuffman(segment);
  else if (code == 0xdd) picture.restartInterval = segment.word();
  else if (code == 0xe0)
    picture.jfif = picture.jfif || (segment.left() >= 5 && load<u32>(segment.position) == 0x4649464a);
  else if (code == 0xee && segment.left() >= 12 && load<u32>(segment.position) == 0x626f6441) {
    picture.adobeTransform = <i32>load<u8>(segment.position, 11);
  }
}

function readQuantisation(segment: Segment): void {
  while (segment.left() > 0) {
    const head = segment.byte();
    const id = head & 15;
    check(id < 4 && head >> 4 < 2, "a quantisation table is not as the standard says");
    for (let k: usize = 0; k < 64; k++) {
      const factor = head >> 4 == 0 ? segment.byte() : segment.word();
      const at = <usize>load<u8>(naturalOrder + k);
      store<u16>(quantisation + <usize>id * 128 + (at << 1), <u16>factor);
    }
    store<u8>(quantisationDefined + <usize>id, 1);
  }
}

function readHuffman(segment: Segment): void {
  while (segment.left() > 0) {
    const head = segment.byte();
    check((head & 15) < 4 && head >> 4 < 2, "a Huffman table is not as the standard says");
    const counts = segment.position;
    let total = 0;
    for (let length = 0; length < 16; length++) total += segment.byte();
    check(total <= 256 && total <= segment.left(), "a Huffman table is longer than its segment");
    defineHuffman(head >> 4, head & 15, counts, segment.position, total);
    segment.position += total;
  }
}

/** Reads the frame's header, `code` being its marker; kinds that nobody's camera writes are refused with words. */
export function readFrame(code: i32, file: Segment, picture: Picture): void {
  check(picture.components.length == 0, "the file holds more than one frame");
  check(code <= 0xc2, "only baseline, extended and progressive JPEG with Huffman codes can be read");
  picture.progressive = code == 0xc2;
  const segment = file.inner();
  check(segment.byte() == 8, "only JPEG of 8 bits can be read");
  picture.height = segment.word();
  picture.width = segment.word();
  check(picture.height > 0 && picture.width > 0, "the picture has no size in its header");
  const count = segment.byte();
  check(count != 4, "a JPEG in CMYK cannot be read: convert it to RGB first");
  check(count == 1 || count == 3, "the picture has a number of components that nobody knows");
  for (let i = 0; i < count; i++) {
    const component = new Component();
    component.id = segment.byte();
    const factors = segment.byte();
    component.horizontal = factors >> 4;
    component.vertical = factors & 15;
    component.quantisation = segment.byte();
    check(
      component.horizontal >= 1 &&
        component.horizontal <= 4 &&
        component.vertical >= 1 &&
        component.vertical <= 4,
      "a sampling factor is not as the standard says",
    );
    check(component.quantisation < 4, "a component names a quantisation table that cannot be");
    picture.components.push(component);
  }
  picture.measure();
}
