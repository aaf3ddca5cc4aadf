import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const darkroom = join(import.meta.dirname, "..");
/** What was painted is kept by what it was made of: a build and the tests paint it once. */
const cacheFolder = join(darkroom, "../../.cache/album");
const keptAlbums = 4;
/** What the pictures depend on, below Darkroom's folder. */
const sources = [
  "album",
  "kernels/build-kernel.ts",
  ...["album", "jpeg", "album.ts", "jpeg.ts", "abi.ts", "tile.ts"].map((name) => `kernels/assembly/${name}`),
];

/** The folder of the sample album at full size with its truth, painted in a process of its own when its sources changed. */
export async function paintedAlbum(): Promise<string> {
  const target = join(cacheFolder, sourceHash());
  if (existsSync(target)) return target;
  mkdirSync(cacheFolder, { recursive: true });
  await forgetOldest();
  const fresh = await mkdtemp(join(cacheFolder, "fresh-"));
  try {
    await promisify(execFile)(process.execPath, [join(import.meta.dirname, "render.ts"), fresh]);
    await rename(fresh, target);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    // Somebody else painted the same meanwhile.
    if (!existsSync(target)) throw error;
  }
  return target;
}

/** Makes room for one more. */
async function forgetOldest(): Promise<void> {
  const newestFirst = readdirSync(cacheFolder)
    .map((name) => ({ path: join(cacheFolder, name), at: statSync(join(cacheFolder, name)).mtimeMs }))
    .toSorted((one, other) => other.at - one.at);
  for (const { path } of newestFirst.slice(keptAlbums - 1)) await rm(path, { recursive: true, force: true });
}

function sourceHash(): string {
  const hash = createHash("sha256");
  for (const source of sources) {
    const path = join(darkroom, source);
    const names = statSync(path).isDirectory()
      ? readdirSync(path, { recursive: true, encoding: "utf8" }).toSorted()
      : [""];
    for (const name of names.filter((one) => !one.endsWith(".test.ts"))) {
      const text = readFileSync(join(path, name));
      hash.update(`${source}/${name}\0${text.length}\0`).update(text);
    }
  }
  return hash.digest("hex").slice(0, 32);
}
