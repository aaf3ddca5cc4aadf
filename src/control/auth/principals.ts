import { roleAtLeast, type Role } from "#api/access.ts";
import type { SessionRecord, TokenRecord, UserRecord } from "#store/accounts.ts";
import type { MembershipLookup } from "./memberships.ts";
import type { Principal, TokenScope } from "./principal.ts";

/** Whoever may open the control socket in the data directory: an owner, known by the uid of its process. */
export function localPrincipal(uid: number): Principal {
  return {
    actor: { type: "local", id: String(uid), name: "local" },
    via: "local",
    title: "",
    owner: true,
    hasPassword: false,
    roleIn: () => undefined,
    projects: () => ({}),
  };
}

export function sessionPrincipal(
  session: Pick<SessionRecord, "id">,
  user: UserRecord,
  expiresAt: string,
  memberships: MembershipLookup,
): Principal {
  return {
    actor: { type: "user", id: user.id, name: user.name },
    via: "session",
    ...aboutUser(user),
    owner: user.owner,
    credentialId: session.id,
    expiresAt,
    ...rights(user, {}, memberships),
  };
}

export function tokenPrincipal(
  token: TokenRecord,
  user: UserRecord,
  memberships: MembershipLookup,
): Principal {
  const { project, role } = token;
  const scope = { ...(project === undefined ? {} : { project }), ...(role === undefined ? {} : { role }) };
  const scoped = project !== undefined || role !== undefined;
  return {
    actor: { type: "token", id: token.id, name: `${user.name}/${token.name}` },
    via: "token",
    ...aboutUser(user),
    // Invariant: a scope reduces. An owner's token with any scope is no owner.
    owner: user.owner && !scoped,
    credentialId: token.id,
    expiresAt: token.expiresAt,
    ...(scoped ? { scope } : {}),
    ...rights(user, scope, memberships),
  };
}

function aboutUser(user: UserRecord) {
  return {
    userName: user.name,
    userId: user.id,
    title: user.title,
    hasPassword: user.passwordHash !== undefined,
  };
}

/** Roles as they are at the moment of asking, never as they were at sign-in. */
function rights(
  user: UserRecord,
  scope: TokenScope,
  memberships: MembershipLookup,
): Pick<Principal, "roleIn" | "projects"> {
  const scoped = scope.project !== undefined || scope.role !== undefined;
  const roleIn = (project: string): Role | undefined => {
    if (scope.project !== undefined && scope.project !== project) return undefined;
    const full = user.owner ? ownersRole(project, memberships) : memberships.roleIn(user.name, project);
    return full === undefined ? undefined : lesser(full, scope.role);
  };
  const projects = (): Readonly<Record<string, Role>> => {
    // An owner who is not reduced needs no roles.
    if (user.owner && !scoped) return {};
    const names = user.owner ? memberships.projects() : Object.keys(memberships.rolesOf(user.name));
    // No prototype: a project may be called `constructor`. Typing of Object.create is any.
    const roles = Object.create(null) as Record<string, Role>;
    for (const name of names) {
      const role = roleIn(name);
      if (role !== undefined) roles[name] = role;
    }
    return roles;
  };
  return { roleIn, projects };
}

/** An owner whose token is scoped has every project, as its admin, before the scope reduces it. */
function ownersRole(project: string, memberships: MembershipLookup): Role | undefined {
  return memberships.exists(project) ? "admin" : undefined;
}

function lesser(role: Role, cap: Role | undefined): Role {
  return cap === undefined || roleAtLeast(cap, role) ? role : cap;
}
