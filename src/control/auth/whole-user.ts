import { VdcError } from "#api/errors.ts";
import type { Principal } from "./principal.ts";

/**
 * The user for whom the caller may act in full. Invariant: a scoped token never widens itself, neither by a
 * token without the scope, nor by a password, nor by a session.
 */
export function wholeUser(principal: Principal): { readonly userId: string; readonly userName: string } {
  if (principal.scope !== undefined)
    throw new VdcError("forbidden", "A token that is limited to a project or a role may not do this.");
  const { userId, userName } = principal;
  if (userId === undefined || userName === undefined)
    throw new VdcError(
      "forbidden",
      "The local caller is no user and has no account; sign in as a user first.",
      { extra: { remedy: "Sign in with `vdc login URL`, and call this without --data." } },
    );
  return { userId, userName };
}
