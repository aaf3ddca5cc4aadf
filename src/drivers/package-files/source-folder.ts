import { constants, createReadStream } from "node:fs";
import { lstat, open, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";

interface Entry {
  readonly name: string;
  readonly type: "file" | "folder" | "link" | "other";
  readonly size: number;
  readonly executable: boolean;
  readonly target?: string;
}

/** The folder that a package is built from; the shape is that of `SourceFolder` in `src/apps/package/disk.ts`. */
export function openSourceFolder(root: string) {
  return {
    list: async (path: string): Promise<readonly Entry[] | undefined> => await list(join(root, path)),
    read: async (path: string, maxBytes: number): Promise<Uint8Array | undefined> =>
      await read(join(root, path), maxBytes),
    stream: (path: string): AsyncIterable<Uint8Array> =>
      createReadStream(join(root, path), { highWaterMark: 1 << 18 }),
  };
}

async function list(folder: string): Promise<readonly Entry[] | undefined> {
  const names = await readdir(folder).catch(ignoreMissing);
  return names === undefined ? undefined : await Promise.all(names.map((name) => entryOf(folder, name)));
}

async function entryOf(folder: string, name: string): Promise<Entry> {
  const path = join(folder, name);
  const facts = await lstat(path);
  const common = { name, size: facts.size, executable: (facts.mode & 0o111) !== 0 };
  if (facts.isSymbolicLink()) return { ...common, type: "link", target: await readlink(path) };
  if (facts.isDirectory()) return { ...common, type: "folder" };
  return { ...common, type: facts.isFile() ? "file" : "other" };
}

async function read(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(ignoreMissing);
  if (handle === undefined) return undefined;
  try {
    const facts = await handle.stat();
    if (!facts.isFile()) return undefined;
    if (facts.size > maxBytes)
      throw new Error(`${path} has ${facts.size} bytes; at most ${maxBytes} are read`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

function ignoreMissing(error: unknown): undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT" || code === "ENOTDIR") return undefined;
  throw error;
}
