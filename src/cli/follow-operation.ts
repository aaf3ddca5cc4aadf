import { isErrorCode, VdcError } from "#api/errors.ts";
import type { Operation } from "#api/records.ts";
import { progressLine } from "#cli/output/operation-text.ts";
import { Progress } from "#cli/progress.ts";
import type { Session } from "#cli/session.ts";
import { feed } from "#cli/watch-feed.ts";

/** Shows an operation's progress until it is finished, and gives its last state. Throws `timeout`. */
export async function followOperation(
  session: Session,
  operation: string,
  options: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<Operation> {
  const progress = new Progress(session.io);
  const deadline = AbortSignal.timeout(options.timeoutMs);
  try {
    return await untilFinished(session, operation, progress, AbortSignal.any([deadline, options.signal]));
  } catch (error) {
    if (!deadline.aborted || options.signal.aborted) throw error;
    throw new VdcError(
      "timeout",
      `The operation ${operation} has not finished; it goes on in the data center.`,
      {
        cause: error,
        extra: { remedy: `Wait longer: \`vdc wait operation/${operation} --timeout=10m\`.` },
      },
    );
  } finally {
    progress.clear();
  }
}

async function untilFinished(
  session: Session,
  id: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<Operation> {
  for (;;) {
    const operation = await session.client.call(session.client.routes["operation.get"], {
      params: { operation: id },
      signal,
    });
    if (isFinished(operation)) return operation;
    show(progress, operation);
    try {
      for await (const change of feed(session, { kind: "operation" }, operation.revision, signal)) {
        if (change.object["id"] !== id) continue;
        const next = change.object as unknown as Operation; // what the feed calls an operation is one
        if (isFinished(next)) return next;
        show(progress, next);
      }
    } catch (error) {
      // Too far behind: what is missing does not matter, the operation's own state does.
      if (!(error instanceof VdcError && error.code === "compacted")) throw error;
    }
  }
}

function show(progress: Progress, operation: Operation): void {
  const step = operation.steps.find((one) => one.state === "running")?.name;
  progress.show(progressLine(operation), `${operation.state} ${step ?? ""}`);
}

export function isFinished(operation: Operation): boolean {
  return operation.state !== "running" && operation.state !== "cancelling";
}

/** Throws what a finished operation failed with; nothing when it succeeded. */
export function requireSuccess(operation: Operation): void {
  if (operation.state === "succeeded") return;
  if (operation.state === "cancelled")
    throw new VdcError("cancelled", `${operation.title}: it was cancelled.`);
  const { error } = operation;
  const code = isErrorCode(error?.code) ? error.code : "fault";
  throw new VdcError(code, `${operation.title}: ${error?.message ?? "it failed"}`, {
    extra: error === undefined ? {} : { remedy: error.remedy },
  });
}
