import type { Operation } from "#api/records.ts";
import type { System } from "#api/system.ts";
import type { Tone } from "#console/kit/state.tsx";
import { countOf, formatBytes } from "#console/lib/format.ts";
import type { Machine } from "#console/data/queries.ts";

/** Something that somebody should look at, and where. */
export interface AttentionItem {
  readonly id: string;
  readonly tone: Tone;
  readonly title: string;
  readonly detail: string;
  readonly to: string;
}

/** A failure older than this has been seen or does not matter. */
const recentFailureMs = 24 * 3_600_000;
const maxFailures = 5;
const diskFullAt = 0.9;

/** What is wrong or incomplete, worst first. Empty on a healthy, complete data center. */
export function attentionItems(
  held: {
    readonly system: System | undefined;
    readonly operations: readonly Operation[];
    readonly machines: readonly Machine[];
  },
  now: number,
): readonly AttentionItem[] {
  const failures = held.operations
    .filter(
      (operation) => operation.state === "failed" && now - Date.parse(operation.updatedAt) < recentFailureMs,
    )
    .slice(0, maxFailures)
    .map((operation): AttentionItem => ({
      id: operation.id,
      tone: "bad",
      title: `${operation.title} failed`,
      detail: operation.error?.message ?? "",
      to: `/operations/${operation.id}`,
    }));
  const items = [...partItems(held.system), ...failures, ...held.machines.flatMap(machineItems)];
  return items.toSorted((a, b) => rank(a.tone) - rank(b.tone));
}

function partItems(system: System | undefined): readonly AttentionItem[] {
  const parts = (system?.parts ?? [])
    .filter((part) => part.state !== "ready")
    .map((part): AttentionItem => ({
      id: `part/${part.name}`,
      tone: part.state === "failed" ? "bad" : "warn",
      title: `${part.name} is ${part.state}`,
      detail: part.note ?? `${countOf(part.restarts, "restart")} since the data center started`,
      to: "/",
    }));
  const reconcilers = (system?.reconcilers ?? [])
    .filter((reconciler) => reconciler.failures > 0)
    .map((reconciler): AttentionItem => ({
      id: `reconciler/${reconciler.name}`,
      tone: "warn",
      title: `The ${reconciler.name} reconciler fails`,
      detail: `${countOf(reconciler.failures, "pass", "passes")} in a row`,
      to: "/",
    }));
  return [...parts, ...reconcilers];
}

function machineItems(machine: Machine): readonly AttentionItem[] {
  const to = `/machines/${machine.name}`;
  const disks = (machine.status.disks ?? [])
    .filter((disk) => disk.sizeBytes > 0 && 1 - disk.freeBytes / disk.sizeBytes >= diskFullAt)
    .map((disk): AttentionItem => ({
      id: `disk/${machine.name}${disk.mount}`,
      tone: "warn",
      title: `${disk.mount} on ${machine.name} is almost full`,
      detail: `${formatBytes(disk.freeBytes)} of ${formatBytes(disk.sizeBytes)} left`,
      to,
    }));
  const missing = (machine.status.programs ?? []).filter((program) => !program.present);
  const unreachable: readonly AttentionItem[] =
    machine.status.phase === "unreachable"
      ? [{ id: to, tone: "bad", title: `${machine.name} is unreachable`, detail: "It does not answer.", to }]
      : [];
  if (missing.length === 0) return [...unreachable, ...disks];
  return [
    ...unreachable,
    ...disks,
    {
      id: `programs/${machine.name}`,
      tone: "rest",
      title: `${countOf(missing.length, "optional program is", "optional programs are")} missing on ${machine.name}`,
      detail: missing.map((program) => program.name).join(", "),
      to,
    },
  ];
}

function rank(tone: Tone): number {
  return tone === "bad" ? 0 : tone === "warn" ? 1 : 2;
}
