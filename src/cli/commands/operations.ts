import type { Operation } from "#api/records.ts";
import { maxPageSize } from "#api/routes/define-route.ts";
import type { Call } from "#cli/declare.ts";
import { followOperation, requireSuccess } from "#cli/follow-operation.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import { operationTable, operationText, progressLine } from "#cli/output/operation-text.ts";
import { paintFor } from "#cli/output/paint.ts";
import { formatOf, print, printRows } from "#cli/output/print.ts";
import { jsonLine, yamlText } from "#cli/output/structured.ts";
import { withSession, type Session } from "#cli/session.ts";
import { currentRevision, feed } from "#cli/watch-feed.ts";

const defaultLimit = 50;
/** A person who watches an operation may go away; the operation does not. */
const watchTimeoutMs = 24 * 3_600_000;
const states = ["running", "cancelling", "succeeded", "failed", "cancelled"] as const;

/** `vdc operations [ID]`. */
export async function operations(call: Call): Promise<void> {
  await withSession(call, async (session) => {
    const [id] = call.words;
    if (id !== undefined) await showOne(call, session, id.replace(/^operations?\//, ""));
    else if (call.flags.has("watch")) await watchAll(call, session);
    else await showList(call, session);
  });
}

/** `vdc operations cancel ID`. */
export async function cancelOperation(call: Call): Promise<void> {
  await withSession(call, async (session) => {
    const operation = await session.client.call(session.client.routes["operation.cancel"], {
      params: { operation: call.words[0] ?? "" },
      signal: call.io.signal,
    });
    await print(call, operation, () => `operation/${harmlessLine(operation.id)} ${operation.state}\n`);
  });
}

async function showOne(call: Call, session: Session, id: string): Promise<void> {
  const { io } = call;
  const operation = call.flags.has("watch")
    ? await followOperation(session, id, { timeoutMs: watchTimeoutMs, signal: io.signal })
    : await session.client.call(session.client.routes["operation.get"], {
        params: { operation: id },
        signal: io.signal,
      });
  await print(call, operation, () =>
    operationText(operation, session.ports.clock.now(), paintFor(io, "stdout")),
  );
  if (call.flags.has("watch")) requireSuccess(operation);
}

async function showList(call: Call, session: Session): Promise<void> {
  const project = call.flags.text("project");
  const state = call.flags.oneOf("state", states);
  const { items } = await session.client.call(session.client.routes["operation.list"], {
    query: {
      limit: Math.min(call.flags.whole("limit", 1) ?? defaultLimit, maxPageSize),
      ...(project === undefined ? {} : { project }),
      ...(state === undefined ? {} : { state }),
    },
    signal: call.io.signal,
  });
  await printRows(call, { items }, operationTable(items, session.ports.clock.now()), "no operations");
}

async function watchAll(call: Call, session: Session): Promise<void> {
  const { io } = call;
  const since = await currentRevision(session, io.signal);
  const format = formatOf(call);
  const query = { kind: "operation", project: call.flags.text("project") };
  for await (const change of feed(session, query, since, io.signal)) {
    if (change.kind !== "operation" || change.type === "deleted") continue;
    const operation = change.object as unknown as Operation; // what the feed calls an operation is one
    if (format === "json") io.stdout(jsonLine(operation));
    else if (format === "yaml") io.stdout(`---\n${await yamlText(operation)}`);
    else io.stdout(`${operation.updatedAt} ${harmlessLine(operation.id)} ${progressLine(operation)}\n`);
  }
}
