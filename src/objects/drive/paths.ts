import { assert } from "#lib/assert.ts";

/** Folders and files of one drive. */
export const identityPath = "vdc-drive.json";
export const journalFolder = "journal";
/** What is being written and has no name yet. */
export const temporaryFolder = "tmp";
/** What is about to be removed. */
export const quarantineFolder = "quarantine";
/** Of the shards. */
export const extentsFolder = "extents";
/** Made where an identity says that it is the right drive, and nowhere else. */
export const driveFolders = [journalFolder, temporaryFolder, quarantineFolder, extentsFolder] as const;

/** 256 folders, so that none holds too many names. */
export function extentFolder(extentId: string): string {
  assert(/^[0-9a-f]{32}$/.test(extentId), "an extent's id is 32 hexadecimal digits");
  return `${extentsFolder}/${extentId.slice(0, 2)}`;
}

export function shardPath(extentId: string, shard: number): string {
  return `${extentFolder(extentId)}/${extentId}.${shard}`;
}

/** A shard that is made anew where one lies already. */
export function shardDraftPath(extentId: string, shard: number): string {
  return `${temporaryFolder}/${extentId}.${shard}`;
}

export function segmentPath(number: number): string {
  return `${journalFolder}/${segmentName(number)}`;
}

export function segmentName(number: number): string {
  return `${String(number).padStart(10, "0")}.segment`;
}

/** Undefined: not a name of a segment. */
export function segmentNumber(name: string): number | undefined {
  return /^\d{10}\.segment$/.test(name) ? Number(name.slice(0, 10)) : undefined;
}
