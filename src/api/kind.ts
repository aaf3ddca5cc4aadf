import type { z } from "zod";
import type { Access, Role } from "#api/access.ts";
import type { JsonObject } from "#lib/json.ts";

/** A measure that projects have quotas on: `resources.project`, `memoryBytes`. Values are whole numbers. */
export type Measure = string;

/**
 * All that the shared machinery needs to know of a kind. Routes, OpenAPI, CLI verbs and tables, the console's
 * generic views and the access test are made from it: a new kind is one such object and a line in `kinds.ts`.
 */
export interface KindDefinition {
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly title: string;
  readonly description: string;
  /** `center`: one name space for the data center; `project`: a name space in each project. */
  readonly scope: "center" | "project";
  readonly spec: z.ZodType<JsonObject>;
  readonly status: z.ZodType<JsonObject>;
  readonly access: {
    readonly list: Access;
    readonly view: Access;
    readonly create: Access;
    readonly change: Access;
    readonly delete: Access;
  };
  /** Changing anything under these paths needs more than `access.change`. */
  readonly guarded: readonly {
    readonly path: string;
    readonly needs: "owner" | Role;
    readonly why: string;
  }[];
  /** Columns of `vdc get`, after the name. `path` as in a field selector. */
  readonly columns: readonly {
    readonly header: string;
    readonly path: string;
    readonly format?: "count" | "bytes" | "age";
  }[];
  /** What one resource of this kind uses of its project's quotas. */
  readonly usage?: (spec: JsonObject) => Readonly<Record<Measure, number>>;
  /** What is true of every new one from its first moment, so that nobody has to wait for a pass to read it. Absent: `{}`. */
  readonly initialStatus?: JsonObject;
  /** True when an owner has to clean up after it: delete then sets `deletingSince` and waits for `finalize`. */
  readonly finalized: boolean;
  readonly example: { readonly name: string; readonly project?: string; readonly spec: JsonObject };
}

/** The access rules of a kind that lives in a project. */
export function projectAccess(needs: {
  readonly view: Role;
  readonly write: Role;
}): KindDefinition["access"] {
  const view = { rule: "project", role: needs.view, param: "project" } as const;
  const write = { rule: "project", role: needs.write, param: "project" } as const;
  return { list: view, view, create: write, change: write, delete: write };
}
