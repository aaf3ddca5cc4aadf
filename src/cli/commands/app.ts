import { VdcError } from "#api/errors.ts";
import {
  appKey,
  getApp,
  instancesOf,
  kindOf,
  projectOf,
  releasesOf,
  type App,
  type AppKey,
} from "#cli/apps/app-target.ts";
import { appText, instanceTable } from "#cli/apps/app-text.ts";
import { changeApp, finish } from "#cli/apps/change-app.ts";
import { awaitDeletion } from "#cli/await-deletion.ts";
import { secretsOf, settingsOf, withoutRollback } from "#cli/commands/deploy.ts";
import type { Call } from "#cli/declare.ts";
import { followOperation, requireSuccess } from "#cli/follow-operation.ts";
import { findPackage } from "#cli/apps/find-package.ts";
import { listResources } from "#cli/list-resources.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import { print, printRows, tableText } from "#cli/output/print.ts";
import { bytesText } from "#cli/output/units.ts";
import type { JsonObject } from "#lib/json.ts";
import { withSession, type Session } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";

const operationTimeoutMs = 30 * 60_000;
const deletionTimeoutMs = 5 * 60_000;

/** `vdc app get NAME`: where it is, its instances, its addresses. */
export async function appGet(call: Call): Promise<void> {
  await withApp(call, async (session, key) => {
    const [app, instances, releases] = await Promise.all([
      getApp(session, key),
      instancesOf(session, key),
      releasesOf(session, key),
    ]);
    await print(call, { app, instances, releases }, () => {
      const table = instances.length === 0 ? "" : `\n${tableText(call, instanceTable(instances))}`;
      return appText(app, instances, releases) + table;
    });
  });
}

/** `vdc app list`: every app of the project, or of all. */
export async function appList(call: Call): Promise<void> {
  await withSession(call, async (session) => {
    const { items } = await listResources(
      session,
      {
        kind: kindOf(session, "app"),
        project: projectOf(call),
        allProjects: call.flags.has("allProjects"),
        labelSelector: undefined,
        fieldSelector: undefined,
        limit: undefined,
      },
      call.io.signal,
    );
    const apps = items as unknown as readonly App[]; // as the kind's schema says
    const rows = apps.map(({ project = "", name, spec, status }) => [
      ...(call.flags.has("allProjects") ? [project] : []),
      name,
      spec.package,
      status.phase ?? "",
      String(status.wantedRelease ?? ""),
      status.urls?.[0] ?? "",
    ]);
    const headers = ["NAME", "PACKAGE", "PHASE", "RELEASE", "URL"];
    const table = { headers: call.flags.has("allProjects") ? ["PROJECT", ...headers] : headers, rows };
    await printRows(call, { items }, table, "no apps; `vdc deploy` installs one");
  });
}

/** `vdc app history NAME`: its releases, newest first. */
export async function appHistory(call: Call): Promise<void> {
  await withApp(call, async (session, key) => {
    const [app, releases] = await Promise.all([getApp(session, key), releasesOf(session, key)]);
    const serving = new Set(app.status.servingReleases);
    const rows = releases
      .toReversed()
      .map(({ spec, status, createdAt }) => [
        `${spec.number}${serving.has(spec.number) ? " *" : ""}`,
        status.phase ?? "",
        spec.version,
        createdAt,
        spec.by,
        spec.rollbackOf === undefined ? changesText(spec.difference) : `back to ${spec.rollbackOf}`,
        status.reason ?? "",
      ]);
    const headers = ["RELEASE", "PHASE", "VERSION", "MADE", "BY", "CHANGE", "WHY"];
    await printRows(call, { items: releases }, { headers, rows }, "no releases yet");
  });
}

function changesText(difference: readonly { readonly path: string }[]): string {
  const [first, ...more] = difference.map(({ path }) => path);
  if (first === undefined) return "first";
  return more.length === 0 ? first : `${first} and ${more.length} more`;
}

/** `vdc rollback NAME [--to N]`: the contents of an earlier release, as a new one. */
export async function appRollback(call: Call): Promise<void> {
  await withApp(call, async (session, key) => {
    const to = call.flags.whole("to", 1);
    const app = await session.client.call(session.client.routes["app.rollback"], {
      params: key,
      body: to === undefined ? {} : { to },
      signal: call.io.signal,
    });
    await finish(call, session, key, { app: app as unknown as App, said: "is rolled back" }); // as the kind's schema says
  });
}

/** `vdc app pause|resume` and `vdc stop|start`. */
export const appPause = patching({ paused: true }, "is paused");
export const appResume = patching({ paused: false }, "goes on");
export const appStop = patching({ stopped: true }, "is told to stop");
export const appStart = patching({ stopped: false }, "is told to start");

function patching(spec: { readonly paused: boolean } | { readonly stopped: boolean }, said: string) {
  return async (call: Call): Promise<void> => {
    await withApp(call, async (session, key) => await patchApp(call, session, key, { spec, said }));
  };
}

/** Changes what is no part of a release, and waits for it. */
async function patchApp(
  call: Call,
  session: Session,
  key: AppKey,
  { spec, said }: { readonly spec: JsonObject; readonly said: string },
): Promise<void> {
  const newest = (await releasesOf(session, key)).at(-1);
  const hasFailed = newest?.status.phase === "rolled-back" || newest?.status.phase === "failed";
  const answer = await session.client.patch(
    kindOf(session, "app"),
    key,
    { spec },
    { signal: call.io.signal },
  );
  await finish(call, session, key, {
    app: answer.resource as unknown as App, // as the kind's schema says
    said,
    failedBefore: hasFailed ? newest.spec.number : undefined,
  });
}

/** `vdc app restart NAME`: all instances are replaced, one after the other. */
export async function appRestart(call: Call): Promise<void> {
  const component = call.flags.text("component");
  await operating(
    call,
    "restarted",
    async (session, key) =>
      await session.client.call(session.client.routes["app.restart"], {
        params: key,
        body: component === undefined ? {} : { component },
        signal: call.io.signal,
      }),
  );
}

/** `vdc app backup NAME`. */
export async function appBackup(call: Call): Promise<void> {
  await operating(
    call,
    "backed up",
    async (session, key) =>
      await session.client.call(session.client.routes["app.backup"], { params: key, signal: call.io.signal }),
  );
}

/** `vdc app restore NAME BACKUP`: typed-name confirmation, for what is there is replaced. */
export async function appRestore(call: Call): Promise<void> {
  const [, backup] = call.words;
  if (backup === undefined)
    throw new UsageError("the backup is missing", "`vdc app backups NAME` lists them");
  await confirmName(call, appKey(call, call.words[0]).name, "This replaces the data of");
  await operating(
    call,
    "restored",
    async (session, key) =>
      await session.client.call(session.client.routes["app.restore"], {
        params: key,
        body: { backup },
        signal: call.io.signal,
      }),
  );
}

async function operating(
  call: Call,
  done: string,
  begin: (session: Session, key: AppKey) => Promise<{ readonly id: string }>,
): Promise<void> {
  await withApp(call, async (session, key) => {
    const begun = await begin(session, key);
    if (!call.flags.has("wait"))
      return await print(
        call,
        begun,
        () => `app/${key.name}: begun as operation/${harmlessLine(begun.id)}\n`,
      );
    const timeoutMs = call.flags.durationMs("timeout") ?? operationTimeoutMs;
    const operation = await followOperation(session, begun.id, { timeoutMs, signal: call.io.signal });
    requireSuccess(operation);
    await print(call, operation, () => `app/${key.name} ${done}\n`);
  });
}

/** `vdc app backups NAME`: kept copies, newest first. */
export async function appBackups(call: Call): Promise<void> {
  await withApp(call, async (session, key) => {
    const { items } = await session.client.call(session.client.routes["app.backups"], {
      params: key,
      signal: call.io.signal,
    });
    const rows = items.map(({ id, at, sizeBytes, release }) => [
      id,
      at,
      bytesText(sizeBytes),
      String(release),
    ]);
    await printRows(call, { items }, { headers: ["BACKUP", "MADE", "SIZE", "RELEASE"], rows }, "no backups");
  });
}

/** `vdc scale NAME COMPONENT=N…`; a pool has bounds (`worker=1..8`), or those of its package (`worker=auto`). */
export async function appScale(call: Call): Promise<void> {
  const [, ...words] = call.words;
  if (words.length === 0)
    throw new UsageError("what to scale is missing", "write COMPONENT=COUNT, such as web=3");
  const components = Object.fromEntries(words.map(scaleOf));
  await withApp(
    call,
    async (session, key) => await patchApp(call, session, key, { spec: { components }, said: "is scaled" }),
  );
}

/** A patch of one component; null takes away what was said before. */
function scaleOf(word: string): readonly [string, JsonObject] {
  const { component, count, min, max } =
    /^(?<component>[^=]+)=(?:(?<count>\d{1,3}|auto)|(?<min>\d{1,3})\.\.(?<max>\d{1,3}))$/.exec(word)
      ?.groups ?? {};
  if (component === undefined)
    throw new UsageError(
      `'${word.slice(0, 100)}' is not COMPONENT=COUNT`,
      "such as web=3; of a pool, worker=1..8 or worker=auto",
    );
  if (count === "auto") return [component, { replicas: null, scale: null }];
  if (count !== undefined) return [component, { replicas: Number(count) }];
  return [component, { replicas: null, scale: { min: Number(min), max: Number(max) } }];
}

/** `vdc app set NAME KEY=VALUE…`: settings change, which is a release. */
export async function appSet(call: Call): Promise<void> {
  const [, ...words] = call.words;
  await withApp(call, async (session, key) => {
    const before = await getApp(session, key);
    const named = await findPackage(session, key.project, before.spec.package);
    const secrets = await secretsOf(call, key, before);
    if (words.length === 0 && secrets.size === 0)
      throw new UsageError("what to set is missing", "write KEY=VALUE");
    const settings = { ...before.spec.settings, ...settingsOf(words, { named, secrets }) };
    await changeApp(call, session, {
      key,
      before,
      spec: { ...withoutRollback(before.spec), package: before.spec.package, settings },
      secrets,
    });
  });
}

/** `vdc remove NAME [--delete-volumes]`. */
export async function appRemove(call: Call): Promise<void> {
  await withApp(call, async (session, key) => {
    const app = await getApp(session, key);
    const volumes = call.flags.has("deleteVolumes") ? await volumesOf(session, app) : [];
    const beside =
      volumes.length === 0 ? "" : ` with its volumes ${volumes.map(({ name }) => name).join(", ")}`;
    await confirmName(call, key.name, `This removes${harmlessLine(beside)} the app`);
    const timeoutMs = call.flags.durationMs("timeout") ?? deletionTimeoutMs;
    const targets = [
      { kind: kindOf(session, "app"), resource: app },
      ...volumes.map((resource) => ({ kind: kindOf(session, "volume"), resource })),
    ];
    for (const { kind, resource } of targets) {
      const answer = await session.client.delete(
        kind,
        { project: key.project, name: resource.name },
        { signal: call.io.signal },
      );
      if (answer.outcome === "deleting" && call.flags.has("wait"))
        await awaitDeletion(session, kind, answer.resource, { timeoutMs, signal: call.io.signal });
      call.io.stdout(
        `${kind.kind}/${resource.name} ${call.flags.has("wait") ? "removed" : "is being removed"}\n`,
      );
    }
    if (!call.flags.has("deleteVolumes"))
      call.io.stderr("Its volumes and secrets stay; `vdc get volumes` lists them.\n");
  });
}

/** Volumes that this app alone uses: another app's data is not this one's to delete. */
async function volumesOf(session: Session, app: App) {
  const { items } = await listResources(
    session,
    {
      kind: kindOf(session, "volume"),
      project: app.project,
      allProjects: false,
      labelSelector: undefined,
      fieldSelector: undefined,
      limit: undefined,
    },
    session.io.signal,
  );
  return items.filter(({ status }) => {
    const users = status["usedBy"];
    return Array.isArray(users) && users.length === 1 && users[0] === app.name;
  });
}

/** `vdc app open NAME`: its first address, in the browser where there is one. */
export async function appOpen(call: Call): Promise<void> {
  await withApp(call, async (session, key) => {
    const app = await getApp(session, key);
    const [url] = app.status.urls ?? [];
    if (url === undefined) throw new VdcError("not-found", `${key.name} has no address: it has no route.`);
    call.io.stdout(`${harmlessLine(url)}\n`);
    const isOpened = call.io.isTty.stdout && (await session.ports.openInBrowser(url));
    if (!isOpened) call.io.stderr("Open it in a browser.\n");
  });
}

/** Typing the name is slower than typing `y`, which is the point of it. */
async function confirmName(call: Call, name: string, what: string): Promise<void> {
  const { io, flags } = call;
  if (flags.has("yes")) return;
  if (!io.isTty.stdin || !io.isTty.stderr)
    throw new UsageError("this needs --yes where nobody can be asked", "add --yes");
  const answer = await io.readLine(`${what} ${harmlessLine(name)}. Type its name to go on: `);
  if (answer?.trim() !== name)
    throw new VdcError("cancelled", "The name was not typed; nothing was changed.");
}

async function withApp(call: Call, work: (session: Session, key: AppKey) => Promise<void>): Promise<void> {
  const key = appKey(call, call.words[0]);
  await withSession(call, async (session) => await work(session, key));
}
