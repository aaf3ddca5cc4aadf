import { roleAtLeast } from "#api/access.ts";
import type { FieldChange } from "#api/diff.ts";
import { VdcError } from "#api/errors.ts";
import type { KindDefinition } from "#api/kind.ts";
import { fieldValue } from "#api/selectors.ts";
import type { Resource } from "#api/resource.ts";
import { canonicalJson, isJsonObject, type Json, type JsonObject } from "#lib/json.ts";
import { authorize } from "#control/auth/authorize.ts";
import type { Principal } from "#control/auth/principal.ts";
import type { Proposal } from "#store/store.ts";

type Guarded = KindDefinition["guarded"][number];

/**
 * Whether a caller may call `apply` at all. Change opens the route, and so does create; a caller that may do neither
 * hears of its role when it has one, and else always the same, whether or not the resource exists.
 */
export function authorizeApply(
  kind: KindDefinition,
  principal: Principal | undefined,
  params: Readonly<Record<string, unknown>>,
): void {
  const { change, create } = kind.access;
  try {
    authorize(change, principal, params);
  } catch (error) {
    const isUnknown = error instanceof VdcError && error.code === "not-found";
    if (create === change || !isUnknown) throw error;
    authorize(create, principal, params); // may open the route: the transaction's check then decides
  }
}

/**
 * The decision inside the transaction: create or change, whichever it turns out to be, and the guarded fields.
 * Throws `forbidden` (or what `authorize` throws).
 */
export function checkWrite(kind: KindDefinition, principal: Principal, proposal: Proposal): void {
  const { before, after } = proposal;
  const state = after ?? before;
  if (state === undefined || after === undefined) return;
  const params: Record<string, unknown> = { name: state.name, project: state.project };
  authorize(before === undefined ? kind.access.create : kind.access.change, principal, params);
  if (principal.owner) return;
  for (const guarded of kind.guarded) {
    if (!touches(guarded, proposal, after, kind) || mayTouch(guarded, principal, state)) continue;
    throw new VdcError("forbidden", `You may not change ${guarded.path}: ${guarded.why}.`, {
      fields: [{ path: guarded.path, message: `needs ${needText(guarded)}` }],
    });
  }
}

function touches(guarded: Guarded, proposal: Proposal, after: Resource, kind: KindDefinition): boolean {
  // A new resource that says what it would be without being told has touched nothing.
  if (proposal.before === undefined) return !isDefault(guarded.path, after, kind);
  return proposal.diff.some((change) => overlaps(change, guarded.path));
}

function overlaps(change: FieldChange, path: string): boolean {
  return change.path === path || under(change.path, path) || under(path, change.path);
}

function under(path: string, parent: string): boolean {
  return path.startsWith(parent) && (path[parent.length] === "." || path[parent.length] === "[");
}

function isDefault(path: string, resource: Resource, kind: KindDefinition): boolean {
  const bare = without(resource.spec, path.split(".").slice(1));
  const parsed = kind.spec.safeParse(bare);
  if (!parsed.success) return false; // it cannot be left out, so it was given
  const wanted = fieldValue({ ...resource, spec: parsed.data }, path);
  const given = fieldValue(resource, path);
  return text(wanted) === text(given);
}

function without(spec: JsonObject, path: readonly string[]): JsonObject {
  const [key, ...rest] = path;
  if (key === undefined) return {};
  const { [key]: member, ...others } = spec;
  return rest.length === 0 || !isJsonObject(member) ? others : { ...others, [key]: without(member, rest) };
}

function text(value: Json | undefined): string | undefined {
  return value === undefined ? undefined : canonicalJson(value);
}

function mayTouch(guarded: Guarded, principal: Principal, resource: Resource): boolean {
  if (guarded.needs === "owner") return false; // owners returned above
  const project = resource.project ?? resource.name;
  return roleAtLeast(principal.roleIn(project), guarded.needs);
}

function needText(guarded: Guarded): string {
  return guarded.needs === "owner" ? "an owner of the data center" : `the role ${guarded.needs}`;
}
