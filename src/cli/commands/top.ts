import type { InstanceUsage } from "#api/apps.ts";
import { appKey, kindOf, projectOf, type AppKey } from "#cli/apps/app-target.ts";
import type { Call } from "#cli/declare.ts";
import { listResources } from "#cli/list-resources.ts";
import { formatOf, print, tableText } from "#cli/output/print.ts";
import { jsonLine } from "#cli/output/structured.ts";
import type { Table } from "#cli/output/table.ts";
import { bytesText } from "#cli/output/units.ts";
import { withSession, type Session } from "#cli/session.ts";

const refreshMs = 2000;
/** Apps that are asked when none is named. */
const maxApps = 50;

interface Row extends InstanceUsage {
  readonly app: string;
}

/** `vdc top [APP]`: what each instance uses and serves now. */
export async function top(call: Call): Promise<void> {
  await withSession(call, async (session) => {
    for (;;) {
      const rows = await rowsOf(call, session);
      const isWatch = call.flags.has("watch");
      if (isWatch && formatOf(call) === "json") call.io.stdout(jsonLine({ items: rows }));
      else {
        // Home and clear to the end: the screen is written over instead of scrolled away.
        const before = isWatch && call.io.isTty.stdout ? "\u001b[H\u001b[J" : "";
        await print(call, { items: rows }, () => before + tableText(call, usageTable(rows)));
      }
      if (!isWatch) return;
      await session.ports.clock.sleep(refreshMs, call.io.signal);
    }
  });
}

async function rowsOf(call: Call, session: Session): Promise<readonly Row[]> {
  const [word] = call.words;
  const keys = word === undefined ? await allApps(call, session) : [appKey(call, word)];
  const rows: Row[] = [];
  for (const key of keys) {
    const { items } = await session.client.call(session.client.routes["app.top"], {
      params: key,
      signal: call.io.signal,
    });
    rows.push(...items.map((usage) => ({ app: key.name, ...usage })));
  }
  return rows;
}

async function allApps(call: Call, session: Session): Promise<readonly AppKey[]> {
  const project = projectOf(call);
  const { items } = await listResources(
    session,
    {
      kind: kindOf(session, "app"),
      project,
      allProjects: false,
      labelSelector: undefined,
      fieldSelector: undefined,
      limit: maxApps,
    },
    call.io.signal,
  );
  return items.map(({ name }) => ({ project, name }));
}

export function usageTable(rows: readonly Row[]): Table {
  return {
    headers: [
      "APP",
      "INSTANCE",
      "RELEASE",
      "PHASE",
      "CPU",
      "MEMORY",
      "IN FLIGHT",
      "REQUESTS",
      "FAILED",
      "RESTARTS",
    ],
    rows: rows.map((row) => [
      row.app,
      row.instance,
      String(row.release),
      row.phase,
      row.cpuPercent === undefined ? "" : `${row.cpuPercent.toFixed(1)}%`,
      row.memoryBytes === undefined ? "" : bytesText(row.memoryBytes),
      String(row.inFlight),
      String(row.requests),
      String(row.failures),
      String(row.restarts),
    ]),
  };
}
