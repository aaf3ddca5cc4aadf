import { roleAtLeast, type Role } from "#api/access.ts";
import type { Me } from "#api/accounts.ts";
import { projectKind } from "#api/kinds/project.ts";

/**
 * What is shown to whom; the server decides by the same rules (`KindDefinition.access`, `Route.access`). A row says
 * the role that is needed in the project, or that only owners of the data center may.
 */
const actions = {
  "project.create": "owner",
  "project.change": projectKind.access.change.rule === "project" ? projectKind.access.change.role : "owner",
  "project.quotas": "owner",
  "project.delete": "owner",
  "operation.cancel": "operator",
  "app.change": "operator",
  "package.upload": "admin",
  "bucket.create": "operator",
  "bucket.delete": "admin",
  "bucket.configure": "admin",
  "object.write": "operator",
  "key.manage": "admin",
  "subscription.change": "operator",
  "job.change": "operator",
  "job.refund": "owner",
  "budget.change": "admin",
  "plan.change": "owner",
  "worker.join": "operator",
  "worker.manage": "owner",
  "store.manage": "owner",
  "incident.manage": "owner",
  "machine.view": "owner",
  "audit.view": "owner",
  "user.manage": "owner",
  "system.view": "owner",
} as const satisfies Record<string, Role | "owner">;

export type Action = keyof typeof actions;

export function may(me: Me, action: Action, project?: string): boolean {
  if (me.owner) return true;
  const needs = actions[action];
  if (needs === "owner" || project === undefined) return false;
  return roleAtLeast(me.projects[project], needs);
}
