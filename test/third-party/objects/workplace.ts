import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeOddFiles } from "./odd-files.ts";
import { startOwnStore, type OwnStore } from "./own-store.ts";

/** A store of its own, and the home of a person with files. */
export interface Workplace extends AsyncDisposable {
  readonly store: OwnStore;
  readonly home: string;
  /** `home/files` with odd names in it. */
  readonly files: string;
}

export async function workplace(): Promise<Workplace> {
  const folder = mkdtempSync(join(tmpdir(), "vdc-s3-"));
  const [home, data] = [join(folder, "home"), join(folder, "data")];
  const files = join(home, "files");
  for (const each of [home, data, files]) mkdirSync(each, { mode: 0o700 });
  writeOddFiles(files);
  const store = await startOwnStore(data);
  return {
    store,
    home,
    files,
    [Symbol.asyncDispose]: async () => {
      await store[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}
