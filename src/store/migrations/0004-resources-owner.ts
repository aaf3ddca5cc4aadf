import type { Migration } from "./migration.ts";

/** What a resource owns, oldest first. */
export const resourcesOwner: Migration = {
  name: "0004-resources-owner",
  statement: `CREATE INDEX resources_owner ON resources (owner_id, created_at, id) WHERE owner_id IS NOT NULL`,
};
