import { VdcError, type ErrorCode } from "#api/errors.ts";
import type { Change } from "#api/records.ts";
import type { Session } from "#cli/session.ts";
import { AssertionFault } from "#lib/assert.ts";
import { backoffMs } from "#lib/backoff.ts";

const reconnect = { baseMs: 200, maxMs: 5000 };
/** A watch gives up when the data center was away for this long. */
const maxOutageMs = 10 * 60_000;

/** Errors that pass by themselves: a restart, a full queue, a lost connection. */
const passing: ReadonlySet<ErrorCode> = new Set([
  "unreachable",
  "unavailable",
  "busy",
  "timeout",
  "too-many-requests",
]);

export interface FeedQuery {
  readonly kind: string;
  readonly project?: string | undefined;
  readonly name?: string | undefined;
}

/**
 * Every change after `since`, in order, across lost connections. Ends when `signal` aborts by throwing its reason;
 * throws `compacted` when the server no longer keeps what is missing (list again), and what does not pass by itself.
 */
export async function* feed(
  session: Session,
  query: FeedQuery,
  since: number,
  signal: AbortSignal,
): AsyncGenerator<Change> {
  let revision = since;
  let outage: { readonly beganAt: number; readonly attempt: number } | undefined;
  for (;;) {
    let lost: unknown;
    try {
      for await (const message of session.client.watch({ ...defined(query), since: revision }, signal)) {
        if (outage !== undefined) session.io.stderr("connected again\n");
        outage = undefined;
        revision = Math.max(revision, message.revision);
        if (message.type === "change") yield message.change;
      }
    } catch (error) {
      lost = error;
    }
    signal.throwIfAborted();
    outage = nextOutage(session, outage, lost);
    await session.ports.clock.sleep(backoffMs(outage.attempt, reconnect, session.ports.random), signal);
  }
}

function nextOutage(
  session: Session,
  outage: { readonly beganAt: number; readonly attempt: number } | undefined,
  lost: unknown,
): { readonly beganAt: number; readonly attempt: number } {
  if (lost instanceof AssertionFault || (lost instanceof VdcError && !passing.has(lost.code))) throw lost;
  const now = session.ports.clock.monotonic();
  if (outage === undefined) {
    session.io.stderr("connection lost; trying again\n");
    return { beganAt: now, attempt: 0 };
  }
  if (now - outage.beganAt > maxOutageMs)
    throw new VdcError("unreachable", "The data center did not come back within ten minutes.", {
      cause: lost,
    });
  return { ...outage, attempt: outage.attempt + 1 };
}

function defined(query: FeedQuery): { kind: string; project?: string; name?: string } {
  const { kind, project, name } = query;
  return { kind, ...(project === undefined ? {} : { project }), ...(name === undefined ? {} : { name }) };
}

/** The newest revision: where a watch of what has not been listed begins. */
export async function currentRevision(session: Session, signal: AbortSignal): Promise<number> {
  // Every signed-in caller may list projects, and the answer's revision is the store's.
  const project = session.kinds.get("project");
  if (project === undefined) throw new VdcError("unsupported", "There are no projects to ask about.");
  return (await session.client.list(project, { limit: 1, signal })).revision;
}
