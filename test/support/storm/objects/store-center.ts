import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Subscriber } from "#api/incidents.ts";
import { systemClock } from "#lib/clock.ts";
import { newSecret, systemRandom } from "#lib/random.ts";
import { prepareDataDirectory, type DataDirectory } from "#main/data-directory.ts";
import { liveProcesses } from "#main/objects/identity.ts";
import { catalogPart } from "#main/parts/catalog-part.ts";
import { objectsPart } from "#main/parts/objects-part.ts";
import { statusPart } from "#main/parts/status-part.ts";
import { statusLink } from "#main/status/status-link.ts";
import { reserveObjectsPort } from "#main/supervisor/objects-port.ts";
import { Supervisor } from "#main/supervisor/supervisor.ts";
import { version } from "#main/version.ts";
import type { CatalogAdmin } from "#objects/admin.ts";
import type { SigningCredentials } from "#objects/s3/auth/sign.ts";
import { CatalogConnection } from "#objects/wire/client.ts";
import { waitFor } from "#test/support/wait-for.ts";
import { startReceivers, type Receivers } from "./receivers.ts";

const region = "us-east-1";
const driveCount = 6;
/** The project whose objects the storm is about, and one that has a bucket and nothing in it. */
export const affectedProject = "shop";
export const otherProject = "bank";
export const stormBucket = "pictures";

/**
 * The object store of a data center as `vdc up` starts it: supervisor, catalog, two fronts and the status process, each a process of its own, on six drives. Control is
 * not there: nothing here needs it.
 */
export interface StoreCenter extends AsyncDisposable {
  readonly directory: DataDirectory;
  readonly port: number;
  readonly credentials: SigningCredentials;
  readonly admin: CatalogAdmin;
  readonly receivers: Receivers;
  readonly supervisor: Supervisor;
  /** `drives[i]` is the directory of drive number i. */
  readonly drives: readonly string[];
  /** Of the process that serves under this name. */
  pidOf(name: string): number;
  /** What the parts said, for messages of failed tests. */
  readonly said: readonly string[];
}

export async function startStoreCenter(): Promise<StoreCenter> {
  const folder = mkdtempSync(join(tmpdir(), "vdc-os-"));
  const directory = prepareDataDirectory(folder);
  // As `vdc` does; a start without compiled code takes several times as long.
  process.env["NODE_COMPILE_CACHE"] ??= join(folder, "compiled");
  const paths = Array.from({ length: driveCount }, (_, index) => join(folder, `disk-${index}`));
  for (const path of paths) mkdirSync(path, { mode: 0o700 });
  const receivers = await startReceivers();
  using reserved = await reserveObjectsPort(
    { count: 2, host: "127.0.0.1", port: 0, drives: paths },
    directory,
  );
  const { port } = reserved;
  const said: string[] = [];
  const supervisor = superviseStore(directory, { port, paths, smtpUrl: receivers.smtpUrl, said });
  await supervisor.start();
  const connection = new CatalogConnection({
    name: "control",
    connect: () => connect({ path: directory.catalogSocket }),
    clock: systemClock,
    random: systemRandom,
    later: setImmediate,
  });
  const admin = connection.admin();
  const credentials = await tenants(connection);
  await statusLink(directory.statusSocket).setSubscribers(subscribers(receivers));
  const records = (await admin.drives({})).toSorted((a, b) => a.number - b.number);
  return {
    directory,
    port,
    credentials,
    admin,
    receivers,
    supervisor,
    drives: records.map(({ path }) => path),
    pidOf: (name) => {
      const found = liveProcesses(directory.objectsRun, name).findLast(({ state }) => state === "ready");
      assert.ok(found !== undefined, `${name} serves`);
      return found.pid;
    },
    said,
    [Symbol.asyncDispose]: async () => {
      connection.close();
      await supervisor.stop();
      await receivers[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}

function superviseStore(
  directory: DataDirectory,
  options: {
    readonly port: number;
    readonly paths: readonly string[];
    readonly smtpUrl: string;
    readonly said: string[];
  },
): Supervisor {
  const { port, paths, smtpUrl, said } = options;
  const place = { host: "127.0.0.1", port, region, domains: ["s3.localhost"] };
  const common = { directory, drives: paths, version, clock: systemClock };
  const probed = { catalogSocket: directory.catalogSocket, endpoint: `http://127.0.0.1:${port}`, region };
  const page = { dataDirectory: directory.root, host: "127.0.0.1", port: 0, version, name: "Storm" };
  process.env["VDC_SMTP_URL"] = smtpUrl; // an operator's environment, which the status process inherits
  const parts = [
    catalogPart(common),
    ...["objects-1", "objects-2"].map((name) => objectsPart({ name, place, ...common })),
    statusPart({ directory, config: { ...page, objects: probed }, clock: systemClock }),
  ];
  return new Supervisor(parts, {
    clock: systemClock,
    random: systemRandom,
    logDirectory: directory.logs,
    onEvent: (event) => said.push(JSON.stringify(event)),
  });
}

/** A key and a bucket for each project; the bucket of the other one stays empty. */
async function tenants(connection: CatalogConnection): Promise<SigningCredentials> {
  const catalog = connection.catalog();
  const [affected] = await Promise.all(
    [affectedProject, otherProject].map(async (project) => {
      const accessKeyId = `AKIASTORM${project.toUpperCase().padEnd(11, "0")}`;
      const secretAccessKey = newSecret(systemRandom);
      const scope = { access: "full" } as const;
      await catalog.putKey({
        key: { accessKeyId, secretAccessKey, owner: "system", project, scope, createdAt: 0 },
      });
      const name = project === affectedProject ? stormBucket : `${project}-empty`;
      const bucket = { name, project, versioning: "off", acl: "private" } as const;
      await catalog.createBucket({ callId: newSecret(systemRandom), bucket });
      return { accessKeyId, secretAccessKey, region };
    }),
  );
  assert.ok(affected !== undefined, "a project was made");
  return affected;
}

function subscribers({ hookUrl }: Receivers): readonly Subscriber[] {
  const secret = `whsec_${Buffer.from("a secret of theirs").toString("base64")}`;
  return [affectedProject, otherProject].flatMap((project) => {
    const common = { project, buckets: [] as string[], minimumImpact: "none" as const };
    return [
      {
        ...common,
        id: `${project}-hook`,
        channel: { type: "webhook" as const, url: hookUrl(project), secret },
      },
      { ...common, id: `${project}-mail`, channel: { type: "email" as const, to: `ops@${project}.example` } },
    ];
  });
}

/** Such questions cost the catalog something, which serves meanwhile. */
const askEveryMs = 300;

/** Until every drive is well and nothing waits to be repaired: the next fault may not meet this one's. */
export async function untilWhole({ admin }: StoreCenter, withinMs: number): Promise<void> {
  const isWhole = async () => {
    await systemClock.sleep(askEveryMs);
    const [{ repairQueue }, drives] = await Promise.all([admin.status({}), admin.drives({})]);
    return (repairQueue === 0 && drives.every(({ state }) => state === "ok")) || undefined;
  };
  await waitFor(isWhole, { withinMs, what: "every drive well, and nothing to repair" }).catch(
    async (error: unknown) => {
      const drives = (await admin.drives({})).map(
        ({ number, state, reason }) => `${number} ${state} ${reason ?? ""}`,
      );
      const { repairQueue } = await admin.status({});
      throw new Error(`${String(error)}: ${repairQueue} to repair; ${drives.join("; ")}`);
    },
  );
}
