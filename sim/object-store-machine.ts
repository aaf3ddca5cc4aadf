import { writeIdentity } from "#objects/drive/identity.ts";
import { driveFolders } from "#objects/drive/paths.ts";
import type { DriveRecord, DriveState } from "#objects/records.ts";
import { ManualClock } from "#sim/clock.ts";
import { SimulatedDisk, type DiskFault, type DiskOperation } from "#sim/disk.ts";
import { LifeClock } from "#sim/life-clock.ts";
import { KeptIndex } from "#sim/object-store-index.ts";
import { SeededRandom } from "#sim/random.ts";
import { settleWithin } from "./settle.ts";

export const storeId = "store";

/** One drive of the store, and the disk that is plugged in at its place. */
export interface MachineDrive {
  record: DriveRecord;
  disk: SimulatedDisk;
  /** As the monitor of drives would see it. */
  state: DriveState;
  /** Share of it that is free, as fronts are told. */
  free: number;
}

export interface MachineFaults {
  /** Operation of the whole machine at which the power goes; Infinity: never. */
  readonly crashAt: number;
  readonly onOperation?: (
    drive: number,
    operation: { readonly type: DiskOperation; readonly index: number },
  ) => DiskFault | undefined;
}

/** What stays when programs end: drives, a data directory, an index that may be lost. It lives several lives. */
export class StoreMachine {
  readonly random: SeededRandom;
  readonly clock = new ManualClock();
  readonly drives: MachineDrive[] = [];
  /** Numbers of drives that were taken out for good. */
  readonly forgotten: number[] = [];
  dataDirectory: SimulatedDisk;
  index = new KeptIndex();
  isOff = true;
  operations = 0;
  #lifeClock: LifeClock;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.#lifeClock = new LifeClock(this.clock);
    this.dataDirectory = this.newDisk();
  }

  static async founded(seed: number, driveCount: number): Promise<StoreMachine> {
    const machine = new StoreMachine(seed);
    machine.isOff = false;
    for (let count = 0; count < driveCount; count += 1) await machine.settle(machine.addDrive());
    machine.isOff = true;
    return machine;
  }

  get lifeClock(): LifeClock {
    return this.#lifeClock;
  }

  newDisk(): SimulatedDisk {
    return new SimulatedDisk({ clock: this.clock, random: this.random });
  }

  async addDrive(): Promise<void> {
    const number = this.drives.length + this.forgotten.length;
    const id = `drive-${number}`;
    const disk = new SimulatedDisk({ clock: this.clock, random: this.random, folders: driveFolders });
    await writeIdentity(disk, { storeId, driveId: id, number });
    const record = { number, id, path: id, wanted: "active", addedAt: 0 } as const;
    this.drives.push({ record, disk, state: "ok", free: 1 });
  }

  drive(number: number): MachineDrive | undefined {
    return this.drives.find(({ record }) => record.number === number);
  }

  powerOn(faults: MachineFaults = { crashAt: Infinity }): void {
    this.isOff = false;
    this.operations = 0;
    this.#lifeClock = new LifeClock(this.clock);
    const watch = (disk: SimulatedDisk, drive: number | undefined) => {
      disk.plan = (operation) => {
        this.operations += 1;
        if (this.operations === faults.crashAt) this.powerOff("crash");
        return drive === undefined ? undefined : faults.onOperation?.(drive, operation);
      };
    };
    for (const { disk, record } of this.drives) watch(disk, record.number);
    watch(this.dataDirectory, undefined);
  }

  /** After this no call of the life that ends returns, and none of its timers runs. */
  powerOff(how: "crash" | "kill"): void {
    if (this.isOff) return;
    this.isOff = true;
    this.#lifeClock.end();
    for (const drive of this.drives) drive.disk = drive.disk[how]();
    this.dataDirectory = this.dataDirectory[how]();
    this.index = this.index.survivor(this.random);
  }

  /** Lets time go on until it is done; undefined when the power went. */
  async settle<T>(promise: Promise<T>): Promise<T | undefined> {
    return await settleWithin(promise, { clock: this.clock, isOff: () => this.isOff, maxSteps: 3000 });
  }
}
