import { chmod, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fsyncFolder, writeNewFile } from "./new-file.ts";

/**
 * An unpacked layer while it is written: folders 0755, files 0444 or 0555, readable for the account of a sandbox and written
 * once. Its caller gives only paths that were checked, and links last.
 */
export class TreeFolder {
  readonly #root: string;
  readonly #folders: string[];

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
    await writeNewFile(join(this.#root, path), content, { mode: executable ? 0o555 : 0o444, durable: true });
  }

  async link(path: string, target: string): Promise<void> {
    await symlink(target, join(this.#root, path));
  }

  async finish(): Promise<void> {
    for (const folder of this.#folders) {
      await chmod(folder, 0o755); // the umask may have taken bits
      await fsyncFolder(folder);
    }
  }
}
