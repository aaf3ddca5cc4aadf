import { execFile } from "node:child_process";
import { chmod, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { fsyncPath, writeNewFile } from "./new-file.ts";

const run = promisify(execFile);

/** Up to this many names, each is made durable by itself; above, one syncfs(2) for the file system costs less. */
const maxSingleSyncs = 64;
const syncsAtOnce = 16;
const syncTimeoutMs = 30_000;

/**
 * An unpacked layer while it is written: folders 0755, files 0444 or 0555, readable for the account of a sandbox and written
 * once. Its caller gives only paths that were checked, and links last.
 */
export class TreeFolder {
  readonly #root: string;
  readonly #folders: string[];
  readonly #files: string[] = [];

  constructor(root: string) {
    this.#root = root;
    this.#folders = [root];
  }

  async folder(path: string): Promise<void> {
    const folder = join(this.#root, path);
    await mkdir(folder, { mode: 0o755 });
    this.#folders.push(folder);
  }

  async file(
    path: string,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    executable: boolean,
  ): Promise<void> {
    const file = join(this.#root, path);
    this.#files.push(file);
    await writeNewFile(file, content, { mode: executable ? 0o555 : 0o444, durable: false });
  }

  async link(path: string, target: string): Promise<void> {
    await symlink(target, join(this.#root, path));
  }

  /** Modes that the umask may have changed, then stable storage: a tree that is found under its digest has to be whole. */
  async finish(): Promise<void> {
    for (const folder of this.#folders) await chmod(folder, 0o755);
    const names = [...this.#files, ...this.#folders];
    if (names.length > maxSingleSyncs && (await syncFileSystem(this.#root))) return;
    for (let at = 0; at < names.length; at += syncsAtOnce)
      await Promise.all(names.slice(at, at + syncsAtOnce).map(fsyncPath));
  }
}

/** syncfs(2) by sync(1) of coreutils, as Node has none. False where there is no such program. */
async function syncFileSystem(path: string): Promise<boolean> {
  try {
    await run("sync", ["--file-system", path], { timeout: syncTimeoutMs });
    return true;
  } catch {
    return false; // then every name is made durable by itself
  }
}
