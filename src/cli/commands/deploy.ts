import { resolve } from "node:path";
import type { AppSpec } from "#api/kinds/app.ts";
import { VdcError } from "#api/errors.ts";
import { appKey, findApp, kindOf, projectOf, type App, type AppKey } from "#cli/apps/app-target.ts";
import { defaultProject } from "#cli/input/targets.ts";
import { changeApp, type WantedSpec } from "#cli/apps/change-app.ts";
import { findPackage, packageOfDigest, shortName, type Package } from "#cli/apps/find-package.ts";
import { readHosts, readSecrets, readSettings } from "#cli/apps/settings-input.ts";
import { uploadPackage } from "#cli/apps/upload.ts";
import type { Call } from "#cli/declare.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import type { BuiltPackage } from "#cli/ports.ts";
import { withSession, type Session } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";

/** `vdc deploy WHAT`: a folder, a file or a package of the catalogue becomes a running app, or its next release. */
export async function deploy(call: Call): Promise<void> {
  const [word] = call.words;
  if (word === undefined) throw new UsageError("what to deploy is missing");
  await withSession(call, async (session) => {
    await ensureDefaultProject(call, session);
    const named = await packageFor(call, session, word);
    if (named === undefined) return;
    const name = call.flags.text("name") ?? shortName(named.spec.manifest.id);
    const key = appKey(call, name);
    const before = await findApp(session, key);
    await acceptLicence(call, named);
    const secrets = await secretsOf(call, key, before);
    const spec = specOf(call, named, { before, secrets });
    await changeApp(call, session, { key, before, spec, secrets });
  });
}

/** The package that a word stands for, uploaded when it has to be. Undefined on a dry run that would have to upload one. */
async function packageFor(call: Call, session: Session, word: string): Promise<Package | undefined> {
  const project = projectOf(call);
  const { packages } = session.ports;
  const path = resolve(call.io.cwd, word);
  const found = await packages.look(path);
  switch (found.what) {
    case "source": {
      await using built = await packages.build(found.path, call.io.signal);
      return await inCatalogue(call, session, built);
    }
    case "archive": {
      const file = await packages.archive(found.path);
      if (!call.flags.has("dryRun")) return await uploadPackage(session, project, file);
      call.io.stdout(`${harmlessLine(word)} would be uploaded, and deployed (dry run)\n`);
      return undefined;
    }
    case "unfit":
      // A folder of that name does not hide a package of the catalogue.
      return await findPackage(session, project, word).catch((error: unknown) => {
        if (error instanceof VdcError && error.code === "not-found")
          throw new VdcError("invalid", `${word} cannot be deployed: ${found.reason}`);
        throw error;
      });
    case "nothing":
      if (/^[./~]|\/|\.(ya?ml|tar)$/.test(word))
        throw new VdcError("not-found", `There is no file or folder ${word}.`, {
          extra: { remedy: "Check the path." },
        });
      return await findPackage(session, project, word);
  }
}

async function inCatalogue(call: Call, session: Session, built: BuiltPackage): Promise<Package | undefined> {
  const project = projectOf(call);
  for (const warning of built.warnings) call.io.stderr(`note: ${harmlessLine(warning)}\n`);
  const there = await packageOfDigest(session, project, built.digest);
  const shown = harmlessLine(`${built.id} ${built.version} (${built.digest.slice(0, 19)})`);
  if (there !== undefined) {
    call.io.stderr(`package ${shown} is in the catalogue already\n`);
    return there;
  }
  if (call.flags.has("dryRun")) {
    call.io.stdout(`package ${shown} would be uploaded, and deployed (dry run)\n`);
    return undefined;
  }
  const made = await uploadPackage(session, project, built.file);
  call.io.stderr(`package ${shown} uploaded as ${harmlessLine(made.name)}\n`);
  return made;
}

/** The first deploy of a new data center finds no project: it makes the one that is used when none is named. */
async function ensureDefaultProject(call: Call, session: Session): Promise<void> {
  if (call.flags.text("project") !== undefined || call.flags.has("dryRun")) return;
  const kind = kindOf(session, "project");
  try {
    await session.client.get(kind, { name: defaultProject }, call.io.signal);
  } catch (error) {
    if (!(error instanceof VdcError && error.code === "not-found")) throw error;
    await session.client.apply(kind, { name: defaultProject, spec: {} }, { signal: call.io.signal });
    call.io.stderr(`project/${defaultProject} created\n`);
  }
}

async function acceptLicence(call: Call, { spec }: Package): Promise<void> {
  const { licence } = spec.manifest;
  if (licence?.mustAccept !== true || call.flags.has("acceptLicence")) return;
  const name = harmlessLine(licence.spdx ?? "its own licence");
  if (!call.io.isTty.stdin || !call.io.isTty.stderr)
    throw new VdcError("invalid", `The package demands that its licence (${name}) is accepted.`, {
      extra: { remedy: "Read it, and add --accept-licence." },
    });
  const answer = await call.io.readLine(
    `The package demands that you accept its licence: ${name}. Accept? [y/N] `,
  );
  if (!/^y(es)?$/i.test(answer?.trim() ?? ""))
    throw new VdcError("cancelled", "The licence was not accepted; nothing was deployed.");
}

type SecretNames = ReadonlyMap<string, { readonly secret: string; readonly value: string }>;

/** Values of `--set-secret` with the secrets that will hold them: the one in use, or one named after app and setting. */
export async function secretsOf(call: Call, key: AppKey, before: App | undefined): Promise<SecretNames> {
  const values = await readSecrets(call, call.flags.list("setSecret"));
  const named = [...values].map(([setting, value]) => {
    const used = before?.spec.settings[setting];
    const secret = typeof used === "object" ? used.secret : secretName(key.name, setting);
    return [setting, { secret, value }] as const;
  });
  return new Map(named);
}

/** `news` and `adminPassword` make `news-admin-password`. */
export function secretName(app: string, setting: string): string {
  const words = setting.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return `${app}-${words}`.slice(0, 63).replace(/-+$/, "");
}

function specOf(
  call: Call,
  named: Package,
  { before, secrets }: { readonly before: App | undefined; readonly secrets: SecretNames },
): WantedSpec {
  const { manifest } = named.spec;
  const hosts = readHosts(call.flags.list("host"), Object.keys(manifest.routes));
  return {
    ...withoutRollback(before?.spec),
    package: named.name,
    settings: { ...before?.spec.settings, ...settingsOf(call.flags.list("set"), { named, secrets }) },
    hosts: { ...before?.spec.hosts, ...hosts },
    stopped: false,
    ...(manifest.licence?.mustAccept === true ? { licence: manifest.licence.spdx ?? manifest.id } : {}),
  };
}

/** Values of `--set` and `--set-secret`, by setting. */
export function settingsOf(
  words: readonly string[],
  { named, secrets }: { readonly named: Package; readonly secrets: SecretNames },
): AppSpec["settings"] {
  const plain = readSettings(words, named.spec.manifest.settings);
  const secret = [...secrets].map(([setting, { secret: name }]) => [setting, { secret: name }] as const);
  return { ...plain, ...Object.fromEntries(secret) };
}

/** What a rollback left in the spec is no part of the next change. */
export function withoutRollback(spec: AppSpec | undefined): Partial<AppSpec> {
  if (spec === undefined) return {};
  const { rollbackOf: _, ...rest } = spec;
  return rest;
}
