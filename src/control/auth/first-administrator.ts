import type { Attribution } from "#api/actor.ts";
import { isoTime } from "#lib/clock.ts";
import { newId } from "#lib/ids.ts";
import type { UserRecord } from "#store/accounts.ts";
import { freeName } from "./free-name.ts";
import type { AuthParts } from "./parts.ts";
import { createLink, type SignInLink } from "./users.ts";

const firstName = "admin";

/**
 * A fresh one-time link for the first administrator, while there is no enabled owner who has a password or ever
 * signed in; else undefined. Makes the user when there is no owner at all.
 */
export async function ensureFirstAdministrator(
  parts: AuthParts,
  by: Attribution,
): Promise<SignInLink | undefined> {
  const owners = await parts.accounts.users.ownersWithoutSignIn();
  if (owners === undefined) return undefined;
  const owner = owners.find(({ name }) => name === firstName) ?? owners[0];
  return createLink(parts, owner ?? (await createFirst(parts, by)), by);
}

async function createFirst({ accounts, clock, random }: AuthParts, by: Attribution): Promise<UserRecord> {
  const user = {
    id: newId("user", clock, random),
    // `admin` may belong to somebody who came through a provider: nobody is promoted by a name.
    name: await freeName(firstName, (tried) => accounts.users.isTaken(tried)),
    title: "Administrator",
    owner: true,
    createdAt: isoTime(clock.now()),
  };
  return accounts.users.create(user, by);
}
