import type { DriveDetailView } from "#api/objects.ts";
import { drillRequestSchema } from "#api/objects.ts";
import { kindOf } from "#cli/apps/app-target.ts";
import { confirmByName } from "#cli/confirm.ts";
import type { Call } from "#cli/declare.ts";
import { createOne, deleteOne, nameOf } from "#cli/objects/written.ts";
import { print, printRows } from "#cli/output/print.ts";
import { bytesText } from "#cli/output/units.ts";
import { withSession, type Session } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";
import { resolve } from "node:path";

/** `vdc drive list`: as the store sees them now. */
export async function driveList(call: Call): Promise<void> {
  await withSession(call, async (session) => {
    const items = await drivesOf(call, session);
    await printRows(call, { items }, { headers, rows: items.map(rowOf) }, "no drives");
  });
}

const headers = ["DRIVE", "STATE", "PATH", "USED", "FREE", "SHARDS", "MISSING", "ERRORS", "WHY"];

function rowOf(drive: DriveDetailView): readonly string[] {
  const { name, number, state, path, usedBytes, freeBytes, shards, missingShards, errors } = drive;
  const drill = drive.drill === undefined ? "" : `drill: ${drive.drill.fault} until ${drive.drill.until}`;
  return [
    name ?? String(number),
    state,
    path,
    bytesText(usedBytes),
    bytesText(freeBytes),
    String(shards),
    String(missingShards),
    String(errors),
    drill === "" ? (drive.reason ?? "") : drill,
  ];
}

async function drivesOf(call: Call, { client }: Session): Promise<readonly DriveDetailView[]> {
  return (await client.call(client.routes["object-store.drives"], { signal: call.io.signal })).items;
}

/** `vdc drive add PATH`. */
export async function driveAdd(call: Call): Promise<void> {
  const [given] = call.words;
  if (given === undefined) throw new UsageError("the directory of the drive is missing");
  const title = call.flags.text("title");
  await withSession(call, async (session) => {
    const name = call.flags.text("name") ?? (await freeName(call, session));
    const spec = { path: resolve(call.io.cwd, given), ...(title === undefined ? {} : { title }) };
    const made = await createOne(call, session, "drive", name, spec);
    await print(call, made, () => `drive/${name} created\n`);
    call.io.stderr("`vdc drive list` shows whether the store takes it.\n");
  });
}

/** Behind the highest number that any drive has or had. */
async function freeName(call: Call, session: Session): Promise<string> {
  const { items } = await session.client.list(kindOf(session, "drive"), {
    limit: 500,
    signal: call.io.signal,
  });
  const numbers = items.flatMap(({ name }) => /^drive-(\d{1,6})$/.exec(name)?.[1] ?? []).map(Number);
  const known = (await drivesOf(call, session)).map(({ number }) => number + 1);
  return `drive-${Math.max(0, ...numbers, ...known) + 1}`;
}

/** `vdc drive drain NAME`: what lies on it goes to other drives. */
export async function driveDrain(call: Call): Promise<void> {
  await setWanted(call, "drained", undefined);
}

/** `vdc drive fail NAME`: given up at once. */
export async function driveFail(call: Call): Promise<void> {
  const what =
    "This gives the drive up: nothing is read from it any more, and what lay on it is rebuilt elsewhere.";
  await setWanted(call, "failed", what);
}

/** `vdc drive use NAME`: takes a drained or failed one back. */
export async function driveUse(call: Call): Promise<void> {
  await setWanted(call, "active", undefined);
}

async function setWanted(call: Call, wanted: "active" | "drained" | "failed", what: string | undefined) {
  const name = nameOf(call, "drive");
  if (what !== undefined) await confirmByName(call, name, what);
  await withSession(call, async (session) => {
    const kind = kindOf(session, "drive");
    const changed = await session.client.patch(
      kind,
      { name },
      { spec: { wanted } },
      { signal: call.io.signal },
    );
    await print(call, changed.resource, () => `drive/${name} is to be ${wanted}\n`);
  });
}

/** `vdc drive remove NAME`: empties it first, unless it has failed. */
export async function driveRemove(call: Call): Promise<void> {
  const what = "This empties the drive and takes it out of the store.";
  await withSession(call, async (session) => await deleteOne(call, session, { kind: "drive", what }));
}

const faults = drillRequestSchema.shape.fault.options;

/** `vdc drive drill NAME FAULT`: a fault on purpose, which ends by itself. */
export async function driveDrill(call: Call): Promise<void> {
  const name = nameOf(call, "drive");
  const [, word] = call.words;
  await withSession(call, async ({ client }) => {
    const { signal } = call.io;
    if (call.flags.has("end")) {
      await client.call(client.routes["drive.end-drill"], { params: { name }, signal });
      return await print(call, { drive: name, drill: null }, () => `drive/${name}: the drill has ended\n`);
    }
    const fault = faults.find((one) => one === word);
    if (fault === undefined)
      throw new UsageError("which fault is missing", `faults are ${faults.join(", ")}`);
    const seconds = Math.max(1, Math.round((call.flags.durationMs("for") ?? 30_000) / 1000));
    await confirmByName(call, name, `This makes the drive pretend ${fault} for ${seconds} s.`);
    const body = { fault, seconds };
    await client.call(client.routes["drive.drill"], { params: { name }, body, signal });
    await print(call, { drive: name, ...body }, () => `drive/${name} pretends ${fault} for ${seconds} s\n`);
  });
}
