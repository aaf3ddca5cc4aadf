import type { KindDefinition } from "#api/kind.ts";
import type { ResourceKey, Resource } from "#api/resource.ts";
import type { JsonObject } from "#lib/json.ts";
import { awaitDeletion } from "#cli/await-deletion.ts";
import { kindOf, projectOf } from "#cli/apps/app-target.ts";
import { confirmByName } from "#cli/confirm.ts";
import type { Call } from "#cli/declare.ts";
import { listResources } from "#cli/list-resources.ts";
import { formatOf, print, printRows } from "#cli/output/print.ts";
import { resourceTable } from "#cli/output/resource-table.ts";
import type { Session } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";

type ObjectKind = "bucket" | "key" | "drive" | "subscription";

export function nameOf(call: Call, kind: ObjectKind): string {
  const name = call.words[0]?.replace(new RegExp(`^${kind}s?/`), "");
  if (name === undefined || name === "") throw new UsageError(`the name of a ${kind} is missing`);
  return name;
}

/** A resource of the kind by its name; `project` is absent for kinds of the whole data center. */
export function resourceKey(call: Call, kind: KindDefinition, name: string): ResourceKey {
  return kind.scope === "project"
    ? { kind: kind.kind, project: projectOf(call), name }
    : { kind: kind.kind, name };
}

/** `vdc KIND list`. */
export async function listKind(call: Call, session: Session, name: ObjectKind): Promise<void> {
  const kind = kindOf(session, name);
  const allProjects = call.flags.has("allProjects");
  const { items } = await listResources(
    session,
    {
      kind,
      project: kind.scope === "project" ? projectOf(call) : undefined,
      allProjects,
      labelSelector: undefined,
      fieldSelector: undefined,
      limit: undefined,
    },
    call.io.signal,
  );
  const table = resourceTable(kind, items, {
    nowMs: session.ports.clock.now(),
    wide: formatOf(call) === "wide",
    withProject: allProjects,
  });
  await printRows(call, { items }, table, `no ${kind.plural}`);
}

/** Makes one; `already-exists` of one that stands is the server's to say. */
export async function createOne(
  call: Call,
  session: Session,
  name: ObjectKind,
  called: string,
  spec: JsonObject,
): Promise<Resource> {
  const kind = kindOf(session, name);
  const key = resourceKey(call, kind, called);
  const made = await session.client.apply(
    kind,
    { ...key, spec },
    { ifRevision: "absent", signal: call.io.signal },
  );
  return made.resource;
}

/** Asks for the name, deletes, and waits until it is gone unless told otherwise. */
export async function deleteOne(
  call: Call,
  session: Session,
  {
    kind: kindName,
    what,
    confirmed,
  }: {
    readonly kind: ObjectKind;
    readonly what: string;
    /** What comes before the deletion, once it is sure. */
    readonly confirmed?: (key: ResourceKey) => Promise<void>;
  },
): Promise<void> {
  const kind = kindOf(session, kindName);
  const name = nameOf(call, kindName);
  await confirmByName(call, name, what);
  const key = resourceKey(call, kind, name);
  await confirmed?.(key);
  const answer = await session.client.delete(kind, key, { signal: call.io.signal });
  const waits = call.flags.has("wait");
  if (answer.outcome === "deleting" && waits) {
    const timeoutMs = call.flags.durationMs("timeout") ?? deletionMs;
    await awaitDeletion(session, kind, answer.resource, { timeoutMs, signal: call.io.signal });
  }
  const done = answer.outcome === "removed" || waits ? "deleted" : "being deleted";
  await print(call, { [kindName]: name, outcome: done }, () => `${kindName}/${name} ${done}\n`);
}

const deletionMs = 5 * 60_000;
