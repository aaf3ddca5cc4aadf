import { basename } from "node:path";
import { systemActor } from "#api/actor.ts";
import { appSpecSchema, type AppStatus } from "#api/kinds/app.ts";
import { bucketSpecSchema } from "#api/kinds/bucket.ts";
import { buildPackage } from "#apps/package/build.ts";
import type { PackagesService } from "#apps/package/packages-service.ts";
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

const by = { actor: systemActor("control") };

/**
 * Installs the sample app in a data center that has just been made, by the way that everybody's apps go: built from its folder,
 * uploaded, applied. Says where it will answer; undefined when nothing is to be installed. The mark on the project goes in the
 * same moment as the app comes, so an app that was removed does not come back, and an interrupted start tries again.
 */
export async function installSample(options: {
  readonly resources: ResourceStore;
  readonly packages: PackagesService;
  readonly project: string;
  /** Folder with a vdc-app.yaml. */
  readonly folder: string;
  /** Whether there is object storage. */
  readonly withBucket: boolean;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<string | undefined> {
  const { resources, packages, project, folder, withBucket, clock, log } = options;
  const key = { kind: "project", name: project };
  const found = await resources.get(key);
  if (found?.labels[sampleLabel] !== "wanted") return undefined;
  try {
    const name = basename(folder);
    await using scratch = await openScratch();
    await buildPackage({
      source: openSourceFolder(folder),
      scratch,
      folderName: name,
      write: async (chunks) => await scratch.write("archive", chunks),
    });
    const signal = AbortSignal.timeout(installWithinMs);
    const uploaded = await packages.upload(project, scratch.read("archive"), by, signal);
    const requires = withBucket ? await picturesBucket(resources, project, name) : {};
    const spec = appSpecSchema.parse({ package: uploaded.name, requires });
    await resources.apply({ kind: "app", project, name, labels: {}, spec }, { by });
    await resources.patch(
      key,
      ({ labels, spec: own }) => ({ labels: { ...labels, [sampleLabel]: "installed" }, spec: own }),
      { by },
    );
    return await addressOf(resources, project, name, clock);
  } catch (error) {
    // The data center works without it; the mark stays, and the next start tries again.
    log.warn("control.sample.failed", { error });
    return undefined;
  }
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
