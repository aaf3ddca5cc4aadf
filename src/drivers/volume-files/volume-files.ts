import { chown, lstat, mkdir, opendir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { assert } from "#lib/assert.ts";

/**
 * Folders of volumes: `ROOT/ID`, 0700, each owned by the account of the app that asked first. What lies in them was written by
 * apps: links in them are never followed.
 */
export interface VolumeFolders {
  directory(volumeId: string, accountIndex: number): Promise<string>;
  usedBytes(volumeId: string, signal: AbortSignal): Promise<number>;
  remove(volumeId: string): Promise<void>;
}

/** Entries that one count looks at; a larger volume is reported by what was counted until then. */
const maxEntries = 1_000_000;
const blockBytes = 512;

export function openVolumeFiles(options: {
  /** `volumes` of the data directory. */
  readonly root: string;
  /** System account of `accountIndex` 0; not used unless we are root. */
  readonly firstAccount: number;
}): VolumeFolders {
  const folderOf = (id: string): string => {
    assert(/^[A-Za-z0-9_-]{1,64}$/.test(id), "a volume's id is an id of ours");
    return join(options.root, id);
  };
  // Instances of one app start at the same moment: the second must neither fail nor put another folder in its place.
  const making = new Map<string, Promise<void>>();
  return {
    directory: async (volumeId, accountIndex) => {
      const folder = folderOf(volumeId);
      const made =
        making.get(volumeId) ??
        makeOnce(folder, options.firstAccount + accountIndex).finally(() => making.delete(volumeId));
      making.set(volumeId, made);
      await made;
      return folder;
    },
    usedBytes: async (volumeId, signal) => await bytesIn(folderOf(volumeId), signal),
    remove: async (volumeId) => {
      const folder = folderOf(volumeId);
      const aside = join(options.root, `.removed.${volumeId}`);
      // What an interrupted removal left goes first, or the name would be taken.
      await rm(aside, { recursive: true, force: true });
      if (!(await isThere(folder))) return;
      await rename(folder, aside);
      await rm(aside, { recursive: true, force: true });
    },
  };
}

async function makeOnce(folder: string, account: number): Promise<void> {
  await mkdir(dirname(folder), { recursive: true, mode: 0o700 });
  if (!(await isThere(folder))) await make(folder, account);
}

/** Made beside its place and moved there: a folder that is found belongs to its app already. */
async function make(folder: string, account: number): Promise<void> {
  const draft = `${folder}.new`;
  await mkdir(draft, { recursive: true, mode: 0o700 });
  if (process.getuid?.() === 0) await chown(draft, account, account);
  await rename(draft, folder);
}

async function bytesIn(root: string, signal: AbortSignal): Promise<number> {
  let bytes = 0;
  let entries = 0;
  const folders = [root];
  // Bounded by `maxEntries`.
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for await (const entry of await openOrNothing(folder)) {
      signal.throwIfAborted();
      entries += 1;
      if (entries > maxEntries) return bytes;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) folders.push(path);
      bytes += await blocksOf(path);
    }
  }
  return bytes;
}

/** Apps write while we count: what is gone counts as nothing. */
async function openOrNothing(
  folder: string,
): Promise<AsyncIterable<{ name: string; isDirectory(): boolean }>> {
  return await opendir(folder).catch(() => (async function* () {})());
}

async function blocksOf(path: string): Promise<number> {
  return await lstat(path).then(
    ({ blocks }) => blocks * blockBytes,
    () => 0, // gone
  );
}

async function isThere(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false, // absent is the answer
  );
}
