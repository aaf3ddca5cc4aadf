import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, open, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { fsyncPath, writeNewFile } from "./new-file.ts";
import { TreeFolder } from "./tree-folder.ts";

interface KeptThing {
  readonly what: "tree" | "blob";
  readonly hex: string;
  readonly keptAt: number;
}

/** Folders of others may be passed through, not listed: a name is a digest, so only who knows it finds it. */
const passable = 0o711;
const houses = { tree: "sha256", blob: "blobs" } as const;

/**
 * Packages below one folder: `incoming/` holds drafts, `sha256/` unpacked layers and `blobs/` files, both by digest. What lies
 * there was put there by one rename, so it is whole. The shape is that of `PackageDisk` in `src/apps/package/disk.ts`.
 */
export function createPackageDisk(root: string) {
  const placeOf = (what: keyof typeof houses, hex: string) => join(root, houses[what], hex.slice(0, 2), hex);
  return {
    draft: async () => {
      await mkdir(root, { recursive: true, mode: passable });
      await mkdir(join(root, "incoming"), { recursive: true, mode: 0o700 });
      return new Draft(await mkdtemp(join(root, "incoming", "draft-")), placeOf);
    },
    tree: async (hex: string): Promise<string | undefined> => {
      const place = placeOf("tree", hex);
      return (await exists(place)) ? place : undefined;
    },
    blob: async (hex: string, maxBytes: number): Promise<Uint8Array | undefined> =>
      await readBlob(placeOf("blob", hex), maxBytes),
    kept: async (): Promise<readonly KeptThing[]> => [
      ...(await listKept(root, "tree")),
      ...(await listKept(root, "blob")),
    ],
    remove: async ({ what, hex }: KeptThing): Promise<void> => {
      // Out of sight first: a tree that is half deleted must never be found under its digest.
      await mkdir(join(root, "incoming"), { recursive: true, mode: 0o700 });
      const gone = await mkdtemp(join(root, "incoming", "gone-"));
      await rename(placeOf(what, hex), join(gone, hex)).catch(ignoreMissing);
      await rm(gone, { recursive: true, force: true });
    },
    clean: async (): Promise<void> => {
      await rm(join(root, "incoming"), { recursive: true, force: true });
    },
  };
}

class Draft implements AsyncDisposable {
  readonly #folder: string;
  readonly #placeOf: (what: "tree" | "blob", hex: string) => string;

  constructor(folder: string, placeOf: (what: "tree" | "blob", hex: string) => string) {
    this.#folder = folder;
    this.#placeOf = placeOf;
  }

  async writeBlob(hex: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    await writeNewFile(join(this.#folder, hex), chunks, { mode: 0o644, durable: false });
  }

  readBlob(hex: string): AsyncIterable<Uint8Array> {
    return createReadStream(join(this.#folder, hex), { highWaterMark: 1 << 20 });
  }

  async tree(hex: string): Promise<TreeFolder> {
    const folder = join(this.#folder, `tree-${hex}`);
    await mkdir(folder, { mode: 0o755 });
    return new TreeFolder(folder);
  }

  async keepTree(hex: string): Promise<void> {
    await this.#keep(join(this.#folder, `tree-${hex}`), this.#placeOf("tree", hex));
  }

  async keepBlob(hex: string): Promise<void> {
    const from = join(this.#folder, hex);
    const handle = await open(from, "r").catch(ignoreMissing);
    await handle?.sync();
    await handle?.close();
    await this.#keep(from, this.#placeOf("blob", hex));
  }

  async #keep(from: string, to: string): Promise<void> {
    const shelf = join(to, "..");
    await mkdir(shelf, { recursive: true, mode: passable });
    if (await exists(to)) return await renewTime(to);
    try {
      await rename(from, to);
    } catch (error) {
      // Another upload of the same content was faster: what is there has the same digest.
      if (!(await exists(to))) throw error;
    }
    await renewTime(to);
    await fsyncPath(shelf);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function renewTime(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now);
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(ignoreMissing)) !== undefined;
}

async function readBlob(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  const handle = await open(path, "r").catch(ignoreMissing);
  if (handle === undefined) return undefined;
  try {
    const { size } = await handle.stat();
    if (size > maxBytes)
      throw new Error(`a blob of ${size} bytes is larger than the ${maxBytes} that may be read`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

async function listKept(root: string, what: keyof typeof houses): Promise<readonly KeptThing[]> {
  const house = join(root, houses[what]);
  const found: KeptThing[] = [];
  for (const shelf of (await readdir(house).catch(ignoreMissing)) ?? []) {
    for (const hex of (await readdir(join(house, shelf)).catch(ignoreMissing)) ?? []) {
      const facts = await stat(join(house, shelf, hex)).catch(ignoreMissing);
      if (facts !== undefined) found.push({ what, hex, keptAt: facts.mtimeMs });
    }
  }
  return found;
}

function ignoreMissing(error: unknown): undefined {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
  throw error;
}
