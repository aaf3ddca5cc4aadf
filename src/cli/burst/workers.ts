import type { Cluster, WorkerView } from "#api/burst.ts";
import { burstJobRoutes } from "#api/routes/burst-jobs.ts";
import { projectOf } from "#cli/apps/app-target.ts";
import type { Call } from "#cli/declare.ts";
import { print, printRows, tableText } from "#cli/output/print.ts";
import type { Table } from "#cli/output/table.ts";
import { ageText, countText } from "#cli/output/units.ts";
import { withSession } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";

/** `vdc worker list`. */
export async function workerList(call: Call): Promise<void> {
  await withSession(call, async ({ client, ports }) => {
    const cluster = await client.call(burstJobRoutes["burst.cluster"], { signal: call.io.signal });
    const now = ports.clock.now();
    if (cluster.workers.length === 0)
      return await printRows(call, cluster, workerTable([], now), "no workers");
    await print(call, cluster, () => tableText(call, workerTable(cluster.workers, now)) + summaryOf(cluster));
  });
}

export function workerTable(workers: readonly WorkerView[], nowMs: number): Table {
  return {
    headers: ["ID", "NAME", "KIND", "TRUST", "PROJECT", "STATE", "RUNNING", "DONE", "GHZ", "AGE", "WHY"],
    rows: workers.map((worker) => [
      worker.id,
      worker.name,
      worker.kind,
      worker.trust,
      worker.project ?? "",
      stateCell(worker.state),
      `${worker.running}/${worker.slots}`,
      String(worker.done),
      worker.gigahertz.toFixed(1),
      ageText(worker.connectedAt, nowMs),
      whyText(worker, nowMs),
    ]),
  };
}

/** Why it is in quarantine, and how it was found. */
function whyText({ reason = "", found }: WorkerView, nowMs: number): string {
  if (found === undefined) return reason;
  return `${reason} (${found.by.join(", ")}) at task ${found.task} of ${found.job}, ${ageText(found.at, nowMs)} ago`;
}

function stateCell(state: WorkerView["state"]): Table["rows"][number][number] {
  if (state === "quarantined") return { text: state, colour: "red" };
  return state === "silent" ? { text: state, colour: "yellow" } : state;
}

function summaryOf({ workers, slots, gigahertz, running, ready, tasksPerSecond }: Cluster): string {
  return (
    `\n${countText(workers.length, "worker")} with ${countText(slots, "slot")}: like one core of ${gigahertz.toFixed(1)} GHz; ` +
    `${countText(running, "task")} running, ${ready} ready, ${tasksPerSecond.toFixed(0)}/s\n`
  );
}

/** `vdc worker drain ID…`. */
export async function workerDrain(call: Call): Promise<void> {
  await eachWorker(call, "worker.drain", "takes nothing new and leaves when it has finished");
}

/** `vdc worker release NAME…`. */
export async function workerRelease(call: Call): Promise<void> {
  await eachWorker(call, "worker.release", "may connect again");
}

async function eachWorker(call: Call, route: "worker.drain" | "worker.release", then: string): Promise<void> {
  if (call.words.length === 0) throw new UsageError("which worker is missing", "see `vdc worker list`");
  await withSession(call, async ({ client }) => {
    for (const worker of call.words) {
      await client.call(burstJobRoutes[route], { params: { worker }, signal: call.io.signal });
      call.io.stdout(`worker/${worker} ${then}\n`);
    }
  });
}

/** `vdc worker token`: a token with which machines may work for one project, and do what its operators may. */
export async function workerToken(call: Call): Promise<void> {
  await withSession(call, async ({ client }) => {
    const expiresMs = call.flags.durationMs("expires");
    const project = projectOf(call);
    const created = await client.call(client.routes["token.create"], {
      body: {
        name: call.words[0] ?? "workers",
        project,
        role: "operator",
        ...(expiresMs === undefined ? {} : { expiresInSeconds: Math.floor(expiresMs / 1000) }),
      },
      signal: call.io.signal,
    });
    const { id, expiresAt } = created.token;
    call.io.stderr(
      `token ${id} until ${expiresAt}; its secret is shown this once. \`vdc token revoke ${id}\` ends it.\n`,
    );
    await print(call, created, () => `${created.secret}\n`);
  });
}
