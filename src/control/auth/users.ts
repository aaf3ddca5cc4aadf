import type { z } from "zod";
import type { newUserSchema, signInLinkSchema, User, userChangeSchema } from "#api/accounts.ts";
import type { Attribution } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import { isoTime } from "#lib/clock.ts";
import { newId } from "#lib/ids.ts";
import type { UserRecord } from "#store/accounts.ts";
import type { AuthParts } from "./parts.ts";
import { newCredential } from "./secrets.ts";

export type SignInLink = z.infer<typeof signInLinkSchema>;

/** What owners do about users. Who may call it was decided before. */
export interface UserAdministration {
  /** By name. */
  list(): Promise<readonly User[]>;
  /** Throws `not-found`. */
  get(name: string): Promise<User>;
  /** Throws `already-exists`, also for the name of a user who was deleted. */
  create(wanted: z.infer<typeof newUserSchema>, by: Attribution): Promise<User>;
  /** Throws `not-found`; `conflict` when no enabled owner would be left. Disabling ends sessions and tokens. */
  change(name: string, change: z.infer<typeof userChangeSchema>, by: Attribution): Promise<User>;
  /** Throws `not-found`; `conflict` when no enabled owner would be left. */
  delete(name: string, by: Attribution): Promise<void>;
  /** Works once, for a day; older ones stop working. Throws `not-found`, and `conflict` for a disabled user. */
  createLink(name: string, by: Attribution): Promise<SignInLink>;
}

export function userAdministration(parts: AuthParts): UserAdministration {
  const { accounts, clock, random, authenticator } = parts;
  const found = async (name: string): Promise<UserRecord> => {
    const user = await accounts.users.get(name);
    if (user === undefined) throw new VdcError("not-found", `There is no user '${name}'.`);
    return user;
  };
  return {
    list: async () => (await accounts.users.list()).map(shownUser),
    get: async (name) => shownUser(await found(name)),
    create: async ({ name, title, email, owner }, by) => {
      const createdAt = isoTime(clock.now());
      const id = newId("user", clock, random);
      const user = { id, name, title, owner, createdAt, ...(email === undefined ? {} : { email }) };
      return shownUser(await accounts.users.create(user, by));
    },
    change: async (name, change, by) => {
      const user = await accounts.users.change(name, change, isoTime(clock.now()), by);
      authenticator.forget();
      return shownUser(user);
    },
    delete: async (name, by) => {
      await accounts.users.delete(name, isoTime(clock.now()), by);
      authenticator.forget();
    },
    createLink: async (name, by) => createLink(parts, await found(name), by),
  };
}

export async function createLink(
  { accounts, clock, random, limits, publicUrl }: AuthParts,
  user: UserRecord,
  by: Attribution,
): Promise<SignInLink> {
  const now = clock.now();
  const { secret, hash } = newCredential("link", random);
  const expiresAt = isoTime(now + limits.linkMs);
  const id = newId("link", clock, random);
  const link = { id, secretHash: hash, userId: user.id, createdAt: isoTime(now), expiresAt };
  if (!(await accounts.links.create(link, by)))
    throw new VdcError("conflict", `User '${user.name}' is disabled; enable the user first.`);
  // In the fragment: browsers send it to nobody, so no log on the way has it.
  return { user: user.name, url: `${publicUrl()}/signin#link=${secret}`, secret, expiresAt };
}

function shownUser(user: UserRecord): User {
  const { passwordHash, ...shown } = user;
  return { ...shown, hasPassword: passwordHash !== undefined };
}
