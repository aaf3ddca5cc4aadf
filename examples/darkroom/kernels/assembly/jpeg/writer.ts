// Bytes of a file in the making: segments and entropy-coded bits.
import { standardHuffman, standardHuffmanBytes } from "./standard-tables";

/** For each of four tables (DC luma, DC chroma, AC luma, AC chroma) 256 u32: code << 8 | length. */
const codes = memory.data(4 * 1024);

export class Writer {
  start: usize = 0;
  position: usize = 0;
  private bits: u64 = 0;
  private count: i32 = 0;

  /** Writes from `start` on; the caller makes sure that there is room. */
  begin(start: usize): void {
    this.start = this.position = start;
  }

  byte(value: i32): void {
    store<u8>(this.position++, <u8>value);
  }

  word(value: i32): void {
    this.byte(value >> 8);
    this.byte(value & 255);
  }

  /** The lowest `length` bits of `value`, 1…27. */
  put(value: i32, length: i32): void {
    this.bits = (this.bits << (<u64>length)) | <u64>(value & ((1 << length) - 1));
    this.count += length;
    while (this.count >= 8) {
      this.count -= 8;
      const byte = <i32>(this.bits >> <u64>this.count) & 255;
      this.byte(byte);
      if (byte == 255) this.byte(0);
    }
  }

  code(table: i32, symbol: i32): void {
    const entry = load<u32>(codes + ((<usize>(table * 256 + symbol)) << 2));
    this.put(<i32>(entry >> 8), <i32>(entry & 255));
  }

  /** Fills up the last byte with ones. */
  flush(): void {
    if (this.count > 0) this.put(127, 8 - this.count);
    this.bits = 0;
    this.count = 0;
  }
}

/** Derives the codes of the standard tables: T.81, appendix C. */
export function prepareCodes(): void {
  let at: usize = 0;
  while (at < <usize>standardHuffmanBytes) {
    const head = <i32>load<u8>(standardHuffman + at);
    const table = (head >> 4) * 2 + (head & 15);
    const counts = standardHuffman + at + 1;
    let symbol = counts + 16;
    let code: u32 = 0;
    for (let length: u32 = 1; length <= 16; length++) {
      for (let i: u32 = <u32>load<u8>(counts + length - 1); i > 0; i--) {
        store<u32>(codes + ((<usize>table * 256 + <usize>load<u8>(symbol++)) << 2), (code++ << 8) | length);
      }
      code <<= 1;
    }
    at = symbol - standardHuffman;
  }
}
