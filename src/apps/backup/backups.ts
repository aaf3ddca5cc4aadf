import type { Attribution } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import { appSpecSchema, type AppSpec } from "#api/kinds/app.ts";
import type { Operation } from "#api/records.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import { ownMember } from "#lib/json.ts";
import type { Random } from "#lib/random.ts";
import { keyOf } from "#control/reconcile/key-of.ts";
import type { Operations, Progress } from "#control/operations/operations.ts";
import type { ResourceStore } from "#store/store.ts";
import type { HookRuns } from "../rollout/hook-runs.ts";
import type { App, Package, Release, Volume } from "../observed.ts";
import type { VolumeFiles } from "../ports.ts";
import { mountedVolumes } from "../volume/mounts.ts";
import { backupId, type BackupFiles, type KeptBackup } from "./backup-files.ts";

export interface BackupPorts {
  readonly resources: ResourceStore;
  readonly operations: Operations;
  readonly files: BackupFiles;
  readonly volumes: VolumeFiles;
  readonly hooks: Pick<HookRuns, "run">;
  readonly accountOf: (project: string, app: string) => Promise<number>;
  /** How many instances an app has, whatever their phase. */
  readonly instancesOf: (app: App) => Promise<number>;
  readonly clock: Clock;
  readonly random: Random;
}

/** What a backup is made of: the app, the release that serves, and the folders of its backup set. */
export interface BackupSubject {
  readonly app: App;
  readonly release: Release;
  readonly package: Package;
}

/** Instances drain, and then have the grace of their stop. */
const stopWaitMs = 10 * 60_000;
const pollMs = 300;

/** Runs the backup hook, then copies the volumes of the backup set. */
export async function startBackup(
  subject: BackupSubject,
  by: Attribution,
  ports: BackupPorts,
): Promise<Operation> {
  const { app } = subject;
  requireBackupSet(subject);
  const steps = ["run the backup hook", "copy volumes"] as const;
  return await ports.operations.start(
    { ...requestFor(app, by), type: "app.backup", title: `Back up app ${app.name}`, steps },
    async (progress, signal) => {
      progress.step(steps[0]);
      await ports.hooks.run(subject.release, subject.package, "backup", signal);
      progress.step(steps[1]);
      const kept = await copyNow(subject, ports, signal);
      return { backup: kept.id, sizeBytes: kept.sizeBytes };
    },
  );
}

/** Ends all instances, keeps a copy of what is there, puts the other copy back, runs the restore hook and starts the app again. */
export async function startRestore(
  subject: BackupSubject,
  id: string,
  by: Attribution,
  ports: BackupPorts,
): Promise<Operation> {
  const { app } = subject;
  if (app.spec.paused) throw new VdcError("conflict", `App ${app.name} is paused: it would not stop.`);
  const place = { project: app.project ?? "", app: app.name };
  const kept = backupId.test(id) ? (await ports.files.list(place)).find((one) => one.id === id) : undefined;
  if (kept === undefined) throw new VdcError("not-found", `App ${app.name} has no backup ${id}.`);
  const steps = [
    "stop the app",
    "keep what is there",
    "put the copy back",
    "run the restore hook",
    "start the app",
  ] as const;
  return await ports.operations.start(
    { ...requestFor(app, by), type: "app.restore", title: `Restore app ${app.name} from ${id}`, steps },
    async (progress, signal) => {
      progress.step(steps[0]);
      const before = await scaleToZero(subject, ports, progress);
      await untilStopped(app, ports, signal);
      try {
        progress.step(steps[1]);
        const aside = await copyNow(subject, ports, signal);
        progress.log(`what was there is kept as ${aside.id}`);
        progress.step(steps[2]);
        const volumes = await foldersOf(subject, ports);
        await ports.files.restore(
          { ...place, id, volumes: volumes.filter(({ name }) => kept.volumes.includes(name)) },
          signal,
        );
        progress.step(steps[3]);
        await ports.hooks.run(subject.release, subject.package, "restore", signal);
        return { backup: id, keptAside: aside.id };
      } finally {
        progress.step(steps[4]);
        await scaleBack(subject, before, ports, progress);
      }
    },
  );
}

function requestFor(app: App, by: Attribution) {
  return {
    ...(app.project === undefined ? {} : { project: app.project }),
    target: keyOf(app),
    by,
    cancelable: false,
  };
}

function requireBackupSet({ app, package: { spec } }: BackupSubject): void {
  const { backup, hooks } = spec.manifest;
  if (backup.volumes.length > 0) return;
  const has =
    hooks.backup === undefined ? "neither a backup set nor a backup hook" : "no volumes in its backup set";
  throw new VdcError("unsupported", `The package of app ${app.name} has ${has}: there is nothing to keep.`);
}

async function copyNow(
  subject: BackupSubject,
  ports: BackupPorts,
  signal: AbortSignal,
): Promise<Pick<KeptBackup, "id" | "sizeBytes">> {
  const { app, release } = subject;
  const at = isoTime(ports.clock.now());
  const letters = [...ports.random.bytes(4)].map((byte) => (byte % 36).toString(36)).join("");
  const id = `${at.replace(/[-:]|\.\d+/g, "").toLowerCase()}-${letters}`;
  const volumes = await foldersOf(subject, ports);
  const place = { project: app.project ?? "", app: app.name };
  const sizeBytes = await ports.files.create(
    { ...place, id, at, release: release.spec.number, volumes },
    signal,
  );
  return { id, sizeBytes };
}

/** Folders of the backup set, by the names that components give the volumes. */
async function foldersOf(
  { app, release, package: named }: BackupSubject,
  { resources, volumes, accountOf }: BackupPorts,
): Promise<readonly { readonly name: string; readonly directory: string }[]> {
  const project = app.project ?? "";
  const mounts = new Map(
    named.spec.components.flatMap((component) =>
      mountedVolumes(app.name, release.spec.appSpec, component).map(({ mount, volume }) => [mount, volume]),
    ),
  );
  const account = await accountOf(project, app.name);
  const folders: { readonly name: string; readonly directory: string }[] = [];
  for (const name of named.spec.manifest.backup.volumes) {
    const volumeName = mounts.get(name);
    // The store holds what the kind's schema let in.
    const volume = (
      volumeName === undefined
        ? undefined
        : await resources.get({ kind: "volume", project, name: volumeName })
    ) as Volume | undefined;
    if (volume === undefined)
      throw new VdcError("not-found", `Volume ${volumeName ?? name} of the backup set is not there.`);
    folders.push({ name, directory: await volumes.directory(volume.id, account) });
  }
  return folders;
}

/** Nothing runs, and requests wait at the gateway; a stopped app would refuse them. Says what was asked for before. */
async function scaleToZero(
  { app, package: named }: BackupSubject,
  { resources }: BackupPorts,
  { by }: Progress,
): Promise<AppSpec["components"]> {
  let before: AppSpec["components"] = {};
  await resources.patch(
    keyOf(app),
    ({ labels, spec }) => {
      const parsed = appSpecSchema.parse(spec);
      before = parsed.components;
      const components = Object.fromEntries(
        named.spec.components.map(({ name }) => [name, { ...ownMember(before, name), replicas: 0 }]),
      );
      return { labels, spec: { ...parsed, components } };
    },
    { by },
  );
  return before;
}

/** Puts back what the app was scaled to; what somebody scaled meanwhile stays. */
async function scaleBack(
  { app, package: named }: BackupSubject,
  before: AppSpec["components"],
  { resources }: BackupPorts,
  { by }: Progress,
): Promise<void> {
  await resources.patch(
    keyOf(app),
    ({ labels, spec }) => {
      const parsed = appSpecSchema.parse(spec);
      const components = { ...parsed.components };
      for (const { name } of named.spec.components) {
        if (ownMember(components, name)?.replicas !== 0) continue;
        const { replicas: _, ...override } = components[name] ?? {};
        const replicas = ownMember(before, name)?.replicas;
        const whole = { ...override, ...(replicas === undefined ? {} : { replicas }) };
        if (Object.keys(whole).length === 0) delete components[name];
        else components[name] = whole;
      }
      return { labels, spec: { ...parsed, components } };
    },
    { by },
  );
}

async function untilStopped(
  app: App,
  { clock, instancesOf }: BackupPorts,
  signal: AbortSignal,
): Promise<void> {
  const end = clock.monotonic() + stopWaitMs;
  while ((await instancesOf(app)) > 0) {
    if (clock.monotonic() > end)
      throw new VdcError("timeout", `App ${app.name} did not stop within ${stopWaitMs / 60_000} minutes.`);
    await clock.sleep(pollMs, signal);
  }
}
