import type { Role } from "#api/access.ts";
import type { Actor } from "#api/actor.ts";

/** A caller whose credentials were checked. What it may do is already reduced by its token's scope. */
export interface Principal {
  readonly actor: Actor;
  readonly via: "session" | "token" | "local";
  /** Name of the user behind it; `local` has none. */
  readonly userName?: string;
  /** Id of the user behind it; `local` has none. */
  readonly userId?: string;
  readonly title: string;
  readonly owner: boolean;
  readonly hasPassword: boolean;
  /** The session or token that it came with. */
  readonly credentialId?: string;
  /** Limits of the token that it came with; absent when it has none. */
  readonly scope?: TokenScope;
  /** ISO 8601 UTC. */
  readonly expiresAt?: string;
  /** Role in a project, undefined for none. An owner needs none. */
  roleIn(project: string): Role | undefined;
  /** Every project with its role; empty for owners. */
  projects(): Readonly<Record<string, Role>>;
}

export interface TokenScope {
  readonly project?: string;
  readonly role?: Role;
}
