import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { systemActor } from "#api/actor.ts";
import { appSpecSchema, type AppStatus } from "#api/kinds/app.ts";
import { bucketSpecSchema } from "#api/kinds/bucket.ts";
import { VdcError } from "#api/errors.ts";
import { buildPackage } from "#apps/package/build.ts";
import type { PackagesService } from "#apps/package/packages-service.ts";
import type { Operations } from "#control/operations/operations.ts";
import type { OpenedBurst } from "./burst.ts";
import { sampleLabel } from "#control/project/first-project.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import { openScratch } from "#drivers/package-files/scratch.ts";
import { openSourceFolder } from "#drivers/package-files/source-folder.ts";
import type { ResourceStore } from "#store/store.ts";

/** How long the start waits for the address of the sample: it is told in the banner, and the gateway holds who is too early. */
const addressWithinMs = 3_000;
const lookEveryMs = 25;
const installWithinMs = 30_000;
/** What a sample folder with a build of its own has. */
const buildFile = "build.ts";
const buildWithinMs = 15 * 60_000;
/** Where the build leaves the kernels of a sample that has jobs. */
const kernelFolder = "dist/kernels";

const by = { actor: systemActor("control") };

/** A sample app that is being installed. */
export interface Sample {
  readonly name: string;
  /** Where it will answer, as far as that is known by now. */
  readonly url?: string | undefined;
  /** Whether it has to be built first, which takes a while and goes on as an operation. */
  readonly isBuilt: boolean;
}

export interface SampleOptions {
  readonly resources: ResourceStore;
  readonly packages: PackagesService;
  readonly operations: Operations;
  /** Whether there is object storage. */
  readonly withBuckets: boolean;
  readonly admitFolder: OpenedBurst["admitFolder"];
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Installs the sample apps in a data center that has just been made, by the way that everybody's apps go: built from their folders,
 * uploaded, applied. A folder with a `build.ts` is built first, as an operation that people can watch. The mark on the project goes in the
 * same moment as an app comes, so an app that was removed does not come back, and an interrupted start tries again.
 */
export async function installSamples(
  project: string,
  folders: readonly string[],
  options: SampleOptions,
): Promise<readonly Sample[]> {
  const { resources, operations, clock, log } = options;
  const found = await resources.get({ kind: "project", name: project });
  const wanted = folders.filter((folder) => found?.labels[sampleLabel(basename(folder))] === "wanted");
  const samples: Sample[] = [];
  for (const folder of wanted) {
    const name = basename(folder);
    try {
      const isBuilt = existsSync(join(folder, buildFile));
      if (isBuilt) await startBuild(project, folder, options, operations);
      else await install(project, folder, options, AbortSignal.timeout(installWithinMs));
      samples.push({
        name,
        isBuilt,
        url: isBuilt ? undefined : await addressOf(resources, project, name, clock),
      });
    } catch (error) {
      // The data center works without it; the mark stays, and the next start tries again.
      log.warn("control.sample.failed", { app: name, error });
    }
  }
  return samples;
}

async function startBuild(
  project: string,
  folder: string,
  options: SampleOptions,
  operations: Operations,
): Promise<void> {
  const name = basename(folder);
  const request = {
    type: "sample.install",
    title: `Install the sample app ${name}`,
    project,
    by,
    cancelable: true,
    steps: ["build", "install"],
  } as const;
  await operations.start(request, async (progress, signal) => {
    progress.step("build");
    await runBuild(folder, (line) => progress.log(line), signal);
    progress.percent(90);
    progress.step("install");
    await install(project, folder, options, signal);
  });
}

/** The folder's own build, in a process of its own at low priority; what it says is the operation's log. */
async function runBuild(folder: string, say: (line: string) => void, signal: AbortSignal): Promise<void> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", join(folder, buildFile)], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    signal: AbortSignal.any([signal, AbortSignal.timeout(buildWithinMs)]),
  });
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream, crlfDelay: Infinity }).on("line", say);
  const [code] = (await once(child, "close")) as [number | null]; // the events' documented arguments
  if (code !== 0)
    throw new VdcError("unavailable", `The build of ${basename(folder)} failed; its last lines say why.`);
}

async function install(
  project: string,
  folder: string,
  { resources, packages, withBuckets, admitFolder }: SampleOptions,
  signal: AbortSignal,
): Promise<void> {
  const name = basename(folder);
  const key = { kind: "project", name: project };
  const kernels = join(folder, kernelFolder);
  // Before the app: its page names the package from its first moment.
  if (existsSync(kernels)) await admitFolder(project, kernels, by);
  await using scratch = await openScratch();
  await buildPackage({
    source: openSourceFolder(folder),
    scratch,
    folderName: name,
    write: async (chunks) => await scratch.write("archive", chunks),
  });
  const uploaded = await packages.upload(project, scratch.read("archive"), by, signal);
  const hasPictures = name === "newsroom" && withBuckets;
  const requires = hasPictures ? await picturesBucket(resources, project, name) : {};
  const spec = appSpecSchema.parse({ package: uploaded.name, requires });
  await resources.apply({ kind: "app", project, name, labels: {}, spec }, { by });
  await resources.patch(
    key,
    ({ labels, spec: own }) => ({ labels: { ...labels, [sampleLabel(name)]: "installed" }, spec: own }),
    { by },
  );
}

/** The sample keeps its pictures in a bucket of its own, which a person can look into. */
async function picturesBucket(resources: ResourceStore, project: string, app: string) {
  const name = `${app}-pictures`;
  const spec = bucketSpecSchema.parse({ description: "Pictures of the sample newspaper", versioning: true });
  const key = { kind: "bucket", project, name };
  if ((await resources.get(key)) === undefined) await resources.apply({ ...key, labels: {}, spec }, { by });
  return { pictures: { use: name } };
}

async function addressOf(
  resources: ResourceStore,
  project: string,
  name: string,
  clock: Clock,
): Promise<string | undefined> {
  const until = clock.monotonic() + addressWithinMs;
  while (clock.monotonic() < until) {
    const app = await resources.get({ kind: "app", project, name });
    const status = app?.status as AppStatus | undefined; // the store holds what the kind's schema let in
    const [url] = status?.urls ?? [];
    if (url !== undefined) return url;
    await clock.sleep(lookEveryMs);
  }
  return undefined;
}
