import type { Migration } from "./migration.ts";

/** The newest version of each kernel package that a project has seen: an older one comes only when an owner wants it. */
export const burstPackageVersions: Migration = {
  name: "0041-burst-package-versions",
  statement: `CREATE TABLE burst_package_versions (
      project_id text COLLATE "C" NOT NULL,
      name text COLLATE "C" NOT NULL,
      newest text COLLATE "C" NOT NULL,
      PRIMARY KEY (project_id, name)
    )`,
};
