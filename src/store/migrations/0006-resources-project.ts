import type { Migration } from "./migration.ts";

/** What is in a project, of all kinds. */
export const resourcesProject: Migration = {
  name: "0006-resources-project",
  statement: `CREATE INDEX resources_project ON resources (project, kind, name) WHERE project <> ''`,
};
