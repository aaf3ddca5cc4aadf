import type { Migration } from "./migration.ts";

/** Events of one thing, newest first. */
export const eventsSubject: Migration = {
  name: "0011-events-subject",
  statement: `CREATE INDEX events_subject ON events (subject_kind, subject_name, revision)`,
};
