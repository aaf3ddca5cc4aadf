import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Sizes at the border between small objects (whose bytes travel with their row) and large ones, and names that need escaping somewhere. */
const sizes: Readonly<Record<string, number>> = {
  empty: 0,
  "a b/one byte under.bin": 128 * 1024 - 1,
  "a b/at the border": 128 * 1024,
  "a b/ü 日本/one over 😀.bin": 128 * 1024 + 1,
  "a+b=c;d@e,f$!(g)*~.txt": 5,
  "deep/100%25 & <odd> 'name' #1?.txt": 17,
  "deep/er/20 MB.bin": 20_000_000,
};
export const oddNames: readonly string[] = Object.keys(sizes).toSorted((a, b) =>
  Buffer.compare(Buffer.from(a), Buffer.from(b)),
);

/** A small tree of files as people have them. */
export function writeOddFiles(folder: string): void {
  for (const [name, size] of Object.entries(sizes)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, randomBytes(size));
  }
}

/** The digest of each file below the folder, by its path there, in the order of their bytes. */
export function digests(folder: string): Readonly<Record<string, string>> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const found = files.map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return [path.slice(folder.length + 1), sha256(readFileSync(path))] as const;
  });
  return Object.fromEntries(
    found.toSorted(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other))),
  );
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
