import { openDirectoryDisk } from "#drivers/disk/disk.ts";
import type { Clock } from "#lib/clock.ts";
import type { DrillFault } from "#objects/admin.ts";
import { nextCondition, type DriveCondition, type DriveObservation } from "#objects/care/drive-state.ts";
import type { Finding } from "#objects/catalog.ts";
import { LocalShards } from "#objects/data/local-shards.ts";
import type { ShardStore } from "#objects/data/shard-store.ts";
import { boundDisk, type BoundedDisk } from "#objects/drive/bounded-disk.ts";
import { diskErrorCode } from "#objects/drive/disk-error.ts";
import { judgeIdentity, readIdentity } from "#objects/drive/identity.ts";
import { driveFolders, temporaryFolder } from "#objects/drive/paths.ts";
import type { JournalDrive } from "#objects/journal/journal-drives.ts";
import type { DriveRecord, DriveView } from "#objects/records.ts";
import type { Drill } from "#objects/wire/messages.ts";

/** What the catalog's process knows of one drive. */
export interface StoreDrive {
  record: DriveRecord;
  readonly disk: BoundedDisk;
  readonly shards: ShardStore;
  condition: DriveCondition;
  space: { readonly totalBytes: number; readonly freeBytes: number };
  /** Reported by fronts and by the journal since the last look. */
  reported: number;
  /** Errors of our own calls that were counted already. */
  counted: number;
  /** All troubles since the start. */
  errors: number;
  looks: number;
  /** Its folders were made, or found, behind its identity. */
  hasFolders: boolean;
  /** A write found no room, though the file system counts some: a quota, or its own reserve. */
  isProbeDue: boolean;
  drill: Drill | undefined;
}

/** A healthy drive is written to for a test in every so many looks; one that is not, in each. */
const probeEvery = 10;
/** Free space that fronts hear of, so that use alone is no news. */
const spaceUnit = 64 * 1024 ** 2;
const probePath = `${temporaryFolder}/probe`;

/** The drives of the store, and in which condition they are. */
export class StoreDrives {
  readonly #clock: Clock;
  readonly #storeId: string;
  readonly #drives = new Map<number, StoreDrive>();

  constructor(storeId: string, clock: Clock) {
    this.#storeId = storeId;
    this.#clock = clock;
  }

  /** Follows the records: new drives are opened, others get the operator's new wish or path, and what is gone is let go. */
  set(records: readonly DriveRecord[]): void {
    const numbers = new Set(records.map(({ number }) => number));
    for (const number of this.#drives.keys()) if (!numbers.has(number)) this.#drives.delete(number);
    for (const record of records) {
      const known = this.#drives.get(record.number);
      if (known?.record.path === record.path) known.record = record;
      else this.#drives.set(record.number, this.#opened(record));
    }
  }

  /** The drive's disk, when it is there and the right one. */
  reachable(number: number): BoundedDisk | undefined {
    const drive = this.#drives.get(number);
    const state = drive?.condition.state;
    return state === "missing" || state === "wrong" || state === "failed" ? undefined : drive?.disk;
  }

  get(number: number): StoreDrive | undefined {
    return this.#drives.get(number);
  }

  all(): readonly StoreDrive[] {
    return [...this.#drives.values()];
  }

  views(): readonly DriveView[] {
    return this.all().map(({ record, condition, space }) => ({
      ...record,
      state: condition.state,
      ...(condition.reason === undefined ? {} : { reason: condition.reason }),
      since: condition.since,
      totalBytes: space.totalBytes,
      freeBytes: Math.floor(space.freeBytes / spaceUnit) * spaceUnit,
    }));
  }

  drills(): readonly Drill[] {
    return this.all().flatMap(({ drill }) => (drill === undefined ? [] : [drill]));
  }

  forJournal(): readonly JournalDrive[] {
    return this.all().map(({ record: { number }, disk, condition: { state } }) => {
      const isThere = state !== "missing" && state !== "wrong" && state !== "failed";
      return { number, state, ...(isThere ? { disk } : {}) };
    });
  }

  report(findings: readonly Finding[]): void {
    for (const { drive, kind, count } of findings) {
      const known = this.#drives.get(drive);
      if (known === undefined) continue;
      known.errors += count;
      if (kind === "no-space") known.isProbeDue = true;
      // A damaged block or a shard that is gone is repaired; only a drive that does not do what it is asked is in trouble.
      if (kind === "io-error" || kind === "late" || kind === "read-only") known.reported += count;
    }
  }

  trouble(drive: number): void {
    const known = this.#drives.get(drive);
    if (known === undefined) return;
    known.reported += 1;
    known.errors += 1;
  }

  setDrill(number: number, fault: DrillFault | undefined, until = 0): void {
    const drive = this.#drives.get(number);
    if (drive === undefined) return;
    drive.disk.setDrill(fault);
    drive.drill = fault === undefined ? undefined : { drive: number, fault, until };
  }

  /** One look at every drive, side by side: none waits for another's. True when the condition of any is another now. */
  async look(): Promise<boolean> {
    const changed = await Promise.all(this.all().map(async (drive) => await this.#lookAt(drive)));
    return changed.includes(true);
  }

  async #lookAt(drive: StoreDrive): Promise<boolean> {
    if (drive.drill !== undefined && drive.drill.until <= this.#clock.now())
      this.setDrill(drive.record.number, undefined);
    const seen = await this.#observe(drive);
    const before = drive.condition;
    drive.space = { totalBytes: seen.totalBytes, freeBytes: seen.freeBytes };
    drive.looks += 1;
    const now = { wall: this.#clock.now(), monotonic: this.#clock.monotonic() };
    drive.condition = nextCondition(before, seen, now);
    return drive.condition.state !== before.state;
  }

  async #observe(drive: StoreDrive): Promise<DriveObservation> {
    const { record, disk } = drive;
    const { number, id, wanted } = record;
    const expected = { storeId: this.#storeId, driveId: id, number };
    // Side by side and without waiting for a drive that stalls: its oldest call says enough.
    const verdict = await this.#inTime(
      readIdentity(disk).then((found) => judgeIdentity(found, expected)),
      (error) => ({ state: "unreadable", reason: `it does not answer (${diskErrorCode(error)})` }) as const,
    );
    const space = verdict.state === "ok" ? await this.#inTime(disk.space(), () => drive.space) : drive.space;
    const isProbed =
      verdict.state === "ok" &&
      (drive.condition.state !== "ok" || drive.isProbeDue || drive.looks % probeEvery === 0);
    drive.isProbeDue = false;
    if (verdict.state === "ok" && !drive.hasFolders)
      drive.hasFolders = await this.#inTime(makeFolders(disk), () => false);
    const probe = isProbed ? await this.#inTime(probeOf(disk), () => "failed" as const) : undefined;
    const health = disk.health();
    const own = health.errors + health.late - drive.counted;
    drive.counted += own;
    drive.errors += own;
    const troubles = own + drive.reported;
    drive.reported = 0;
    return {
      wanted,
      verdict,
      ...space,
      troubles,
      oldestCallMs: health.oldestMs,
      ...(probe === undefined ? {} : { probe }),
    };
  }

  async #inTime<T, F>(task: Promise<T>, otherwise: (error: unknown) => F): Promise<T | F> {
    const { promise, resolve } = Promise.withResolvers<F>();
    using _late = this.#clock.after(lookWithinMs, () => resolve(otherwise({ code: "ETIMEDOUT" })));
    return await Promise.race([task.catch(otherwise), promise]);
  }

  #opened(record: DriveRecord): StoreDrive {
    const disk = boundDisk(openDirectoryDisk(record.path), { clock: this.#clock });
    return {
      record,
      disk,
      shards: new LocalShards(disk),
      condition: { state: "ok", since: this.#clock.now() },
      space: { totalBytes: 0, freeBytes: 0 },
      reported: 0,
      counted: 0,
      errors: 0,
      looks: 0,
      hasFolders: false,
      isProbeDue: false,
      drill: undefined,
    };
  }
}

/** An answer that takes longer is no answer for now. */
const lookWithinMs = 1_500;
const probeBytes = Buffer.alloc(4096, 0x5a);

/** Only behind a good identity; elsewhere nobody makes any. They are durable when what is first written into them is. */
async function makeFolders(disk: BoundedDisk): Promise<true> {
  for (const folder of driveFolders) await disk.makeDirectory(folder);
  await disk.syncDirectory("");
  return true;
}

/** Only behind a good identity: an empty mount point must not be written. */
async function probeOf(disk: BoundedDisk): Promise<NonNullable<DriveObservation["probe"]>> {
  try {
    await disk.unlink(probePath).catch(() => undefined); // what an earlier one left; otherwise `create` says so
    const file = await disk.create(probePath);
    try {
      await file.write(probeBytes, 0);
      await file.sync();
      const into = Buffer.alloc(probeBytes.length);
      await file.read(into, 0);
      return into.equals(probeBytes) ? "good" : "failed";
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = diskErrorCode(error);
    if (code === "EROFS") return "read-only";
    return code === "ENOSPC" || code === "EDQUOT" ? "no-space" : "failed";
  }
}
