import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from "node:fs";
import { join } from "node:path";

interface Entry {
  readonly name: string;
  readonly type: "file" | "folder" | "link" | "other";
  readonly size: number;
  readonly executable: boolean;
  readonly target?: string;
}

const chunkBytes = 1 << 18;

/**
 * The folder that a package is built from; the shape is that of `SourceFolder` in `src/apps/package/disk.ts`. It reads synchronously:
 * thousands of small files take a fifth of the time, and whoever builds a package does nothing else meanwhile.
 */
export function openSourceFolder(root: string) {
  return {
    list: async (path: string): Promise<readonly Entry[] | undefined> => list(join(root, path)),
    read: async (path: string, maxBytes: number): Promise<Uint8Array | undefined> =>
      read(join(root, path), maxBytes),
    stream: (path: string): AsyncIterable<Uint8Array> => stream(join(root, path)),
  };
}

function list(folder: string): readonly Entry[] | undefined {
  const names = orMissing(() => readdirSync(folder));
  return names?.map((name) => entryOf(folder, name));
}

function entryOf(folder: string, name: string): Entry {
  const path = join(folder, name);
  const facts = lstatSync(path);
  const common = { name, size: facts.size, executable: (facts.mode & 0o111) !== 0 };
  if (facts.isSymbolicLink()) return { ...common, type: "link", target: readlinkSync(path) };
  if (facts.isDirectory()) return { ...common, type: "folder" };
  return { ...common, type: facts.isFile() ? "file" : "other" };
}

function read(path: string, maxBytes: number): Uint8Array | undefined {
  const file = orMissing(() => openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW));
  if (file === undefined) return undefined;
  try {
    const facts = fstatSync(file);
    if (!facts.isFile()) return undefined;
    if (facts.size > maxBytes)
      throw new Error(`${path} has ${facts.size} bytes; at most ${maxBytes} are read`);
    const bytes = new Uint8Array(facts.size);
    return bytes.subarray(0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}

async function* stream(path: string): AsyncGenerator<Uint8Array> {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    for (;;) {
      const left = fstatSync(file).size;
      const chunk = new Uint8Array(Math.min(chunkBytes, left + 1));
      const count = readSync(file, chunk);
      if (count === 0) return;
      yield chunk.subarray(0, count);
      // One byte more was asked for than the file had: a short answer is its end.
      if (count < chunk.byteLength) return;
    }
  } finally {
    closeSync(file);
  }
}

function orMissing<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}
