/** The module is not what the binary format says (https://webassembly.github.io/spec/core/binary/), or uses what a kernel may not. */
export class ModuleFault extends Error {
  override readonly name = "ModuleFault";
}

/** Reads the binary format of WebAssembly, strictly and only forwards. */
export class ModuleReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#end;
  }

  byte(): number {
    if (this.#at >= this.#end) throw new ModuleFault("it ends in the middle");
    // Within the bounds just checked.
    return this.#bytes[this.#at++] ?? 0;
  }

  skip(count: number): void {
    if (count > this.#end - this.#at) throw new ModuleFault("it ends in the middle");
    this.#at += count;
  }

  /** Unsigned LEB128 of at most 32 bits. */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        if (value > 0xffff_ffff) break;
        return value;
      }
    }
    throw new ModuleFault("a number in it is too long");
  }

  /** Passes a LEB128 of at most `bits` bits, signed or not. */
  skipNumber(bits: number): void {
    for (let at = 0; at < Math.ceil(bits / 7); at += 1) if (this.byte() < 0x80) return;
    throw new ModuleFault("a number in it is too long");
  }

  /** UTF-8 text with its length before it. */
  name(): string {
    const length = this.u32();
    const start = this.#at;
    this.skip(length);
    return new TextDecoder().decode(this.#bytes.subarray(start, this.#at));
  }

  /** A part with its length before it, as a reader of its own; this one goes on behind it. */
  part(): ModuleReader {
    const length = this.u32();
    const start = this.#at;
    this.skip(length);
    return new ModuleReader(this.#bytes, start, this.#at);
  }

  /** A vector: its length, then `read` for each element. */
  each<T>(read: (reader: ModuleReader) => T): T[] {
    const count = this.u32();
    if (count > this.#end - this.#at) throw new ModuleFault("it ends in the middle"); // an element has a byte at least
    return Array.from({ length: count }, () => read(this));
  }
}
