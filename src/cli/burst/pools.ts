import type { PoolState } from "#api/kinds/app.ts";
import { kindOf, type App } from "#cli/apps/app-target.ts";
import type { Call } from "#cli/declare.ts";
import { listResources } from "#cli/list-resources.ts";
import { printRows } from "#cli/output/print.ts";
import type { Table } from "#cli/output/table.ts";
import { ageText } from "#cli/output/units.ts";
import { withSession } from "#cli/session.ts";

interface Pool extends PoolState {
  readonly project: string;
  readonly app: string;
  readonly ready: number;
}

const noPools = "no pools; one whose number `vdc scale` fixed is none until its number is auto again";

/** `vdc worker pools`: the components of apps that are sized by the jobs that wait. */
export async function workerPools(call: Call): Promise<void> {
  await withSession(call, async (session) => {
    const project = call.flags.text("project");
    const wanted = {
      kind: kindOf(session, "app"),
      project,
      allProjects: project === undefined,
      labelSelector: undefined,
      fieldSelector: undefined,
      limit: undefined,
    };
    const { items } = await listResources(session, wanted, call.io.signal);
    const pools = items.flatMap((app) => poolsOf(app as unknown as App)); // as the kind's schema says
    await printRows(call, { items: pools }, poolTable(pools, session.ports.clock.now()), noPools);
  });
}

function poolsOf({ project = "", name, status }: App): readonly Pool[] {
  return (status.pools ?? []).map((pool) => {
    const component = status.components?.find((one) => one.name === pool.component);
    return { project, app: name, ready: component?.ready ?? 0, ...pool };
  });
}

function poolTable(pools: readonly Pool[], nowMs: number): Table {
  return {
    headers: ["PROJECT", "POOL", "READY", "WANTED", "MIN", "MAX", "SINCE", "WHY"],
    rows: pools.map(({ project, app, component, ready, wanted, min, max, since, reason }) => [
      project,
      `${app}/${component}`,
      String(ready),
      String(wanted),
      String(min),
      String(max),
      ageText(since, nowMs),
      reason,
    ]),
  };
}
