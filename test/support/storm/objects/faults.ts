import assert from "node:assert/strict";
import { open, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "#lib/clock.ts";
import { isAlive, identify } from "#drivers/process/identity.ts";
import type { DrillFault } from "#objects/admin.ts";
import { waitFor } from "#test/support/wait-for.ts";
import type { StoreCenter } from "./store-center.ts";

/** Something that goes wrong while clients are served. */
export interface Fault {
  readonly name: string;
  /** How long it lasts; a fault that is over at once says 0. */
  readonly lastsMs: number;
  /** What those concerned have to be told, by its title; absent: what is over within a second and cost nobody anything. */
  readonly told?: RegExp;
  /** The process that is killed takes the requests in it along; nothing else may break. */
  readonly breaksRequests?: true;
  /** Makes it, and says how to end it. */
  begin(center: StoreCenter): Promise<() => Promise<void>>;
}

const over = async () => await Promise.resolve();
/** A drill ends by itself, should the test die; longer than any scene. */
const drillSeconds = 120;

const lost = /drive is out|drive answers late/;
const titles: Partial<Record<DrillFault, RegExp>> = {
  full: /filling up/,
  corrupt: /Damaged copies/,
  stall: /answers late/,
};

export function drill(fault: DrillFault, number: number, lastsMs: number): Fault {
  return {
    name: `drill ${fault}`,
    lastsMs,
    told: titles[fault] ?? lost,
    begin: async ({ admin }) => {
      await admin.drill({ number, fault, seconds: drillSeconds });
      return async () => await admin.endDrill({ number });
    },
  };
}

/** The drive's folder is gone, and comes back. */
export function removed(number: number, lastsMs: number): Fault {
  return {
    name: "drive removed",
    lastsMs,
    told: lost,
    begin: async ({ drives }) => {
      const path = pathOf(drives, number);
      await rename(path, `${path}-away`);
      return async () => await rename(`${path}-away`, path);
    },
  };
}

/** Two drives stand where the other stood, as after somebody changed the cables. */
export function swapped(one: number, other: number, lastsMs: number): Fault {
  return {
    name: "drives swapped",
    lastsMs,
    told: /not the one we expect/,
    begin: async ({ drives }) => {
      const swap = async () => {
        const [first, second] = [pathOf(drives, one), pathOf(drives, other)];
        await rename(first, `${first}-away`);
        await rename(second, first);
        await rename(`${first}-away`, second);
      };
      await swap();
      return swap;
    },
  };
}

/** Bytes in the middle of every shard on a drive change behind our back. */
export function damaged(number: number, lastsMs: number): Fault {
  return {
    name: "shards damaged on disk",
    lastsMs,
    told: /Damaged copies/,
    begin: async ({ drives }) => {
      const extents = join(pathOf(drives, number), "extents");
      const files = (await readdir(extents, { recursive: true, withFileTypes: true })).filter((file) =>
        file.isFile(),
      );
      assert.ok(files.length > 0, "the drive holds shards");
      for (const file of files) await damage(join(file.parentPath, file.name));
      return over;
    },
  };
}

async function damage(path: string): Promise<void> {
  const file = await open(path, "r+").catch(() => undefined); // deleted meanwhile
  if (file === undefined) return;
  try {
    const { size } = await file.stat();
    if (size > 0) await file.write(Buffer.from("damage"), 0, 6, Math.floor(size / 2));
  } finally {
    await file.close();
  }
}

export function killedCatalog(times: number): Fault {
  return {
    name: `catalog killed ${times} times`,
    lastsMs: 0,
    begin: async (center) => {
      for (let kill = 0; kill < times; kill += 1) {
        await killAndWait(center, "catalog");
        await center.admin.status({});
        // Some kills meet a store that serves, some one that is being opened.
        await systemClock.sleep(kill % 3 === 2 ? 0 : 100 + 150 * (kill % 4));
      }
      return over;
    },
  };
}

export function killedFront(name: string): Fault {
  return {
    name: "front killed",
    lastsMs: 1_000,
    breaksRequests: true,
    begin: async (center) => {
      await killAndWait(center, name);
      return over;
    },
  };
}

/** Every front gives way to another, as at an update. */
export const handover: Fault = {
  name: "fronts handed over",
  lastsMs: 1_000,
  begin: async ({ supervisor }) => {
    for (const name of ["objects-1", "objects-2"])
      assert.deepEqual(await supervisor.restart(name), { note: "handed over" });
    return over;
  },
};

async function killAndWait(center: StoreCenter, name: string): Promise<void> {
  const old = identify(center.pidOf(name));
  assert.ok(old !== undefined, `${name} lives`);
  process.kill(old.pid, "SIGKILL");
  const next = () => {
    const part = center.supervisor.status().find((each) => each.name === name);
    return (!isAlive(old) && part?.state === "ready" && part.pid !== old.pid) || undefined;
  };
  await waitFor(next, { withinMs: 20_000, what: `the next ${name}` });
}

function pathOf(drives: readonly string[], number: number): string {
  const path = drives[number];
  assert.ok(path !== undefined, `there is a drive ${number}`);
  return path;
}
