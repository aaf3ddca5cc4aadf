import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeNewFile } from "./new-file.ts";

/** A private folder for the parts of one archive, gone when it is disposed of; the shape is that of `Scratch` in `src/apps/package/disk.ts`. */
export async function openScratch() {
  const folder = await mkdtemp(join(tmpdir(), "vdc-package-"));
  return {
    folder,
    write: async (name: string, chunks: AsyncIterable<Uint8Array>): Promise<void> =>
      await writeNewFile(join(folder, name), chunks, { mode: 0o600, durable: false }),
    read: (name: string): AsyncIterable<Uint8Array> =>
      createReadStream(join(folder, name), { highWaterMark: 1 << 20 }),
    [Symbol.asyncDispose]: async (): Promise<void> => await rm(folder, { recursive: true, force: true }),
  };
}
