// Huffman tables and the reader of entropy-coded data: T.81, appendix C and section F.2.2.
import { check } from "../abi";

const lookupBits: i32 = 10;
/** In a table: u16 (length << 8 | symbol) for each prefix; then i32 limit and i32 offset for each length; then symbols. */
const limitAt: usize = 2 << lookupBits;
const offsetAt: usize = limitAt + 18 * 4;
const symbolsAt: usize = offsetAt + 18 * 4;
const tableBytes: usize = symbolsAt + 256;

const tables = memory.data(8 * (2048 + 144 + 256));
const defined = memory.data(8);

/** Address of table `id` (0…3) of a class (0 = DC, 1 = AC); fails when the file has not defined it. */
export function huffmanTable(tableClass: i32, id: i32): usize {
  const index = <usize>(tableClass * 4 + id);
  check(load<u8>(defined + index) != 0, "a scan uses a Huffman table that was not defined");
  return tables + index * tableBytes;
}

/** Builds a table from the 16 counts at `counts` and the `total` symbols at `symbols`. */
export function defineHuffman(tableClass: i32, id: i32, counts: usize, symbols: usize, total: i32): void {
  const index = <usize>(tableClass * 4 + id);
  const table = tables + index * tableBytes;
  memory.fill(table, 0, tableBytes);
  memory.copy(table + symbolsAt, symbols, total);
  let code = 0;
  let position = 0;
  for (let length = 1; length <= 16; length++) {
    const count = <i32>load<u8>(counts + <usize>(length - 1));
    store<i32>(table + offsetAt + ((<usize>length) << 2), position - code);
    check(code + count <= 1 << length, "a Huffman table has too many codes");
    for (let i = 0; i < count && length <= lookupBits; i++) {
      const symbol = <i32>load<u8>(symbols + <usize>(position + i));
      const first = (code + i) << (lookupBits - length);
      for (let fill = 0; fill < 1 << (lookupBits - length); fill++) {
        store<u16>(table + ((<usize>(first + fill)) << 1), <u16>((length << 8) | symbol));
      }
    }
    code += count;
    position += count;
    // Codes of this length, seen as 16 bits, lie below the limit.
    store<i32>(table + limitAt + ((<usize>length) << 2), code << (16 - length));
    code <<= 1;
  }
  store<u8>(defined + index, 1);
}

/** Length and symbol (length << 8 | symbol) of the code that `bits` begin with (most significant bit first). */
export function lookUp(table: usize, bits: u64): i32 {
  const fast = <i32>load<u16>(table + ((<usize>(bits >> (64 - lookupBits))) << 1));
  if (fast != 0) return fast;
  const prefix = <i32>(bits >> 48);
  for (let length = lookupBits + 1; length <= 16; length++) {
    if (prefix < load<i32>(table + limitAt + ((<usize>length) << 2))) {
      const index = (prefix >> (16 - length)) + load<i32>(table + offsetAt + ((<usize>length) << 2));
      return (length << 8) | <i32>load<u8>(table + symbolsAt + <usize>index);
    }
  }
  check(false, "the picture's data holds a code that its tables do not know");
  return 0;
}

/** Bits of entropy-coded data; zeros follow where a marker or the file's end stops it. */
export class BitReader {
  /** The next bits, most significant first; `count` of them are there. */
  bits: u64 = 0;
  count: i32 = 0;
  /** How many of the bits were made up. */
  padded: i32 = 0;
  position: usize = 0;
  end: usize = 0;

  start(position: usize, end: usize): void {
    this.bits = 0;
    this.count = this.padded = 0;
    this.position = position;
    this.end = end;
  }

  /** At least 32 bits are there afterwards. */
  refill(): void {
    if (this.count > 32) return;
    if (this.position + 4 <= this.end) {
      const word = load<u32>(this.position);
      // No byte of the word is 0xff (a cautious test: it may say so of a word without one).
      if (((~word - 0x0101_0101) & word & 0x8080_8080) == 0) {
        this.bits |= (<u64>bswap<u32>(word)) << (32 - this.count);
        this.count += 32;
        this.position += 4;
        return;
      }
    }
    while (this.count <= 32) this.pushByte();
  }

  private pushByte(): void {
    let byte: u64 = 0;
    if (this.position < this.end) {
      byte = <u64>load<u8>(this.position);
      if (byte != 0xff) {
        this.position++;
      } else if (this.position + 1 < this.end && load<u8>(this.position, 1) == 0) {
        this.position += 2;
      } else {
        byte = 0;
        this.padded += 8;
      }
    } else {
      this.padded += 8;
    }
    this.bits |= byte << (56 - this.count);
    this.count += 8;
  }

  /** Fails when bits were used that the file does not have. */
  checkEnd(): void {
    check(this.padded <= this.count, "the file ends, or is damaged, in the middle of the picture");
  }

  /** The next `length` bits, 0…16. */
  read(length: i32): i32 {
    if (length == 0) return 0;
    this.refill();
    const value = <i32>(this.bits >> <u64>(64 - length));
    this.skip(length);
    return value;
  }

  skip(length: i32): void {
    this.bits <<= <u64>length;
    this.count -= length;
  }

  symbol(table: usize): i32 {
    this.refill();
    const found = lookUp(table, this.bits);
    this.skip(found >> 8);
    return found & 255;
  }

  /** A value of `size` magnitude bits with its sign: T.81, EXTEND. */
  signed(size: i32): i32 {
    return extend(this.read(size), size);
  }
}

export function extend(value: i32, size: i32): i32 {
  return size > 0 && value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
}
