import type { WriteAnswer } from "#api/client.ts";
import { diffJson } from "#api/diff.ts";
import { VdcError } from "#api/errors.ts";
import type { Resource } from "#api/resource.ts";
import type { WantedResource } from "#cli/input/documents.ts";
import { present } from "#cli/follow-resource.ts";
import type { Session } from "#cli/session.ts";
import type { Json } from "#lib/json.ts";

/**
 * What applying would do: the server's dry run. Where the server cannot say, because the resource's project is
 * itself only wanted by another document of the same call, the answer is "created" with every field.
 */
export async function plannedAnswer(
  session: Session,
  one: WantedResource,
  all: readonly WantedResource[],
  options: { readonly ifRevision?: number | "absent" | undefined; readonly signal: AbortSignal },
): Promise<WriteAnswer> {
  const { ifRevision, signal } = options;
  try {
    return await session.client.apply(
      one.kind,
      { ...one.key, labels: one.labels, spec: one.spec },
      { dryRun: true, signal, ...(ifRevision === undefined ? {} : { ifRevision }) },
    );
  } catch (error) {
    const refused = error instanceof VdcError && (error.code === "not-found" || error.code === "forbidden");
    if (refused && (await isProjectToCome(session, one, all, signal))) return createdAnswer(one);
    throw error;
  }
}

async function isProjectToCome(
  session: Session,
  one: WantedResource,
  all: readonly WantedResource[],
  signal: AbortSignal,
): Promise<boolean> {
  const project = all.find(({ kind, key }) => kind.kind === "project" && key.name === one.key.project);
  if (project === undefined) return false;
  return (await present(session, project.kind, project.key, signal)) === undefined;
}

function createdAnswer(one: WantedResource): WriteAnswer {
  // The schema's output is JSON: kinds are declared with `z.ZodType<JsonObject>`.
  const after: Json = { labels: one.labels, spec: one.kind.spec.parse(one.spec) };
  const resource = { ...one.key, labels: one.labels, spec: one.spec } as unknown as Resource; // what it would be made of; it has no id yet
  return { outcome: "created", dryRun: true, diff: diffJson({}, after), resource };
}
