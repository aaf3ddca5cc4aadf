import type { Attribution } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import { packageSpecSchema, type PackageSpec } from "#api/kinds/package.ts";
import type { ProjectSpec } from "#api/kinds/project.ts";
import type { Resource } from "#api/resource.ts";
import { parseInput } from "#api/validate.ts";
import type { Log } from "#lib/log.ts";
import { listAll } from "#control/reconcile/list-all.ts";
import type { ResourceStore } from "#store/store.ts";
import type { PackageFiles } from "../ports.ts";
import { checkComponents } from "./check-components.ts";
import { checkManifest } from "./check-manifest.ts";
import type { PackageDisk } from "./disk.ts";
import { filesOf } from "./image.ts";
import type { PackageLimits } from "./limits.ts";
import { openPackage, type OpenedPackage } from "./open.ts";
import { nameFor } from "./package-name.ts";
import { trustedSigner } from "./trust.ts";

export interface PackagesServiceOptions {
  readonly disk: PackageDisk;
  readonly files: PackageFiles;
  readonly resources: ResourceStore;
  readonly log: Log;
  readonly limits?: PackageLimits;
}

export interface PackagesService {
  upload(
    project: string,
    archive: AsyncIterable<Uint8Array>,
    by: Attribution,
    signal: AbortSignal,
  ): Promise<Resource>;
  blob(
    named: { readonly project: string; readonly name: string },
    digest: string,
    signal: AbortSignal,
  ): Promise<{ readonly mediaType: string; readonly bytes: Uint8Array }>;
  /** Removes what uploads of an earlier run left behind. To be called before the first upload. */
  start(): Promise<void>;
}

/** Archives that are read at once; each takes disk and time before it is known to be good. */
const maxUploads = 8;
/** Packages of one project that are looked at for a name. */
const maxPackages = 10_000;
/** Two uploads may choose one name; who loses chooses again. */
const maxChoices = 4;

/** Takes packages in and gives their shown files out. */
export function createPackagesService(options: PackagesServiceOptions): PackagesService {
  let running = 0;
  return {
    upload: async (project, archive, by, signal) => {
      if (running >= maxUploads)
        throw new VdcError("busy", `${maxUploads} packages are being uploaded already.`);
      running += 1;
      try {
        return await upload(options, project, archive, { by, signal });
      } finally {
        running -= 1;
      }
    },
    blob: async ({ project, name }, digest, signal) => {
      const found = await options.resources.get({ kind: "package", project, name });
      const spec = found?.spec as PackageSpec | undefined; // the store holds what the kind's schema let in
      if (spec === undefined || !filesOf(spec).includes(digest))
        throw new VdcError("not-found", `package/${name} shows no file ${digest}.`);
      return await options.files.blob(digest, signal);
    },
    start: async () => await options.disk.clean(),
  };
}

async function upload(
  options: PackagesServiceOptions,
  project: string,
  archive: AsyncIterable<Uint8Array>,
  call: { readonly by: Attribution; readonly signal: AbortSignal },
): Promise<Resource> {
  const { disk, limits, log, resources } = options;
  const policy = await policyOf(resources, project);
  await using opened = await openPackage(archive, {
    disk,
    signal: call.signal,
    ...(limits === undefined ? {} : { limits }),
  });
  const { config, digest } = opened;
  checkComponents(config.components);
  checkManifest(
    config.manifest,
    config.components.map((component) => ({ component, secretFiles: [] })),
    "The package",
  );
  const signedBy = trustedSigner(opened.signedBy, policy);
  const spec = specOf(opened, signedBy);
  for (let choice = 1; ; choice += 1) {
    const naming = nameFor(
      { id: config.manifest.id, version: config.manifest.version, digest, wrapped: config.wrapped },
      await packagesOf(resources, project, call.signal),
    );
    if (naming.is === "there")
      return await again(naming.resource, opened, { resources, signedBy, by: call.by });
    const wanted = { kind: "package", project, name: naming.name, labels: {}, spec };
    const condition = { by: call.by, ifRevision: "absent" as const };
    try {
      // Quotas first: what they forbid must not fill the disk.
      await resources.apply(wanted, { ...condition, dryRun: true });
      await opened.keep();
      const { resource } = await resources.apply(wanted, condition);
      log.info("package.uploaded", { project, package: naming.name, digest, ...opened.unpacked });
      return resource;
    } catch (error) {
      const lost = error instanceof VdcError && error.code === "precondition-failed";
      if (!lost || choice >= maxChoices) throw error;
    }
  }
}

/**
 * The same package once more: its files are made whole again, should they have been damaged or removed, and a signature that
 * it did not have before is taken down.
 */
async function again(
  resource: Resource<PackageSpec>,
  opened: OpenedPackage,
  to: {
    readonly resources: ResourceStore;
    readonly signedBy: PackageSpec["signedBy"];
    readonly by: Attribution;
  },
): Promise<Resource> {
  const { project = "", name, spec } = resource;
  if (resource.deletingSince !== undefined)
    throw new VdcError("deleting", `package/${name} has this content and is being deleted.`);
  await opened.keep();
  const { signedBy } = to;
  if (signedBy === undefined || signedBy.keyId === spec.signedBy?.keyId) return resource;
  const change = ({ labels, spec: now }: Resource) => ({ labels, spec: { ...now, signedBy } });
  const { resource: changed } = await to.resources.patch({ kind: "package", project, name }, change, {
    by: to.by,
  });
  return changed;
}

async function policyOf(resources: ResourceStore, project: string): Promise<ProjectSpec["packages"]> {
  const found = await resources.get({ kind: "project", name: project });
  if (found === undefined) throw new VdcError("not-found", `There is no project ${project}.`);
  return (found.spec as ProjectSpec).packages; // the store holds what the kind's schema let in
}

async function packagesOf(
  resources: ResourceStore,
  project: string,
  signal: AbortSignal,
): Promise<readonly Resource<PackageSpec>[]> {
  const found: Resource<PackageSpec>[] = [];
  for await (const one of listAll(
    resources,
    { kind: "package", projects: [project] },
    { max: maxPackages, signal },
  ))
    found.push(one as Resource<PackageSpec>); // the store holds what the kind's schema let in
  return found;
}

function specOf(opened: OpenedPackage, signedBy: PackageSpec["signedBy"]): PackageSpec {
  const { manifest, components, presentation, sbom } = opened.config;
  return parseInput(
    packageSpecSchema,
    {
      digest: opened.digest,
      sizeBytes: opened.sizeBytes,
      manifest,
      components,
      presentation,
      ...(signedBy === undefined ? {} : { signedBy }),
      ...(sbom === undefined ? {} : { sbom }),
    },
    "The package",
  );
}
