import { join } from "node:path";
import { createPackageFiles } from "#apps/package/package-files.ts";
import { createPackagesService, type PackagesService } from "#apps/package/packages-service.ts";
import { createPackageFilesReconciler, createPackageReconciler } from "#apps/package/reconcile.ts";
import type { PackageFiles } from "#apps/ports.ts";
import {
  createReconcilerDriver,
  type DriverOptions,
  type ReconcilerDriver,
} from "#control/reconcile/driver.ts";
import { createPackageDisk } from "#drivers/package-files/package-disk.ts";
import type { ResourceStore } from "#store/store.ts";

export interface Packages {
  /** What apps take files from: goes into `AppsHere`. */
  readonly files: PackageFiles;
  /** What the server's handlers serve from. */
  readonly service: PackagesService;
  readonly drivers: readonly ReconcilerDriver[];
}

/** Opens the packages of this machine, below `packages/` of the data directory, and starts what looks after them. */
export async function startPackages(
  options: { readonly dataDirectory: string; readonly resources: ResourceStore },
  common: Omit<DriverOptions<unknown, unknown>, "reconciler" | "limits">,
): Promise<Packages> {
  const { dataDirectory, resources } = options;
  const { clock, log } = common;
  const disk = createPackageDisk(join(dataDirectory, "packages"));
  const files = createPackageFiles({ disk, clock });
  const service = createPackagesService({ disk, files, resources, log });
  await service.start();
  const drivers = [
    createReconcilerDriver({ ...common, reconciler: createPackageReconciler({ resources, files }) }),
    createReconcilerDriver({ ...common, reconciler: createPackageFilesReconciler({ resources, files }) }),
  ];
  for (const driver of drivers) driver.start();
  return { files, service, drivers };
}
