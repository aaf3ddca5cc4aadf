import type { Migration } from "./migration.ts";

/** Selection by label. */
export const resourcesLabels: Migration = {
  name: "0005-resources-labels",
  statement: `CREATE INDEX resources_labels ON resources USING gin (labels jsonb_path_ops)`,
};
