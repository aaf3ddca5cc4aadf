import type { ObjectLayout, ShardPlace } from "#objects/admin.ts";
import type { ShardCare } from "#objects/data/shard-care.ts";
import type { Disk } from "#objects/disk.ts";
import { diskErrorCode } from "#objects/drive/disk-error.ts";
import { segmentPath, shardPath } from "#objects/drive/paths.ts";
import type { BlobPlace, ExtentRef } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { OpenStore } from "./store.ts";

/** Where one version's bytes lie. Without `verify` a shard is as good as its file's being there; with it every block is read. */
export async function layoutOf(
  store: OpenStore,
  look: { readonly disk: (drive: number) => Disk | undefined; readonly shards: ShardCare },
  input: {
    readonly bucket: string;
    readonly key: string;
    readonly versionId?: string;
    readonly verify: boolean;
  },
): Promise<ObjectLayout> {
  const { version, place } = await store.catalog.find(input);
  if (version === undefined) throw new S3Error("NoSuchKey");
  const refs = version.data.at === "extents" ? version.data.extents : [];
  const extents: { extent: ExtentRef; shards: readonly ShardPlace[] }[] = [];
  for (const extent of refs) {
    const shards = extent.drives.map(async (drive, shard): Promise<ShardPlace> => {
      const path = shardPath(extent.id, shard);
      const state = input.verify
        ? await look.shards.verifyShard(extent, shard).catch(() => "unknown" as const) // the drive does not answer
        : await presence(look.disk(drive), path);
      return { drive, shard, state };
    });
    extents.push({ extent, shards: await Promise.all(shards) });
  }
  if (place === undefined) return { version, extents };
  return { version, inline: await inlineOf(store, look.disk, place), extents };
}

async function inlineOf(
  store: OpenStore,
  disk: (drive: number) => Disk | undefined,
  { segment, offset }: BlobPlace,
): Promise<NonNullable<ObjectLayout["inline"]>> {
  const found = store.journal.segments().find(({ number }) => number === segment);
  const copies = (found?.ensemble ?? []).map(async (drive, shard): Promise<ShardPlace> => {
    const state =
      found?.whole.includes(drive) === true ? "good" : await presence(disk(drive), segmentPath(segment));
    return {
      drive,
      shard,
      state: state === "good" && found?.whole.includes(drive) !== true ? "unknown" : state,
    };
  });
  return { segment, offset, copies: await Promise.all(copies) };
}

async function presence(disk: Disk | undefined, path: string): Promise<ShardPlace["state"]> {
  if (disk === undefined) return "missing";
  try {
    await disk.stat(path);
    return "good";
  } catch (error) {
    return diskErrorCode(error) === "ENOENT" ? "missing" : "unknown";
  }
}
