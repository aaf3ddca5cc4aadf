import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { VdcError } from "#api/errors.ts";
import type { BackupFiles } from "#apps/backup/backup-files.ts";
import type { Addresses, S3Place, TrafficView } from "#apps/ports.ts";
import type { PackagesService } from "#apps/package/packages-service.ts";
import type { Operations } from "#control/operations/operations.ts";
import type { DriverOptions, ReconcilerDriver } from "#control/reconcile/driver.ts";
import { CopyFailed, createBackupFiles } from "#drivers/backup-files/backup-files.ts";
import { readText, writePrivateText } from "#drivers/local-files/local-files.ts";
import { openInstances } from "#main/instances.ts";
import type { PostgresStore } from "#store/postgres/open.ts";
import type { Secrets } from "#store/secrets/secrets.ts";
import { keyBytes } from "#store/secrets/sealed-box.ts";
import { startApps, type Apps } from "./apps.ts";
import { startPackages } from "./packages.ts";
import { gatewayUrls, type GatewaysHere } from "./traffic.ts";

/** Apps and packages of this machine, in the data directory. */
export interface OpenedApps {
  readonly apps: Apps;
  readonly packages: PackagesService;
  readonly secrets: Secrets;
  readonly drivers: readonly ReconcilerDriver[];
}

/** Opens the engines, packages, volumes and secrets of this machine and starts what looks after them. */
export async function openApps(
  options: {
    readonly dataDirectory: string;
    readonly gateways: GatewaysHere | undefined;
    readonly store: PostgresStore;
    readonly operations: Operations;
    readonly traffic: TrafficView;
    /** Absent: there is no object store. */
    readonly s3: S3Place | undefined;
    /** Name of this host's machine. */
    readonly machine: string;
    /** Where this data center answers; throws `unavailable` before it does. */
    readonly publicUrl: () => string;
  },
  common: Omit<DriverOptions<unknown, unknown>, "reconciler" | "limits">,
  opening: AsyncDisposableStack,
): Promise<OpenedApps> {
  const { dataDirectory, gateways, store, operations, traffic, s3, machine, publicUrl } = options;
  const { resources } = store;
  const instances = await openInstances({ ...common, dataDirectory }, opening);
  const packages = await startPackages({ dataDirectory, resources }, common);
  const here = {
    ...instances,
    files: packages.files,
    traffic,
    s3,
    addresses: addressesOf(gateways),
    center: () => ({ api: publicUrl(), console: publicUrl() }),
    backups: backupFiles(join(dataDirectory, "backups")),
    secretKey: await secretKey(join(dataDirectory, "secrets", "key")),
  };
  const apps = opening.use(startApps({ here, store, operations, machine }, common));
  const drivers = [...packages.drivers, ...apps.drivers];
  return { apps, packages: packages.service, secrets: apps.secrets, drivers };
}

/** Without gateways nothing answers, and addresses are names alone. */
function addressesOf(gateways: GatewaysHere | undefined): Addresses {
  if (gateways === undefined) return { domain: "localhost", url: (host, path) => `http://${host}${path}` };
  const urls = gatewayUrls(gateways);
  return {
    domain: gateways.domain,
    // Plain HTTP: the certificate that gateways make themselves is one that browsers warn of.
    url: (host, path) => urls(host, path).at(-1) ?? `http://${host}${path}`,
  };
}

const maxKeyFileBytes = 256;

/** Made once. Whoever has this file and the database can read every secret; without it nobody can. */
async function secretKey(path: string): Promise<Uint8Array> {
  const found = await readText(path, maxKeyFileBytes);
  if (found === undefined) {
    await writePrivateText(path, `${randomBytes(keyBytes).toString("base64")}\n`);
    return await secretKey(path);
  }
  const key = Buffer.from(found.text.trim(), "base64");
  if (key.length !== keyBytes)
    throw new VdcError(
      "invalid",
      `${path} does not hold the key of this data center's secrets: put the right file back.`,
    );
  return key;
}

/** What the driver fails with, in words for people. */
function backupFiles(root: string): BackupFiles {
  const files = createBackupFiles(root);
  const told = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (cause) {
      if (cause instanceof CopyFailed)
        throw new VdcError("unavailable", "The copy could not be made; control's log has the reason.", {
          cause,
        });
      if (cause instanceof Error && "code" in cause && cause.code === "ENOENT")
        throw new VdcError("unsupported", "This machine has no program tar, which copies are made with.", {
          cause,
        });
      throw cause;
    }
  };
  return {
    create: async (copy, signal) => await told(files.create(copy, signal)),
    list: async (place) => await files.list(place),
    restore: async (copy, signal) => await told(files.restore(copy, signal)),
  };
}
