import { VdcError } from "#api/errors.ts";
import type { KindDefinition } from "#api/kind.ts";
import type { Resource, ResourceKey } from "#api/resource.ts";
import type { Session } from "#cli/session.ts";
import { currentRevision, feed } from "#cli/watch-feed.ts";

/**
 * The states of one resource, the present one first, undefined while there is none. Level-triggered: a state
 * between two others may be skipped, the last one never is. Ends only by `signal`.
 */
export async function* followResource(
  session: Session,
  kind: KindDefinition,
  key: ResourceKey,
  signal: AbortSignal,
): AsyncGenerator<Resource | undefined> {
  for (;;) {
    const since = await currentRevision(session, signal);
    yield await present(session, kind, key, signal);
    const query = { kind: kind.kind, project: projectOf(kind, key), name: key.name };
    try {
      for await (const change of feed(session, query, since, signal)) {
        if (change.kind !== kind.kind || change.name !== key.name) continue;
        if (kind.scope === "project" && change.project !== key.project) continue;
        yield change.type === "deleted" ? undefined : (change.object as unknown as Resource); // the feed's objects of this kind are its resources
      }
    } catch (error) {
      // Too far behind: look at the present state again.
      if (!(error instanceof VdcError && error.code === "compacted")) throw error;
    }
  }
}

/** The resource, or undefined when there is none. */
export async function present(
  session: Session,
  kind: KindDefinition,
  key: ResourceKey,
  signal: AbortSignal,
): Promise<Resource | undefined> {
  try {
    return await session.client.get(kind, key, signal);
  } catch (error) {
    if (error instanceof VdcError && error.code === "not-found") return undefined;
    throw error;
  }
}

/** Changes of kinds of the whole data center have no project to ask for. */
function projectOf(kind: KindDefinition, key: ResourceKey): string | undefined {
  return kind.scope === "project" ? key.project : undefined;
}
