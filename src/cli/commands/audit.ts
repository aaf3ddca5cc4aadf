import type { AuditEntry } from "#api/records.ts";
import { maxPageSize } from "#api/routes/define-route.ts";
import type { Call } from "#cli/declare.ts";
import { followOperation, requireSuccess } from "#cli/follow-operation.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import { print, printRows } from "#cli/output/print.ts";
import type { Table } from "#cli/output/table.ts";
import { withSession, type Session } from "#cli/session.ts";

const defaultLimit = 50;
const maxEntries = 10_000;
const verifyTimeoutMs = 3_600_000;

/** `vdc audit`: the newest entries; `--verify` walks the whole chain. */
export async function audit(call: Call): Promise<void> {
  await withSession(call, async (session) => {
    if (call.flags.has("verify")) await verify(call, session);
    else await list(call, session);
  });
}

async function verify(call: Call, session: Session): Promise<void> {
  const begun = await session.client.call(session.client.routes["audit.verify"], { signal: call.io.signal });
  const operation = await followOperation(session, begun.id, {
    timeoutMs: verifyTimeoutMs,
    signal: call.io.signal,
  });
  requireSuccess(operation);
  await print(call, operation, () => {
    const facts = Object.entries(operation.result ?? {}).map(
      ([name, value]) => `${name} ${JSON.stringify(value)}`,
    );
    return harmlessLine(`audit chain intact${facts.length === 0 ? "" : `: ${facts.join(", ")}`}`).concat(
      "\n",
    );
  });
}

async function list(call: Call, session: Session): Promise<void> {
  const limit = Math.min(call.flags.whole("limit", 1) ?? defaultLimit, maxEntries);
  const project = call.flags.text("project");
  const items: AuditEntry[] = [];
  let before: number | undefined;
  while (items.length < limit) {
    const size = Math.min(maxPageSize, limit - items.length);
    const page = await session.client.call(session.client.routes["audit.list"], {
      query: {
        limit: size,
        ...(project === undefined ? {} : { project }),
        ...(before === undefined ? {} : { before }),
      },
      signal: call.io.signal,
    });
    items.push(...page.items);
    before = page.items.at(-1)?.sequence;
    if (page.items.length < size || before === undefined) break;
  }
  await printRows(call, { items }, auditTable(items), "no audit entries");
}

export function auditTable(entries: readonly AuditEntry[]): Table {
  return {
    headers: ["SEQUENCE", "AT", "WHO", "VERB", "TARGET", "OUTCOME", "HASH"],
    rows: entries.map((entry) => [
      String(entry.sequence),
      entry.at,
      `${entry.actor.type}/${entry.actor.name}`,
      entry.verb,
      [entry.target.kind, entry.target.project, entry.target.name]
        .filter((part) => part !== undefined)
        .join("/"),
      entry.outcome === "refused" ? { text: entry.outcome, colour: "red" as const } : entry.outcome,
      entry.hash.slice(0, 12),
    ]),
  };
}
