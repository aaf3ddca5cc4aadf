import type { Selectable } from "kysely";
import type { Change } from "#api/records.ts";
import type { OwnerRef, Resource, ResourceKey } from "#api/resource.ts";
import type { Id } from "#lib/ids.ts";
import type { ChangesTable, ResourcesTable } from "./schema.ts";

/** A key as the tables have it: an empty project for kinds of the whole data center. */
export interface RowKey {
  readonly kind: string;
  readonly project: string;
  readonly name: string;
}

export function rowKey(key: ResourceKey): RowKey {
  return { kind: key.kind, project: key.project ?? "", name: key.name };
}

/** One string for each key. Names hold no slash. */
export function keyString(key: ResourceKey): string {
  return `${key.kind}/${key.project ?? ""}/${key.name}`;
}

export function resourceOf(row: Selectable<ResourcesTable>): Resource {
  return {
    kind: row.kind,
    ...(row.project === "" ? {} : { project: row.project }),
    name: row.name,
    id: row.id as Id<"resource">, // only our own ids are ever written there
    generation: row.generation,
    revision: row.revision,
    labels: row.labels,
    ...ownerOf(row),
    spec: row.spec,
    status: row.status,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ...(row.deleting_since === null ? {} : { deletingSince: row.deleting_since }),
  };
}

function ownerOf(row: Selectable<ResourcesTable>): { owner?: OwnerRef } {
  if (row.owner_id === null || row.owner_kind === null || row.owner_name === null) return {};
  const project =
    row.owner_project === null || row.owner_project === "" ? {} : { project: row.owner_project };
  const id = row.owner_id as Id<"resource">; // as above
  return { owner: { kind: row.owner_kind, ...project, name: row.owner_name, id } };
}

export function changeOf(row: Omit<Selectable<ChangesTable>, "at">): Change {
  return {
    revision: row.revision,
    type: row.type,
    kind: row.kind,
    ...(row.project === null ? {} : { project: row.project }),
    name: row.name,
    object: row.object,
  };
}
