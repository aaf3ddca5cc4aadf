import { VdcError, type FieldError } from "#api/errors.ts";
import { maxMembers } from "#api/kinds/project.ts";
import { isJsonObject, type Json } from "#lib/json.ts";

/**
 * Throws `invalid` for members that are no users. Advisory: it looks before the write, so a user deleted at the same
 * moment may still be named; a member that is no user has no rights.
 */
export async function requireUsers(
  members: Json | undefined,
  exists: (user: string) => Promise<boolean>,
  atOnce: number,
): Promise<void> {
  // Of more than a project may have, none is looked up: a patch comes here before its whole is checked, and is refused then.
  if (!Array.isArray(members) || members.length > maxMembers) return;
  const named = members.map((member: Json) => (isJsonObject(member) ? member["user"] : undefined));
  const isUser = async (user: Json | undefined) => typeof user !== "string" || (await exists(user));
  const fields: FieldError[] = [];
  for (let from = 0; from < named.length; from += atOnce) {
    const some = named.slice(from, from + atOnce);
    // A part at a time on purpose: a project of 500 members must not take every connection of the store.
    const found = await Promise.all(some.map(isUser));
    found.forEach((isKnown, at) => {
      const user = some[at];
      if (isKnown || typeof user !== "string") return;
      fields.push({ path: `spec.members[${from + at}].user`, message: `there is no user '${user}'` });
    });
  }
  const first = fields[0];
  if (first !== undefined)
    throw new VdcError("invalid", `The body is not valid: ${first.path}: ${first.message}.`, {
      fields: fields.slice(0, 50),
    });
}
