import { VdcError } from "#api/errors.ts";
import type { KindDefinition } from "#api/kind.ts";
import type { Operation } from "#api/records.ts";
import { keyText, type Resource } from "#api/resource.ts";
import { isFinished, requireSuccess } from "#cli/follow-operation.ts";
import { present } from "#cli/follow-resource.ts";
import { progressLine } from "#cli/output/operation-text.ts";
import { Progress } from "#cli/progress.ts";
import type { Session } from "#cli/session.ts";
import { currentRevision, feed } from "#cli/watch-feed.ts";

/**
 * Waits until a resource that is being deleted is gone: this one, by its id, not another of the same name. Shows
 * the operation that cleans up after it. Throws what that operation failed with, and `timeout` when it takes longer.
 */
export async function awaitDeletion(
  session: Session,
  kind: KindDefinition,
  resource: Resource,
  options: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const progress = new Progress(session.io);
  const deadline = AbortSignal.timeout(options.timeoutMs);
  try {
    await untilGone(session, kind, resource, progress, AbortSignal.any([deadline, options.signal]));
  } catch (error) {
    if (!deadline.aborted || options.signal.aborted) throw error;
    const name = keyText(resource);
    throw new VdcError("timeout", `${name} is still being deleted; that goes on in the data center.`, {
      cause: error,
      extra: { remedy: `Look at \`vdc operations\`, or wait longer: \`vdc wait ${name} --for=deleted\`.` },
    });
  } finally {
    progress.clear();
  }
}

async function untilGone(
  session: Session,
  kind: KindDefinition,
  resource: Resource,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  progress.show(`${keyText(resource)}: deleting`, "deleting");
  for (;;) {
    const since = await currentRevision(session, signal);
    const now = await present(session, kind, resource, signal);
    if (now === undefined || now.id !== resource.id) return;
    await requireNoFailure(session, resource, signal);
    try {
      for await (const change of feed(session, { kind: `${kind.kind},operation` }, since, signal)) {
        if (change.type === "deleted" && change.object["id"] === resource.id) return;
        if (change.kind === "operation")
          watchOperation(change.object as unknown as Operation, resource, progress); // what the feed calls an operation is one
      }
    } catch (error) {
      // Too far behind: look at the present state again.
      if (!(error instanceof VdcError && error.code === "compacted")) throw error;
    }
  }
}

function watchOperation(operation: Operation, resource: Resource, progress: Progress): void {
  if (!isAbout(operation, resource)) return;
  const step = operation.steps.find((one) => one.state === "running")?.name;
  progress.show(progressLine(operation), `${operation.state} ${step ?? ""}`);
  // A reconciler may try again, but the person waiting is told now; the truth is that it did not work.
  if (isFinished(operation)) requireSuccess(operation);
}

/** The operation may have failed between the delete and the beginning of the watch. */
async function requireNoFailure(session: Session, resource: Resource, signal: AbortSignal): Promise<void> {
  const { items } = await session.client.call(session.client.routes["operation.list"], {
    query: { limit: 50, state: "failed" },
    signal,
  });
  const since = resource.deletingSince ?? resource.updatedAt;
  const failed = items.find((operation) => isAbout(operation, resource) && operation.createdAt >= since);
  if (failed !== undefined) requireSuccess(failed);
}

function isAbout(operation: Operation, resource: Resource): boolean {
  const { target } = operation;
  return (
    operation.type === `${resource.kind}.delete` &&
    target?.kind === resource.kind &&
    target.name === resource.name &&
    target.project === resource.project
  );
}
