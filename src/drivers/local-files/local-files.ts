import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, rename, stat, unlink, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { VdcFileError, codeOf } from "#drivers/local-files/file-error.ts";

export interface ReadText {
  readonly text: string;
  /** Permission bits, such as 0o600. */
  readonly mode: number;
}

/** Reads a UTF-8 file of at most `maxBytes`; undefined when there is none. Throws `VdcFileError`. */
export async function readText(path: string, maxBytes: number): Promise<ReadText | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path, "r");
  } catch (cause) {
    if (codeOf(cause) === "ENOENT") return undefined;
    throw new VdcFileError(path, codeOf(cause), cause);
  }
  try {
    const facts = await handle.stat();
    if (facts.isDirectory()) throw new VdcFileError(path, "EISDIR");
    const bytes = await readBounded(handle, maxBytes);
    if (bytes === undefined) throw new VdcFileError(path, "EFBIG");
    return { text: decoded(path, bytes), mode: facts.mode & 0o777 };
  } finally {
    await handle.close();
  }
}

/**
 * Replaces a file whole, readable by its owner only: a reader sees the old text or the new one, also after a
 * crash (written beside it, fsync, renamed). Makes the folder (0700) when it is missing.
 */
export async function writePrivateText(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  const draft = join(folder, `.${randomBytes(6).toString("hex")}.draft`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const handle = await open(draft, "wx", 0o600);
    try {
      await handle.writeFile(text, "utf8");
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, path);
  } catch (cause) {
    await unlink(draft).catch(() => undefined); // it may never have been made
    throw new VdcFileError(path, codeOf(cause), cause);
  }
}

/** Names of the files in a folder, sorted, at most `maxEntries`; undefined when `path` is not a folder. */
export async function filesOfFolder(
  path: string,
  maxEntries: number,
): Promise<readonly string[] | undefined> {
  try {
    if (!(await stat(path)).isDirectory()) return undefined;
    const entries = await readdir(path, { withFileTypes: true });
    if (entries.length > maxEntries) throw new VdcFileError(path, "EFBIG");
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => entry.name)
      .toSorted();
  } catch (cause) {
    if (cause instanceof VdcFileError) throw cause;
    if (codeOf(cause) === "ENOENT") return undefined;
    throw new VdcFileError(path, codeOf(cause), cause);
  }
}

async function readBounded(handle: FileHandle, maxBytes: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  // A pipe (`-f <(…)`) has no size, so the end is found by reading; the bound is on what was read.
  for (;;) {
    const { bytesRead, buffer } = await handle.read(new Uint8Array(65_536), 0, 65_536);
    if (bytesRead === 0) return Buffer.concat(chunks);
    total += bytesRead;
    if (total > maxBytes) return undefined;
    chunks.push(buffer.subarray(0, bytesRead));
  }
}

function decoded(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new VdcFileError(path, "EILSEQ", cause);
  }
}
