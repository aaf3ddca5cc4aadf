import { VdcError } from "#api/errors.ts";
import type { Principal } from "#control/auth/principal.ts";

/** For filtered routes that take a project: one that the caller may not see is `not-found`, like one that is not there. */
export function requireProject(principal: Principal, project: string | undefined): void {
  if (project === undefined || principal.owner || principal.roleIn(project) !== undefined) return;
  throw new VdcError("not-found", `There is no project '${project}' that you may see.`);
}

/** The projects whose records a caller may list: all (undefined), one, or those it has a role in. */
export function viewableProjects(
  principal: Principal,
  project: string | undefined,
): readonly string[] | undefined {
  requireProject(principal, project);
  if (project !== undefined) return [project];
  return principal.owner ? undefined : Object.keys(principal.projects());
}
