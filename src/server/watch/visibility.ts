import { roleAtLeast, type Access } from "#api/access.ts";
import type { KindRegistry } from "#api/kinds.ts";
import type { Change, Event, Operation } from "#api/records.ts";
import type { Principal } from "#control/auth/principal.ts";

/** Whether `authorize` would let this through; the same decision as a value, for lists and streams. */
export function permits(
  access: Access,
  principal: Principal,
  params: Readonly<Record<string, unknown>>,
): boolean {
  switch (access.rule) {
    case "public":
    case "signed-in":
    case "filtered":
      return true;
    case "owner":
      return principal.owner;
    case "project":
      return principal.owner || roleAtLeast(principal.roleIn(String(params[access.param])), access.role);
  }
}

/** Events of a project are its members'; the data center's own are the owners'. */
export function mayViewEvent(principal: Principal, event: Pick<Event, "project">): boolean {
  return principal.owner || (event.project !== undefined && principal.roleIn(event.project) !== undefined);
}

/** Operations of a project are its members'; every operation is also its beginner's. */
export function mayViewOperation(
  principal: Principal,
  operation: Pick<Operation, "project" | "actor">,
): boolean {
  return mayViewEvent(principal, operation) || isActor(principal, operation.actor);
}

/** Whether a caller may see a line of the feed. What is of no registered kind is nobody's. */
export function mayViewChange(kinds: KindRegistry, principal: Principal, change: Change): boolean {
  if (principal.owner) return true;
  if (change.kind === "event") return mayViewEvent(principal, change);
  if (change.kind === "operation") return mayViewOperation(principal, change.object as unknown as Operation); // the feed holds whole operations
  const kind = kinds.get(change.kind);
  const { project, name } = change;
  return kind !== undefined && permits(kind.access.view, principal, { project, name });
}

/** Whether the caller itself began it. */
export function isActor(principal: Principal, actor: Operation["actor"]): boolean {
  return principal.actor.type === actor.type && principal.actor.id === actor.id;
}
