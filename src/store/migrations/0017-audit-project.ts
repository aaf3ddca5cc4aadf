import type { Migration } from "./migration.ts";

/** Audit entries of a project, newest first. */
export const auditProject: Migration = {
  name: "0017-audit-project",
  statement: `CREATE INDEX audit_project ON audit (project, sequence)`,
};
