import type { Migration } from "./migration.ts";

/** Operations of a project, newest first. */
export const operationsProject: Migration = {
  name: "0013-operations-project",
  statement: `CREATE INDEX operations_project ON operations (project, id)`,
};
