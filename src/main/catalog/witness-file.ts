import { open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { WitnessFile } from "#objects/drive/witness.ts";

/** The witness in the data directory, on another disk than the drives when the operator is careful. */
export function witnessFile(path: string): WitnessFile {
  return {
    read: async () => {
      try {
        return await readFile(path);
      } catch (error) {
        if ((error as { code?: unknown }).code === "ENOENT") return undefined; // any error of the system has a code
        throw error;
      }
    },
    write: async (bytes) => {
      const file = await open(`${path}.new`, "w", 0o600);
      try {
        await file.writeFile(bytes);
        await file.datasync();
      } finally {
        await file.close();
      }
      await rename(`${path}.new`, path);
      const folder = await open(dirname(path), "r");
      try {
        await folder.sync();
      } finally {
        await folder.close();
      }
    },
  };
}
