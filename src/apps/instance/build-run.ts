import { VdcError } from "#api/errors.ts";
import type { AppSpec } from "#api/kinds/app.ts";
import { manifestSchema, type Component, type Manifest } from "#api/manifest.ts";
import { ownMember } from "#lib/json.ts";
import type { ResourceStore } from "#store/store.ts";
import type { InstanceRun } from "../engine.ts";
import type { Package, Release, Volume } from "../observed.ts";
import type { Addresses, PackageFiles, S3Place, SecretValues, VolumeFiles } from "../ports.ts";
import { wantedRoutes } from "../routes.ts";
import { resolveSetting } from "../settings/resolve.ts";
import { mountedVolumes } from "../volume/mounts.ts";
import { bucketEnvironment } from "./buckets.ts";
import { componentEnvironment } from "./environment.ts";

/** Where instances listen: nothing but gateways of this machine reaches them. */
export const instanceAddress = "127.0.0.1";

export interface RunPorts {
  readonly resources: Pick<ResourceStore, "get">;
  readonly files: PackageFiles;
  readonly volumes: VolumeFiles;
  readonly secrets: SecretValues;
  readonly addresses: Addresses;
  /** Absent: there is no object store. */
  readonly s3: S3Place | undefined;
  /** Where the data center answers; absent where nothing serves its API. */
  readonly center?: (() => { readonly api: string; readonly console: string }) | undefined;
  /** Number of an app on this machine. */
  readonly accountOf: (project: string, app: string) => Promise<number>;
}

/** Puts together what an engine needs for one instance, or for a hook. Throws `VdcError`s that name what is missing. */
export async function buildRun(
  wanted: {
    readonly id: string;
    readonly instance: string;
    readonly component: string;
    readonly release: Release;
    readonly port: number;
  },
  ports: RunPorts,
): Promise<InstanceRun> {
  const { release } = wanted;
  const project = release.project ?? "";
  const { app, number, appSpec } = release.spec;
  const found = await packageFor(release, ports);
  const { manifest } = found.spec;
  const component = withOverrides(
    found.spec.components.find(({ name }) => name === wanted.component),
    appSpec,
    wanted.component,
  );
  const accountIndex = await ports.accountOf(project, app);
  const identity = { project, app, component: component.name, instance: wanted.instance, release: number };
  const settings = await settingValues(project, app, manifest, appSpec, ports);
  const url = primaryUrl(release, found, ports);
  const { environment, secretFiles } = componentEnvironment({
    component,
    manifest: manifestSchema.parse(manifest),
    settings,
    requires: await requirementValues(project, manifest, appSpec, ports),
    buckets: await bucketEnvironment({ project, name: app }, appSpec, manifest, ports),
    spec: appSpec,
    identity,
    address: instanceAddress,
    port: wanted.port,
    ...(url === undefined ? {} : { url }),
    ...(ports.center === undefined ? {} : { center: ports.center() }),
  });
  return {
    id: wanted.id,
    identity,
    component,
    ...(component.artifact === undefined
      ? {}
      : { artifactDirectory: await ports.files.artifact(component.artifact) }),
    environment,
    secretFiles,
    volumes: await volumeDirectories(project, app, appSpec, component, accountIndex, ports),
    address: instanceAddress,
    port: wanted.port,
    accountIndex,
  };
}

async function packageFor(release: Release, { resources }: RunPorts): Promise<Package> {
  const { package: name, packageDigest } = release.spec;
  // The store holds what the kind's schema let in.
  const found = (await resources.get({ kind: "package", project: release.project ?? "", name })) as
    | Package
    | undefined;
  if (found === undefined || found.spec.digest !== packageDigest)
    throw new VdcError(
      "not-found",
      `Package ${name} of release ${release.spec.number} is not there any more.`,
    );
  return found;
}

function withOverrides(component: Component | undefined, spec: AppSpec, name: string): Component {
  if (component === undefined) throw new VdcError("not-found", `The package has no component ${name}.`);
  const override = ownMember(spec.components, name);
  const { memoryBytes, cpuMillicores } = override ?? {};
  const limits = {
    ...component.limits,
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    ...(cpuMillicores === undefined ? {} : { cpuMillicores }),
  };
  return { ...component, limits };
}

async function settingValues(
  project: string,
  app: string,
  manifest: Manifest,
  spec: AppSpec,
  { secrets }: RunPorts,
): Promise<ReadonlyMap<string, string>> {
  const values = new Map<string, string>();
  for (const [name, setting] of Object.entries(manifest.settings)) {
    const resolved = resolveSetting(app, name, setting, spec);
    if (resolved.kind === "value") values.set(name, String(resolved.value));
    if (resolved.kind === "secret")
      values.set(name, await secretValue(secrets, project, resolved.name, resolved.version));
  }
  return values;
}

async function requirementValues(
  project: string,
  manifest: Manifest,
  spec: AppSpec,
  { secrets, resources }: RunPorts,
): Promise<ReadonlyMap<string, string>> {
  const values = new Map<string, string>();
  for (const [name, requirement] of Object.entries(manifest.requires)) {
    const given = ownMember(spec.requires, name);
    if (given === undefined) continue;
    const type = requirement.anyOf?.find((one) => one.name === given.as)?.type ?? requirement.type;
    if (type === "secret") values.set(name, await secretValue(secrets, project, given.use));
    else if (type === "app") values.set(name, await appUrl(resources, project, given.use));
    else values.set(name, given.use);
  }
  return values;
}

async function appUrl(resources: RunPorts["resources"], project: string, name: string): Promise<string> {
  const app = await resources.get({ kind: "app", project, name });
  const urls = app?.status["urls"];
  const [first] = Array.isArray(urls) ? urls : [];
  if (typeof first !== "string")
    throw new VdcError("not-found", `App ${name} is not there, or has no address.`);
  return first;
}

async function secretValue(
  secrets: SecretValues,
  project: string,
  name: string,
  version?: number,
): Promise<string> {
  const found = await secrets.read(project, name, version);
  if (found !== undefined) return found.value;
  const which = version === undefined ? "" : `, version ${version}`;
  throw new VdcError("not-found", `Secret ${name}${which} has no value.`);
}

function primaryUrl(release: Release, found: Package, { addresses }: RunPorts): string | undefined {
  const [primary] = wantedRoutes({
    app: release.spec.app,
    project: release.project ?? "",
    spec: release.spec.appSpec,
    manifest: found.spec.manifest,
    components: new Map(),
    domain: addresses.domain,
  });
  const host = primary?.spec.hosts[0];
  return primary === undefined || host === undefined ? undefined : addresses.url(host, primary.path);
}

async function volumeDirectories(
  project: string,
  app: string,
  spec: AppSpec,
  component: Component,
  accountIndex: number,
  { resources, volumes }: RunPorts,
): Promise<InstanceRun["volumes"]> {
  const directories: InstanceRun["volumes"][number][] = [];
  for (const { volume: name, path, readOnly } of mountedVolumes(app, spec, component)) {
    // The store holds what the kind's schema let in.
    const volume = (await resources.get({ kind: "volume", project, name })) as Volume | undefined;
    if (volume === undefined || volume.deletingSince !== undefined)
      throw new VdcError("not-found", `Volume ${name} is not there.`);
    directories.push({ directory: await volumes.directory(volume.id, accountIndex), path, readOnly });
  }
  return directories;
}
