import { planKind, planSpecSchema } from "#api/kinds/plan.ts";
import type { Call } from "#cli/declare.ts";
import { listResources } from "#cli/list-resources.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import { formatOf, print, printRows } from "#cli/output/print.ts";
import { resourceTable } from "#cli/output/resource-table.ts";
import { bytesText } from "#cli/output/units.ts";
import { withSession } from "#cli/session.ts";
import { wordOf } from "./offer.ts";

/** `vdc plan list`. */
export async function planList(call: Call): Promise<void> {
  await withSession(call, async (session) => {
    const kind = planKind;
    const everything = { project: undefined, labelSelector: undefined, fieldSelector: undefined };
    const { items } = await listResources(
      session,
      { kind, allProjects: false, limit: undefined, ...everything },
      call.io.signal,
    );
    const nowMs = session.ports.clock.now();
    const table = resourceTable(kind, items, { nowMs, wide: formatOf(call) === "wide", withProject: false });
    await printRows(call, { items }, table, "no plans");
  });
}

/** `vdc plan show PLAN`. */
export async function planShow(call: Call): Promise<void> {
  const name = wordOf(call, "name of a plan");
  await withSession(call, async (session) => {
    const plan = await session.client.get(planKind, { name }, call.io.signal);
    await print(call, plan, () => {
      const spec = planSpecSchema.parse(plan.spec);
      const facts: readonly (readonly [string, string])[] = [
        ["plan", spec.title === "" ? name : `${name} (${harmlessLine(spec.title)})`],
        ["for", harmlessLine(spec.description)],
        ["included", `${spec.includedCores} cores and ${bytesText(spec.includedMemoryBytes)}, free`],
        ["beyond", `${spec.pricePerCoreSecond} ${spec.currency} for a second of a core`],
        ["", `${spec.pricePerGibSecond} ${spec.currency} for a second of a GiB`],
        ["at once", `${spec.maxBurstSlots} tasks of a job with burst`],
      ];
      return facts.map(([fact, value]) => `${fact.padEnd(9)} ${value === "" ? "-" : value}\n`).join("");
    });
  });
}
