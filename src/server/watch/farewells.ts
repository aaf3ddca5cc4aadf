import type { Change } from "#api/records.ts";
import type { Principal } from "#control/auth/principal.ts";
import { isJsonObject } from "#lib/json.ts";

/**
 * Members still learn that their project is gone, though by then nobody has a role in it: who could see the project
 * while the stream ran, and is a member in its last state, is told.
 */
export class Farewells {
  readonly #known = new Set<string>();
  readonly #userName: string | undefined;

  constructor(principal: Principal) {
    this.#userName = principal.userName;
    this.remember(principal);
  }

  /** Call with each batch. Holds as many names as one user is a member of projects. */
  remember(principal: Principal): void {
    for (const project of Object.keys(principal.projects())) this.#known.add(project);
  }

  take(change: Change): boolean {
    if (change.kind !== "project" || change.type !== "deleted" || !this.#known.delete(change.name))
      return false;
    const { spec } = change.object;
    const members = isJsonObject(spec) ? spec["members"] : undefined;
    return (
      Array.isArray(members) &&
      members.some((member) => isJsonObject(member) && member["user"] === this.#userName)
    );
  }
}
