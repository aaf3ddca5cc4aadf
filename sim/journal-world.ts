import type { Mutation } from "#objects/catalog/index-contract.ts";
import { boundDisk } from "#objects/drive/bounded-disk.ts";
import { driveFolders } from "#objects/drive/paths.ts";
import { readWhole, replaceFile } from "#objects/drive/whole-file.ts";
import type { WitnessFile } from "#objects/drive/witness.ts";
import type { Appended } from "#objects/journal/journal-contract.ts";
import { openJournal, type ReplicatedJournal } from "#objects/journal/journal.ts";
import type { JournalLimits } from "#objects/journal/limits.ts";
import type { BlobPlace } from "#objects/records.ts";
import { ManualClock } from "#sim/clock.ts";
import { SimulatedDisk, type DiskFault, type DiskOperation } from "#sim/disk.ts";
import { SeededRandom } from "#sim/random.ts";
import { settleWithin } from "./settle.ts";

/** Small, so that short histories have many segments. */
const limits: Partial<JournalLimits> = { segmentBytes: 8192, frameBytes: 4096, holdMs: 5000 };

/** A batch that was asked for, told by the value of its last row. */
export interface Asked {
  readonly id: number;
  state: "waiting" | "acknowledged" | "refused";
}

export interface Faults {
  /** Operation of the whole machine at which the power goes; Infinity: never. */
  readonly crashAt: number;
  readonly onOperation?: (
    drive: number,
    operation: { readonly type: DiskOperation; readonly index: number },
  ) => DiskFault | undefined;
}

/** A machine with drives, a data directory and one journal; it lives several lives. */
export class JournalWorld {
  readonly random: SeededRandom;
  readonly clock = new ManualClock();
  readonly drives: SimulatedDisk[];
  #dataDirectory: SimulatedDisk;
  isOff = false;
  operations = 0;
  /** Places and bytes of rows, as an index would know them. */
  readonly places = new Map<string, BlobPlace>();
  readonly blobs = new Map<string, string>();
  readonly #bytesAt = new Map<string, string>();
  /** What went wrong in the world itself. */
  fault: unknown;
  #ids = 0;

  constructor(seed: number, driveCount: number) {
    this.random = new SeededRandom(seed);
    const disk = { clock: this.clock, random: this.random };
    const drive = () => new SimulatedDisk({ ...disk, folders: driveFolders });
    this.drives = Array.from({ length: driveCount }, drive);
    this.#dataDirectory = new SimulatedDisk(disk);
  }

  /** Switches on; nothing runs yet. */
  powerOn(faults: Faults): void {
    this.isOff = false;
    this.operations = 0;
    const all = [...this.drives, this.#dataDirectory];
    for (const [drive, disk] of all.entries())
      disk.plan = (operation) => {
        this.operations += 1;
        if (this.operations === faults.crashAt) this.powerOff("crash");
        return drive < this.drives.length ? faults.onOperation?.(drive, operation) : undefined;
      };
  }

  powerOff(how: "crash" | "kill"): void {
    if (this.isOff) return;
    this.isOff = true;
    for (const [index, disk] of this.drives.entries()) this.drives[index] = disk[how]();
    this.#dataDirectory = this.#dataDirectory[how]();
  }

  #witness(): WitnessFile {
    const disk = this.#dataDirectory;
    return {
      read: () => readWhole(disk, "witness.json", 65536),
      write: (bytes) => replaceFile(disk, "witness.json", bytes),
    };
  }

  /** Undefined: the power went before it was open. Throws what the opening throws. */
  async open(missing: readonly number[] = [], forgotten: readonly number[] = []) {
    const drives = this.drives.map((disk, number) =>
      missing.includes(number)
        ? { number, state: "missing" as const }
        : { number, disk: boundDisk(disk, { clock: this.clock }), state: "ok" as const },
    );
    return this.settle(
      openJournal({
        storeId: "store",
        drives,
        forgotten,
        witness: this.#witness(),
        clock: this.clock,
        random: this.random,
        limits,
      }),
    );
  }

  /** Lets time go on until it is done; undefined when the power went. */
  async settle<T>(promise: Promise<T>): Promise<T | undefined> {
    return await settleWithin(promise, { clock: this.clock, isOff: () => this.isOff, maxSteps: 2000 });
  }

  /** Appends a batch of up to three changes and a row that numbers it. */
  append(journal: ReplicatedJournal): Asked {
    this.#ids += 1;
    const asked: Asked = { id: this.#ids, state: "waiting" };
    const mutations: Mutation[] = [];
    const used = new Set<string>();
    for (let count = this.random.below(3); count > 0; count -= 1) {
      const key = `key-${this.random.below(6)}`;
      if (used.has(key)) continue;
      used.add(key);
      mutations.push(this.#change(key, asked.id));
    }
    mutations.push({ type: "put", key: Buffer.from("batch"), value: Buffer.from(String(asked.id)) });
    this.#follow(journal.append(mutations), asked).catch((fault: unknown) => (this.fault = fault));
    return asked;
  }

  /** A row with bytes is in the journal. */
  placed(key: string, value: Uint8Array, place: BlobPlace): void {
    this.places.set(key, place);
    const bytes = this.blobs.get(Buffer.from(value).toString());
    if (bytes !== undefined) this.#bytesAt.set(`${place.segment}/${place.offset}`, bytes);
  }

  async #follow(appending: Promise<Appended>, asked: Asked): Promise<void> {
    try {
      const { mutations } = await appending;
      asked.state = "acknowledged";
      for (const mutation of mutations) {
        const key = Buffer.from(mutation.key).toString();
        if (mutation.type === "put" && mutation.place !== undefined)
          this.placed(key, mutation.value, mutation.place);
        else this.places.delete(key);
      }
    } catch {
      asked.state = "refused";
    }
  }

  #change(key: string, id: number): Mutation {
    const bytes = { type: "put", key: Buffer.from(key), value: Buffer.from(`${key}@${id}`) } as const;
    const kind = this.random.below(4);
    if (kind === 0) return { type: "remove", key: bytes.key };
    const keep = this.places.get(key);
    if (kind === 1 && keep === undefined) return bytes;
    if (kind === 1 && keep !== undefined) {
      this.blobs.set(`${key}@${id}`, this.#bytesAt.get(`${keep.segment}/${keep.offset}`) ?? "unknown");
      return { ...bytes, keep };
    }
    const blob = this.random.bytes(this.random.below(1500));
    this.blobs.set(`${key}@${id}`, Buffer.from(blob).toString("base64"));
    return { ...bytes, blob };
  }
}
