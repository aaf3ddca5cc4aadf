import assert from "node:assert/strict";
import { VdcError } from "#api/errors.ts";
import type { WorkKind } from "#objects/admin.ts";
import { JournalError } from "#objects/journal/journal-error.ts";
import { storeLayout } from "#objects/drive/layout.ts";
import { S3Error } from "#objects/s3-error.ts";
import { StoreClients } from "#sim/object-store-clients.ts";
import { compare } from "#sim/object-store-compare.ts";
import {
  checkFullRedundancy,
  checkNothingIsLeft,
  checkNothingReferredIsAway,
  shardsToRepair,
} from "#sim/object-store-invariants.ts";
import { openLife, type StoreLife } from "#sim/object-store-life.ts";
import { StoreMachine, type MachineFaults } from "#sim/object-store-machine.ts";
import { mischief, rot } from "#sim/object-store-mischief.ts";
import { buckets, StoreModel, type Pending } from "#sim/object-store-model.ts";

const dayMs = 24 * 3_600_000;
const cares: readonly WorkKind[] = ["repair", "scrub", "collect-garbage", "clean-journal", "rebalance"];

/** What the victim of one life is, besides what it does. */
type Away = "there" | "away" | "swapped" | "lost";

/**
 * One store from its founding on: lives that end by a crash, with one drive in trouble, and after each everything is looked at and made whole again. Whoever knows the seed
 * sees the same history again.
 */
export class StoreHistory {
  readonly machine: StoreMachine;
  readonly model = new StoreModel();
  #fault: Error | undefined;
  /** Drives whose files may be missing or wrong now. */
  #ill: readonly number[] = [];
  /** One of a kind at a time. */
  #caring = new Set<WorkKind>();
  /** Operations of clients that were begun. */
  requests = 0;

  constructor(machine: StoreMachine) {
    this.machine = machine;
  }

  /** A store with its buckets. */
  static async founded(seed: number, driveCount: number): Promise<StoreHistory> {
    const history = new StoreHistory(await StoreMachine.founded(seed, driveCount));
    const { machine } = history;
    machine.powerOn();
    const life = await machine.settle(openLife(machine));
    assert.ok(life);
    for (const [name, versioning] of Object.entries(buckets)) {
      const bucket = { name, project: "p", versioning, acl: "private" } as const;
      await machine.settle(life.store.catalog.createBucket({ callId: name, bucket }));
    }
    machine.powerOff("kill");
    return history;
  }

  /** A life with trouble, and the time after it in which all is made whole. */
  async round(steps: number, crashAt: number): Promise<void> {
    const { machine } = this;
    const { random } = machine;
    const victim = machine.drives[random.below(machine.drives.length)]?.record.number ?? 0;
    const away = this.#strike(victim);
    const isOnlyDrive = machine.drives.length === 1;
    const onOperation = away === "there" ? mischief(random, victim, isOnlyDrive) : undefined;
    await this.#troubledLife(steps, { crashAt, ...(onOperation === undefined ? {} : { onOperation }) });
    this.#bringBack(victim, away);
    if (!isOnlyDrive && away !== "lost" && random.chance(0.3)) rot(machine, [victim]);
    this.#ill = [victim];
    if (away === "lost") await this.#replace(victim);
    else await this.#heal();
    const { m } = storeLayout(machine.drives.length);
    if (m === 0 || !random.chance(0.2)) return;
    // All is whole, so as many drives may rot as there is parity.
    this.#ill = machine.drives.map(({ record }) => record.number).slice(0, m);
    rot(machine, this.#ill);
    await this.#heal();
  }

  /** A life without any other trouble than its crash. Answers how many operations it had. */
  async crash(steps: number, crashAt: number): Promise<number> {
    await this.#troubledLife(steps, { crashAt });
    const { operations } = this.machine;
    await this.#heal();
    return operations;
  }

  #strike(victim: number): Away {
    const { machine } = this;
    const { random, drives } = machine;
    for (const drive of drives) drive.free = 0.2 + random.fraction() * 0.8;
    const drive = machine.drive(victim);
    this.#ill = [victim];
    if (drive === undefined || drives.length === 1) return "there";
    const kind = random.below(10);
    if (kind === 0) {
      drive.state = "missing";
      return "away";
    }
    if (kind === 1) {
      const other = drives.find((one) => one !== drive);
      assert.ok(other);
      [drive.disk, other.disk] = [other.disk, drive.disk];
      this.#ill = [victim, other.record.number];
      return "swapped";
    }
    if (kind === 2) {
      drive.disk = machine.newDisk();
      return "lost";
    }
    if (kind === 3 && drives.length > 2) drive.record = { ...drive.record, wanted: "drained" };
    drive.state = drive.record.wanted === "drained" ? "draining" : random.chance(0.2) ? "suspect" : "ok";
    return "there";
  }

  #bringBack(victim: number, away: Away): void {
    const { machine } = this;
    if (away === "swapped") {
      const [one, other] = this.#ill.map((number) => machine.drive(number));
      if (one !== undefined && other !== undefined) [one.disk, other.disk] = [other.disk, one.disk];
    }
    for (const drive of machine.drives) {
      const isLost = away === "lost" && drive.record.number === victim;
      drive.record = { ...drive.record, wanted: isLost ? "failed" : "active" };
      drive.state = isLost ? "failed" : "ok";
    }
  }

  async #troubledLife(steps: number, faults: MachineFaults): Promise<void> {
    const { machine } = this;
    const { random } = machine;
    this.#caring = new Set();
    machine.powerOn(faults);
    try {
      const life = await machine.settle(openLife(machine));
      if (life !== undefined) await this.#work(life, steps);
      if (life !== undefined && !machine.isOff && !life.isBroken() && random.chance(0.2))
        await machine.settle(life.journal.close());
    } catch (error) {
      // A store whose drives do not do what they are asked does not open; it says so and waits.
      if (!(error instanceof JournalError) && !isDiskError(error)) throw error;
    }
    machine.powerOff(random.chance(0.7) ? "crash" : "kill");
    this.#throwFault();
    this.model.rest();
  }

  async #work(life: StoreLife, steps: number): Promise<void> {
    const { machine, model } = this;
    const { random } = machine;
    const mayReadFail = storeLayout(machine.drives.length).m < this.#ill.length;
    const clients = new StoreClients(life.store, model, { random, mayReadFail });
    const underWay = new Set<Promise<void>>();
    for (let step = 0; step < steps && !machine.isOff && !life.isBroken(); step += 1) {
      for (let count = random.below(3); count > 0; count -= 1) {
        this.requests += 1;
        this.#begin(underWay, clients.request());
      }
      if (random.chance(0.15)) this.#begin(underWay, this.#care(life));
      if (random.chance(0.03)) await machine.clock.advance(8 * dayMs);
      await machine.clock.advance(random.below(4));
      this.#throwFault();
      if (!machine.isOff) checkNothingReferredIsAway(machine, life, this.#ill);
    }
    if (random.chance(0.3)) await machine.settle(Promise.all(underWay)).catch(() => undefined);
  }

  #begin(underWay: Set<Promise<void>>, task: Promise<void>): void {
    const run: Promise<void> = task
      .catch((fault: unknown) => {
        this.#fault ??= new Error("the store did what it must not", { cause: fault });
      })
      .finally(() => underWay.delete(run));
    underWay.add(run);
  }

  /** Some care while clients are there. It may fail as a drive does, or as the journal does. */
  async #care(life: StoreLife): Promise<void> {
    const { random, drives } = this.machine;
    const drained = drives.find(({ record }) => record.wanted !== "active")?.record.number;
    const kind: WorkKind =
      drained !== undefined && random.chance(0.4) ? "drain" : (cares[random.below(cares.length)] ?? "repair");
    if (this.#caring.has(kind)) return;
    this.#caring.add(kind);
    try {
      await life.works[kind]?.({
        ...(drained === undefined ? {} : { drive: drained }),
        signal: new AbortController().signal,
        progress: () => undefined,
      });
    } catch (error) {
      const isExpected =
        error instanceof S3Error ||
        error instanceof JournalError ||
        error instanceof VdcError ||
        isDiskError(error) ||
        (error instanceof Error && ["TooFewShards", "TooFewDrives"].includes(error.name));
      if (!isExpected) throw error;
    } finally {
      this.#caring.delete(kind);
    }
  }

  #throwFault(): void {
    if (this.#fault !== undefined) throw this.#fault;
  }

  /** The drives do what they should again: all that was acknowledged is there, and becomes whole. May itself crash. */
  async #heal(): Promise<void> {
    const { machine } = this;
    const { random } = machine;
    const crashes = random.chance(0.3) ? 1 + random.below(400) : Infinity;
    for (const crashAt of [crashes, Infinity]) {
      machine.powerOn({ crashAt });
      const isDone = await machine.settle(this.#makeWhole());
      this.#throwFault();
      machine.powerOff(random.chance(0.5) ? "crash" : "kill");
      this.model.rest();
      if (isDone === true) break;
    }
    this.#ill = [];
  }

  async #makeWhole(): Promise<true> {
    const { machine, model } = this;
    const life = await openLife(machine);
    await compare(life.store, model);
    await this.#sendAgain(life);
    await this.#run(life, "scrub");
    const damaged = shardsToRepair(life);
    await this.#run(life, "repair");
    await checkFullRedundancy(machine, life, damaged);
    const isCollected = machine.random.chance(0.2);
    if (isCollected) {
      await this.#collect(life);
      checkNothingIsLeft(machine, life);
    }
    if (isCollected || damaged.size > 0) await compare(life.store, model);
    if (machine.random.chance(0.2)) await life.journal.close();
    return true;
  }

  /** What has no answer is asked again, as a front does when the catalog is back; it happens once. */
  async #sendAgain(life: StoreLife): Promise<void> {
    let sent = 0;
    for (const object of this.model.objects) {
      const { pending } = object;
      if (pending !== undefined && this.machine.random.chance(0.6)) {
        sent += 1;
        const isAnswered = await this.#asksAgain(life, pending);
        if (isAnswered) object.versions = pending.after;
        if (isAnswered && pending.uploadId !== undefined) this.model.uploads.delete(pending.uploadId);
      }
      // Not before: the power may go while it is asked.
      object.pending = undefined;
    }
    if (sent > 0) await compare(life.store, this.model);
  }

  async #asksAgain(life: StoreLife, pending: Pending): Promise<boolean> {
    try {
      await pending.again(life.store);
      return true;
    } catch (error) {
      // Its bytes were given up before, so it did not happen, and does not now.
      if (!(error instanceof S3Error) || error.code !== "OperationAborted") throw error;
      assert.ok(pending.hasHappened !== true, "what happened is answered again");
      return false;
    }
  }

  async #collect(life: StoreLife): Promise<void> {
    const { clock } = this.machine;
    // Two copies of one shard that nobody knows are found one after the other.
    for (let times = 0; times < 3; times += 1) {
      clock.pauseFor(8 * dayMs);
      await this.#run(life, "scrub");
      await this.#run(life, "collect-garbage");
    }
    clock.pauseFor(8 * dayMs);
    await this.#run(life, "collect-garbage");
    await this.#run(life, "clean-journal");
  }

  async #run(life: StoreLife, kind: WorkKind, drive?: number): Promise<void> {
    await life.works[kind]?.({
      ...(drive === undefined ? {} : { drive }),
      signal: new AbortController().signal,
      progress: () => undefined,
    });
    checkNothingReferredIsAway(this.machine, life, this.#ill);
  }

  /** A drive is lost for good: another is added, the lost one is emptied onto the others and forgotten. */
  async #replace(lost: number): Promise<void> {
    const { machine } = this;
    machine.isOff = false;
    await machine.settle(machine.addDrive());
    machine.isOff = true;
    machine.powerOn();
    const empty = async () => {
      const life = await openLife(machine);
      await compare(life.store, this.model);
      await this.#run(life, "repair");
      await this.#run(life, "drain", lost);
      await this.#run(life, "repair");
    };
    await machine.settle(empty());
    machine.powerOff("crash");
    machine.drives.splice(
      machine.drives.findIndex(({ record }) => record.number === lost),
      1,
    );
    machine.forgotten.push(lost);
    await this.#heal();
  }
}

function isDiskError(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^E[A-Z]+$/.test(String(error.code));
}

const driveCounts = [1, 2, 3, 6] as const;

/** The history of one seed: its number of drives, its lives and all that happens in them follow from it. */
export async function runHistory(seed: number): Promise<{ readonly requests: number }> {
  const history = await StoreHistory.founded(seed, driveCounts[seed % driveCounts.length] ?? 1);
  const { random } = history.machine;
  for (let rounds = random.chance(0.3) ? 2 : 1; rounds > 0; rounds -= 1)
    await history.round(15 + random.below(20), random.chance(0.85) ? 1 + random.below(700) : Infinity);
  return { requests: history.requests };
}

/** One short history of one seed, whose power goes at this operation of the whole machine: for all of them one after the other. */
export async function crashHistory(
  driveCount: number,
  crashAt: number,
): Promise<{ readonly operations: number; readonly requests: number }> {
  const history = await StoreHistory.founded(4711, driveCount);
  const operations = await history.crash(12, crashAt);
  return { operations, requests: history.requests };
}
