import type { StoreStatusView } from "#api/objects.ts";
import { confirmByName } from "#cli/confirm.ts";
import type { Call } from "#cli/declare.ts";
import { followOperation, requireSuccess } from "#cli/follow-operation.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import { print, tableText } from "#cli/output/print.ts";
import { bytesText, countText } from "#cli/output/units.ts";
import { withSession } from "#cli/session.ts";

const workTimeoutMs = 24 * 3_600_000;

/** `vdc object-store status`. */
export async function storeStatus(call: Call): Promise<void> {
  await withSession(call, async ({ client }) => {
    const status = await client.call(client.routes["object-store.status"], { signal: call.io.signal });
    await print(call, status, () => statusText(call, status));
  });
}

function statusText(call: Call, status: StoreStatusView): string {
  const { layout, margin, objects = 0, bytes = 0, buckets = 0, repairQueue, garbageBytes, counters } = status;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["phase", status.phase],
    ["why", status.reason],
    ["endpoint", status.endpoint],
    ["region", status.region],
    [
      "layout",
      layout === undefined
        ? undefined
        : `${layout.k} data + ${layout.m} parity, ${layout.copies} journal copies`,
    ],
    ["margin", margin === undefined ? undefined : `${countText(margin, "more drive")} may be lost`],
    [
      "holds",
      layout === undefined
        ? undefined
        : `${countText(objects, "object")} in ${countText(buckets, "bucket")}, ${bytesText(bytes)}`,
    ],
    ["repair", repairQueue === undefined ? undefined : `${repairQueue} waiting`],
    ["garbage", garbageBytes === undefined ? undefined : bytesText(garbageBytes)],
    ...Object.entries(counters ?? {}).map(([name, value]) => [name, String(value)] as const),
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  const lines = facts.flatMap(([name, value]) =>
    value === undefined ? [] : [`${harmlessLine(name).padEnd(width)}  ${harmlessLine(value)}\n`],
  );
  const { work = [] } = status;
  if (work.length === 0) return lines.join("");
  const rows = work.map((one) => [
    one.work,
    one.state,
    `${one.doneItems} of ${one.totalItems}`,
    `${bytesText(one.doneBytes)} of ${bytesText(one.totalBytes)}`,
    one.message ?? "",
  ]);
  return `${lines.join("")}\n${tableText(call, { headers: ["WORK", "STATE", "ITEMS", "BYTES", "WHAT"], rows })}`;
}

type Work =
  | "repair"
  | "scrub"
  | "rebalance"
  | "rebuild-index"
  | "scan-rebuild"
  | "scan-preview"
  | "collect-garbage"
  | "clean-journal";

/** The same for all kinds of work. */
const runs = (work: Work, warning?: string) => async (call: Call) => await run(call, work, warning);

export const storeRepair = runs("repair");
export const storeScrub = runs("scrub");
export const storeRebalance = runs("rebalance");
export const storeCollect = runs("collect-garbage");
export const storeClean = runs("clean-journal");

/** `vdc object-store rebuild [--scan]`: metadata is made anew while clients wait. */
export async function storeRebuild(call: Call): Promise<void> {
  if (!call.flags.has("scan"))
    return await run(call, "rebuild-index", "Requests wait while the index is made anew from the journal.");
  if (call.flags.has("preview")) return await run(call, "scan-preview", undefined);
  const warning =
    "This makes metadata anew from what lies on the drives alone: for when the journal is lost. Objects of up to 128 KiB, access keys and settings of buckets were in the journal alone and do not come back. Requests wait meanwhile.";
  await run(call, "scan-rebuild", warning);
}

async function run(call: Call, work: Work, warning: string | undefined): Promise<void> {
  if (warning !== undefined) await confirmByName(call, work, warning);
  await withSession(call, async (session) => {
    const { client } = session;
    const { signal } = call.io;
    const begun = await client.call(client.routes["object-store.work"], { body: { work }, signal });
    if (!call.flags.has("wait"))
      return await print(call, begun, () => `${work} begun: operation/${begun.id}\n`);
    const timeoutMs = call.flags.durationMs("timeout") ?? workTimeoutMs;
    const operation = await followOperation(session, begun.id, { timeoutMs, signal });
    requireSuccess(operation);
    await print(call, operation, () => `${work} done\n`);
  });
}
