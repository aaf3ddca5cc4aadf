import type { Migration } from "./migration.ts";

/** Events of a project, newest first. */
export const eventsProject: Migration = {
  name: "0010-events-project",
  statement: `CREATE INDEX events_project ON events (project, revision)`,
};
