import type { Change } from "#api/records.ts";
import type { Principal } from "#control/auth/principal.ts";
import { isJsonObject } from "#lib/json.ts";

/**
 * A member's last word on a project, by which its copies forget it. A project that is gone is told to who could see it
 * while the stream ran and is a member in its last state, though by then nobody has a role in it. Whoever is taken out
 * of a project is told that it is deleted, as far as they may see, once and without what it holds now.
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

  /** What the reader is told of a change that it may not view; mostly nothing. */
  take(change: Change): Change | undefined {
    if (change.kind !== "project" || !this.#known.has(change.name)) return undefined;
    const isMember = this.#isMemberIn(change);
    if (change.type !== "deleted" && isMember) return undefined; // a later change takes the role
    this.#known.delete(change.name);
    if (change.type === "deleted") return isMember ? change : undefined;
    return { ...change, type: "deleted", object: { ...change.object, labels: {}, spec: {}, status: {} } };
  }

  #isMemberIn(change: Change): boolean {
    const { spec } = change.object;
    const members = isJsonObject(spec) ? spec["members"] : undefined;
    return (
      Array.isArray(members) &&
      members.some((member) => isJsonObject(member) && member["user"] === this.#userName)
    );
  }
}
