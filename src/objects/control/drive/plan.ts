import type { DriveStatus } from "#api/kinds/drive.ts";
import { isoTime } from "#lib/clock.ts";
import { canonicalJson } from "#lib/json.ts";
import type { DriveDetail } from "../../admin.ts";
import type { DriveRecord } from "../../records.ts";
import { absentReason, type Drive } from "../ports.ts";

/** What a pass knows of all drives. */
export interface DrivesObserved {
  readonly resources: readonly Drive[];
  /** By id of the resource: what the store refused of it. */
  readonly refusals: ReadonlyMap<string, string>;
  /** As the store sees them; absent where there is none. */
  readonly drives?: readonly DriveDetail[];
}

export type DriveAction =
  | { readonly do: "add"; readonly drive: Drive }
  | {
      readonly do: "set";
      readonly drive: Drive;
      readonly number: number;
      readonly wanted: DriveRecord["wanted"];
    }
  | { readonly do: "forget"; readonly drive: Drive; readonly number: number }
  | { readonly do: "import"; readonly detail: DriveDetail; readonly name: string }
  | { readonly do: "write-status"; readonly drive: Drive; readonly status: DriveStatus }
  | { readonly do: "finalize"; readonly drive: Drive };

const gibibyte = 1024 ** 3;

/** Drives of the store and drive resources are the same; one that is deleted is emptied before it is forgotten. Pure. */
export function planDrives({ resources, refusals, drives }: DrivesObserved): readonly DriveAction[] {
  if (drives === undefined) return resources.flatMap(withoutStore);
  const details = matched(resources, drives);
  const known = new Set(details.values());
  const names = new Set(resources.map(({ name }) => name));
  return [
    ...resources.flatMap((drive) => planDrive(drive, details.get(drive.id), refusals.get(drive.id))),
    ...drives
      .filter((detail) => !known.has(detail))
      .map((detail): DriveAction => ({ do: "import", detail, name: importedName(detail, names) })),
  ];
}

/** By number once it has one, by directory before. */
function matched(resources: readonly Drive[], drives: readonly DriveDetail[]): Map<string, DriveDetail> {
  const details = new Map<string, DriveDetail>();
  for (const { id, spec, status } of resources) {
    const found = drives.find(({ number, path }) =>
      status.number === undefined ? path === spec.path : number === status.number,
    );
    if (found !== undefined) details.set(id, found);
  }
  return details;
}

function planDrive(
  drive: Drive,
  detail: DriveDetail | undefined,
  refusal: string | undefined,
): readonly DriveAction[] {
  const { spec, status } = drive;
  if (detail === undefined) {
    if (drive.deletingSince !== undefined) return [{ do: "finalize", drive }];
    if (status.number !== undefined)
      return write(drive, {
        phase: "refused",
        number: status.number,
        reason:
          "The store has forgotten it; delete this resource, and add the directory anew if it is wanted.",
      });
    return refusal === undefined
      ? [{ do: "add", drive }]
      : write(drive, { phase: "refused", reason: refusal });
  }
  const { number } = detail;
  const isLeaving = drive.deletingSince !== undefined;
  // To delete a drive is to take it out: what lies on it goes elsewhere first.
  const wanted = isLeaving && spec.wanted === "active" ? "drained" : spec.wanted;
  const set: readonly DriveAction[] = detail.wanted === wanted ? [] : [{ do: "set", drive, number, wanted }];
  const reason = refusal ?? (isLeaving ? leavingReason(detail) : movedReason(drive, detail));
  const shown = write(drive, mirrored(detail, reason));
  const mayGo = isLeaving && set.length === 0 && (isEmpty(detail) || wanted === "failed");
  return [
    ...set,
    ...shown,
    ...(mayGo && refusal === undefined ? [{ do: "forget", drive, number } as const] : []),
  ];
}

function mirrored(detail: DriveDetail, reason: string | undefined): DriveStatus {
  const isDrained = detail.wanted === "drained" && detail.state === "draining" && isEmpty(detail);
  const why = reason ?? detail.reason;
  return {
    phase: isDrained ? "drained" : detail.state,
    number: detail.number,
    totalBytes: detail.totalBytes,
    freeBytes: Math.floor(detail.freeBytes / gibibyte) * gibibyte,
    since: isoTime(detail.since),
    ...(why === undefined ? {} : { reason: why }),
  };
}

function isEmpty({ shards, segments }: DriveDetail): boolean {
  return shards === 0 && segments === 0;
}

/** Without figures: they change with every shard, and `object-store.drives` has them. */
function leavingReason(detail: DriveDetail): string | undefined {
  return isEmpty(detail) ? undefined : "It goes when what lies on it lies on other drives.";
}

function movedReason({ spec }: Drive, { path }: DriveDetail): string | undefined {
  if (spec.path === path) return undefined;
  return `The directory stays ${path}: to use another, add it as a drive and delete this one.`;
}

function importedName({ number }: DriveDetail, taken: Set<string>): string {
  let name = `drive-${number + 1}`;
  for (let more = 2; taken.has(name); more += 1) name = `drive-${number + 1}-${more}`;
  taken.add(name);
  return name;
}

function withoutStore(drive: Drive): readonly DriveAction[] {
  if (drive.deletingSince !== undefined) return [{ do: "finalize", drive }];
  return write(drive, { ...drive.status, phase: drive.status.phase ?? "pending", reason: absentReason });
}

function write(drive: Drive, status: DriveStatus): readonly DriveAction[] {
  if (canonicalJson(status) === canonicalJson(drive.status)) return [];
  return [{ do: "write-status", drive, status }];
}
