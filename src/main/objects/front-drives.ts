import { openDirectoryDisk } from "#drivers/disk/disk.ts";
import type { Clock } from "#lib/clock.ts";
import { LocalShards } from "#objects/data/local-shards.ts";
import type { ShardStore } from "#objects/data/shard-store.ts";
import { boundDisk, type BoundedDisk } from "#objects/drive/bounded-disk.ts";
import type { DriveView } from "#objects/records.ts";
import type { Drill, FeedFacts } from "#objects/wire/messages.ts";

interface OpenDrive {
  readonly id: string;
  readonly path: string;
  readonly disk: BoundedDisk;
  readonly shards: ShardStore;
}

/** The drives as a front reaches them: opened when the catalog names them, with the faults that are made on purpose. */
export class FrontDrives {
  readonly #clock: Clock;
  readonly #open = new Map<number, OpenDrive>();
  #views: readonly DriveView[] = [];
  #drillEnds: Disposable[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get views(): readonly DriveView[] {
    return this.#views;
  }

  disk(number: number): BoundedDisk | undefined {
    return this.#open.get(number)?.disk;
  }

  shards(number: number): ShardStore | undefined {
    return this.#open.get(number)?.shards;
  }

  update({ drives, drills }: FeedFacts): void {
    this.#views = drives;
    const numbers = new Set(drives.map(({ number }) => number));
    for (const number of this.#open.keys()) if (!numbers.has(number)) this.#open.delete(number);
    for (const { number, id, path } of drives) {
      const known = this.#open.get(number);
      if (known?.id === id && known.path === path) continue;
      const disk = boundDisk(openDirectoryDisk(path), { clock: this.#clock });
      this.#open.set(number, { id, path, disk, shards: new LocalShards(disk) });
    }
    this.#setDrills(drills);
  }

  #setDrills(drills: readonly Drill[]): void {
    for (const end of this.#drillEnds) end[Symbol.dispose]();
    this.#drillEnds = [];
    for (const [number, { disk }] of this.#open) {
      const drill = drills.find(({ drive, until }) => drive === number && until > this.#clock.now());
      if (disk.drill !== drill?.fault) disk.setDrill(drill?.fault);
      if (drill === undefined) continue;
      this.#drillEnds.push(
        this.#clock.after(drill.until - this.#clock.now(), () => disk.setDrill(undefined)),
      );
    }
  }
}
