import type { Attribution } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import type { IssuedKey } from "#api/objects.ts";
import type { Resource } from "#api/resource.ts";
import type { AccessKeyRecord } from "../../records.ts";
import { newCredentials } from "../key/credentials.ts";
import { keyStatus } from "../key/plan.ts";
import type { Key, ObjectStoreHere } from "../ports.ts";
import { requireStore, type Named, type ObjectsServiceOptions } from "./base.ts";
import { told } from "./told.ts";

/** Pairs of one key that work at the same time: the second is for whoever is changing over. */
export const livePairsMax = 2;
/** Times that a status is written anew because something else wrote meanwhile. */
const statusAttempts = 5;

/** Credentials: made, shown once, and ended at once. */
export function keyService(options: ObjectsServiceOptions) {
  const { store, clock, random } = options;
  return {
    issue: async (
      named: Named,
      { revokeOthers }: { readonly revokeOthers: boolean },
      by: Attribution,
    ): Promise<IssuedKey> => {
      const { catalog, endpoint, region } = requireStore(store);
      const key = await requireKey(options, named);
      if (key.deletingSince !== undefined)
        throw new VdcError("deleting", `Key ${named.name} is being deleted.`);
      const before = (await told(catalog.keys({ owner: key.id }))).toSorted(newestFirst);
      const made = newCredentials(key, clock, random);
      await record(options, key, "issue", made.accessKeyId, by);
      await told(catalog.putKey({ key: made }));
      const ended = before.slice(revokeOthers ? 0 : livePairsMax - 1);
      for (const { accessKeyId } of ended) await told(catalog.removeKey({ accessKeyId }));
      await showCredentials(options, named, catalog, by);
      const { accessKeyId, secretAccessKey } = made;
      return { accessKeyId, secretAccessKey, endpoint, region };
    },
    revoke: async (named: Named, accessKeyId: string | undefined, by: Attribution): Promise<Resource> => {
      const { catalog } = requireStore(store);
      const key = await requireKey(options, named);
      const own = await told(catalog.keys({ owner: key.id }));
      const ended = accessKeyId === undefined ? own : own.filter((one) => one.accessKeyId === accessKeyId);
      if (accessKeyId !== undefined && ended.length === 0)
        throw new VdcError("not-found", `Key ${named.name} has no such pair of credentials.`);
      for (const one of ended) {
        await told(catalog.removeKey({ accessKeyId: one.accessKeyId }));
        await record(options, key, "revoke", one.accessKeyId, by);
      }
      return await showCredentials(options, named, catalog, by);
    },
  };
}

async function requireKey(
  { resources }: Pick<ObjectsServiceOptions, "resources">,
  { project, name }: Named,
): Promise<Key> {
  const key = await resources.get({ kind: "key", project, name });
  if (key === undefined)
    throw new VdcError("not-found", `There is no key '${name}' in project '${project}'.`);
  return key as Key; // the store holds what the kind's schema let in
}

/** Into the audit chain and the events; the secret is in neither. */
async function record(
  { audit, events }: Pick<ObjectsServiceOptions, "audit" | "events">,
  { kind, project = "", name, id }: Key,
  verb: "issue" | "revoke",
  accessKeyId: string,
  by: Attribution,
): Promise<void> {
  const target = { kind, project, name, id };
  await audit.append([{ ...by, verb, target, outcome: "done", detail: { accessKeyId } }]);
  await events.emit([
    {
      type: verb === "issue" ? "key.issued" : "key.revoked",
      severity: "info",
      project,
      subject: { kind, project, name },
      message: `Credentials ${accessKeyId} of key ${name} were ${verb === "issue" ? "issued" : "revoked"}.`,
      actor: by.actor,
    },
  ]);
}

/** The status as the catalog's pairs make it now; the reconciler writes it when somebody else keeps writing. */
async function showCredentials(
  options: ObjectsServiceOptions,
  named: Named,
  catalog: ObjectStoreHere["catalog"],
  by: Attribution,
): Promise<Resource> {
  const { resources, clock } = options;
  for (let attempt = 1; ; attempt += 1) {
    const key = await requireKey(options, named);
    const own = await told(catalog.keys({ owner: key.id }));
    try {
      const status = keyStatus(key, own, clock.now());
      const written = await resources.setStatus({ kind: "key", ...named }, status, {
        by,
        ifRevision: key.revision,
      });
      return written.resource;
    } catch (error) {
      if (!(error instanceof VdcError && error.code === "precondition-failed")) throw error;
      if (attempt >= statusAttempts) return key;
    }
  }
}

function newestFirst(a: AccessKeyRecord, b: AccessKeyRecord): number {
  return b.createdAt - a.createdAt;
}
