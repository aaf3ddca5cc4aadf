import type { Clock } from "#lib/clock.ts";
import type { SeededRandom } from "#sim/random.ts";

/** What a disk writes whole or not at all. */
const sectorBytes = 512;

type Change =
  | { readonly type: "write"; readonly bytes: Uint8Array; readonly at: number }
  | { readonly type: "truncate"; readonly size: number };

/** One file: what programs see, and what is on the platter. */
export class SimulatedFile {
  #seen = new Content();
  #durable = new Content();
  /** Since the last sync, in order. */
  #unsynced: Change[] = [];
  /** Were there when a sync failed: seen, but no later sync makes them durable (as Linux marks failed pages clean). */
  #lost: Change[] = [];
  readonly #clock: Clock;
  modifiedAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.modifiedAt = clock.now();
  }

  get size(): number {
    return this.#seen.size;
  }

  write(bytes: Uint8Array, at: number): void {
    this.#change({ type: "write", bytes: new Uint8Array(bytes), at });
  }

  truncate(size: number): void {
    this.#change({ type: "truncate", size });
  }

  #change(change: Change): void {
    this.modifiedAt = this.#clock.now();
    this.#seen.apply(change);
    this.#unsynced.push(change);
  }

  read(into: Uint8Array, at: number): number {
    return this.#seen.read(into, at);
  }

  sync(): void {
    for (const change of this.#unsynced) this.#durable.apply(change);
    this.#unsynced = [];
  }

  syncFailed(): void {
    this.#lost.push(...this.#unsynced);
    this.#unsynced = [];
  }

  /** Any subset of the unsynced sectors reached the platter; a length may have without its bytes. */
  crash(random: SeededRandom): void {
    const longest = this.#seen.size;
    for (const change of [...this.#lost, ...this.#unsynced]) this.#crashOne(change, random);
    if (longest > this.#durable.size && random.chance(0.2))
      this.#durable.apply({ type: "truncate", size: longest });
    this.#unsynced = [];
    this.#lost = [];
    this.#seen = this.#durable.copy();
  }

  #crashOne(change: Change, random: SeededRandom): void {
    // Whole changes are kept and lost more often than torn, as on real disks; a torn one loses any of its sectors.
    const fate = random.fraction();
    if (fate < 0.35) return;
    if (fate < 0.65 || change.type === "truncate") return this.#durable.apply(change);
    const end = change.at + change.bytes.byteLength;
    for (let from = change.at; from < end;) {
      const to = Math.min(end, (Math.floor(from / sectorBytes) + 1) * sectorBytes);
      const bytes = change.bytes.subarray(from - change.at, to - change.at);
      if (random.chance(0.5)) this.#durable.apply({ type: "write", bytes, at: from });
      from = to;
    }
  }

  /** One bit is another from now on, without anybody having written. */
  rot(at: number, bit: number): void {
    this.#seen.flip(at, bit);
    this.#durable.flip(at, bit);
  }
}

class Content {
  #bytes = new Uint8Array(0);
  size = 0;

  copy(): Content {
    const copy = new Content();
    copy.#bytes = this.#bytes.slice(0, this.size);
    copy.size = this.size;
    return copy;
  }

  apply(change: Change): void {
    if (change.type === "write") {
      this.#grow(change.at + change.bytes.byteLength);
      this.#bytes.set(change.bytes, change.at);
    } else {
      this.#grow(change.size);
      this.#bytes.fill(0, change.size);
      this.size = change.size;
    }
  }

  #grow(size: number): void {
    if (size > this.#bytes.byteLength) {
      const bytes = new Uint8Array(Math.max(size, this.#bytes.byteLength * 2));
      bytes.set(this.#bytes);
      this.#bytes = bytes;
    }
    this.size = Math.max(this.size, size);
  }

  read(into: Uint8Array, at: number): number {
    const found = this.#bytes.subarray(Math.min(at, this.size), Math.min(at + into.byteLength, this.size));
    into.set(found);
    return found.byteLength;
  }

  flip(at: number, bit: number): void {
    if (at < this.size) this.#bytes[at] = (this.#bytes[at] ?? 0) ^ (1 << bit);
  }
}
