import { constants } from "node:fs";
import { mkdir, open, opendir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { VdcError } from "#api/errors.ts";
import type { CliObjectFiles, TreeFile } from "#cli/object-ports.ts";

/** Files for `vdc object put` and `get`. */
export const cliObjectFiles: CliObjectFiles = {
  look: async (path) => {
    const facts = await stat(path).catch(() => undefined); // not there, or not ours to see: the caller says so
    if (facts?.isFile() === true) return { what: "file", sizeBytes: facts.size };
    return facts?.isDirectory() === true ? { what: "folder", sizeBytes: 0 } : undefined;
  },

  below: async (folder, max) => {
    const found: TreeFile[] = [];
    await walk(folder, "", found, max);
    return found.toSorted((a, b) => (a.relative < b.relative ? -1 : 1));
  },

  read: async (path, start, end) => {
    const handle = await open(path, "r");
    try {
      const bytes = new Uint8Array(end - start);
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled);
        if (bytesRead === 0) throw new VdcError("conflict", `${path} became shorter while it was sent.`);
        filled += bytesRead;
      }
      return bytes;
    } finally {
      await handle.close();
    }
  },

  write: async (path, at, source) => {
    await mkdir(dirname(path), { recursive: true });
    // Never through a link that somebody put there.
    const handle = await open(path, constants.O_CREAT | constants.O_RDWR | constants.O_NOFOLLOW, 0o666);
    try {
      let position = at;
      for await (const chunk of source) {
        let written = 0;
        while (written < chunk.length)
          written += (await handle.write(chunk, written, chunk.length - written, position + written))
            .bytesWritten;
        position += chunk.length;
      }
      await handle.truncate(position);
    } finally {
      await handle.close();
    }
  },

  rename: async (from, to) => await rename(from, to),
  remove: async (path) => await rm(path, { force: true }),
};

async function walk(root: string, below: string, found: TreeFile[], max: number): Promise<void> {
  for await (const entry of await opendir(join(root, below))) {
    const relative = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) await walk(root, relative, found, max);
    if (!entry.isFile()) continue;
    if (found.length >= max) throw new VdcError("too-large", `${root} holds more than ${max} files.`);
    const path = join(root, relative);
    found.push({ path, relative, sizeBytes: (await stat(path)).size });
  }
}
