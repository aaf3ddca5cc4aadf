import type { Attribution } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import { isoTime } from "#lib/clock.ts";
import { newId } from "#lib/ids.ts";
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
  let owners = await parts.accounts.users.ownersWithoutSignIn();
  if (owners?.length === 0) {
    await createFirst(parts, by);
    owners = await parts.accounts.users.ownersWithoutSignIn();
  }
  const owner = owners?.find(({ name }) => name === firstName) ?? owners?.[0];
  return owner === undefined ? undefined : createLink(parts, owner, by);
}

async function createFirst({ accounts, clock, random }: AuthParts, by: Attribution): Promise<void> {
  const user = {
    id: newId("user", clock, random),
    // `admin` may belong to somebody who came through a provider: nobody is promoted by a name.
    name: await freeName(firstName, (tried) => accounts.users.isTaken(tried)),
    title: "Administrator",
    owner: true,
    createdAt: isoTime(clock.now()),
  };
  try {
    await accounts.users.create(user, by);
  } catch (error) {
    // Another control process was faster: its user is as good.
    if (!(error instanceof VdcError && error.code === "already-exists")) throw error;
  }
}
