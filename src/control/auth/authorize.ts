import { roleAtLeast, type Access } from "#api/access.ts";
import { VdcError } from "#api/errors.ts";
import type { Principal } from "./principal.ts";

/**
 * The one decision of who may call what. Deny by default: a rule that is not met ends in an error, and a
 * project that the caller may not even view is `not-found`, so that names of foreign projects do not leak.
 */
export function authorize(
  access: Access,
  principal: Principal | undefined,
  params: Readonly<Record<string, unknown>>,
): void {
  if (access.rule === "public") return;
  if (principal === undefined) throw new VdcError("unauthenticated", "This needs a signed-in caller.");
  if (access.rule === "signed-in" || access.rule === "filtered") return;
  if (principal.owner) return;
  if (access.rule === "owner")
    throw new VdcError("forbidden", "Only an owner of the data center may do this.");
  const project = String(params[access.param]);
  const role = principal.roleIn(project);
  if (role === undefined)
    throw new VdcError("not-found", `There is no project '${project}' that you may see.`);
  if (!roleAtLeast(role, access.role)) {
    throw new VdcError(
      "forbidden",
      `This needs the role ${access.role} in project '${project}'; yours is ${role}.`,
    );
  }
}
