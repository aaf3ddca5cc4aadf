/** Roles in a project, weakest first. */
export const roles = ["viewer", "operator", "admin"] as const;
export type Role = (typeof roles)[number];

export function roleAtLeast(have: Role | undefined, need: Role): boolean {
  return have !== undefined && roles.indexOf(have) >= roles.indexOf(need);
}

/**
 * Who may call a route. Every route names one; there is no default. `project` reads the project's name from
 * the path parameter `param`. `filtered` lets any signed-in caller in and promises that the answer holds only
 * what that caller may view.
 */
export type Access =
  | { readonly rule: "public"; readonly why: string }
  | { readonly rule: "signed-in" }
  | { readonly rule: "filtered" }
  | { readonly rule: "project"; readonly role: Role; readonly param: string }
  | { readonly rule: "owner" };
