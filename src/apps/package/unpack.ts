import type { TreeWriter } from "./disk.ts";
import { entryPath, linkStaysInside } from "./entry-name.ts";
import type { PackageLimits } from "./limits.ts";
import { refused } from "./refuse.ts";
import { readTar, type TarEntry } from "./tar-read.ts";

/** What all layers of one package may use together. */
export interface UnpackBudget {
  entries: number;
  bytes: number;
}

/** Files up to this are written beside each other; larger ones one at a time, in constant memory. */
const smallFileBytes = 256 * 1024;
const smallFilesAtOnce = 16;

/**
 * Unpacks a layer into a fresh folder. Writes only plain files, folders and links that stay inside; links come last, so that
 * nothing is ever written through one. Owners, times, setuid and other bits of the modes are not taken over.
 *
 * Invariant: whatever the layer holds, nothing outside the fresh folder is touched.
 */
export async function unpackLayer(
  chunks: AsyncIterable<Uint8Array>,
  tree: TreeWriter,
  options: { readonly limits: PackageLimits; readonly budget: UnpackBudget; readonly what: string },
): Promise<void> {
  const { limits, budget, what } = options;
  const names = new Names();
  const links: { readonly path: string; readonly target: string }[] = [];
  const writing = new Set<Promise<void>>();
  try {
    for await (const entry of readTar(chunks, what)) {
      if ((budget.entries += 1) > limits.entries)
        throw refused("limit", entry.name, `there are more than ${limits.entries} files in the package`);
      const path = entryPath(entry.name, limits);
      checkType(entry);
      if (path === "") continue;
      for (const folder of names.add(path, entry)) await tree.folder(folder);
      if (entry.type === "link") links.push(checkedLink(path, entry));
      if (entry.type === "file") await writeFile(path, entry, tree, { limits, budget, writing });
    }
    await Promise.all(writing);
    for (const link of links) await tree.link(link.path, link.target);
    await tree.finish();
  } finally {
    await Promise.allSettled(writing);
  }
}

function checkType({ name, type, typeName }: TarEntry): void {
  if (type === "other")
    throw refused(
      "entry-type",
      name,
      `a ${typeName} may not be in a package; only files, folders and symbolic links`,
    );
}

function checkedLink(
  path: string,
  { name, target }: TarEntry,
): { readonly path: string; readonly target: string } {
  if (!linkStaysInside(path, target))
    throw refused(
      "link",
      name,
      "a link has to lead to a place inside the package, without '..' after a name",
    );
  return { path, target };
}

async function writeFile(
  path: string,
  entry: TarEntry,
  tree: TreeWriter,
  state: {
    readonly limits: PackageLimits;
    readonly budget: UnpackBudget;
    readonly writing: Set<Promise<void>>;
  },
): Promise<void> {
  const { limits, budget, writing } = state;
  budget.bytes += entry.size;
  if (budget.bytes > limits.unpackedBytes)
    throw refused("limit", entry.name, `the package unpacks to more than ${limits.unpackedBytes} bytes`);
  if (entry.size > smallFileBytes) return await tree.file(path, entry.body, entry.executable);
  const parts: Uint8Array[] = [];
  for await (const part of entry.body) parts.push(part);
  while (writing.size >= smallFilesAtOnce) await Promise.race(writing);
  const content = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  const written = tree.file(path, content, entry.executable).finally(() => writing.delete(written));
  writing.add(written);
  // It is awaited with the others; until then a failure must not count as one that nobody handles.
  written.catch(() => undefined);
}

/** The names of one layer: each once, also when only their Unicode forms differ, and nothing below what is no folder. */
class Names {
  readonly #kinds = new Map<string, "folder" | "leaf">();

  /** Folders that have to be made for this entry, outermost first. */
  add(path: string, entry: TarEntry): readonly string[] {
    const made: string[] = [];
    for (let at = path.indexOf("/"); at !== -1; at = path.indexOf("/", at + 1)) {
      const parent = path.slice(0, at);
      const kind = this.#kinds.get(parent.normalize("NFC"));
      if (kind === "leaf")
        throw refused("duplicate", entry.name, "it lies below something that is a file or a link");
      if (kind === "folder") continue;
      this.#kinds.set(parent.normalize("NFC"), "folder");
      made.push(parent);
    }
    const known = this.#kinds.get(path.normalize("NFC"));
    if (entry.type === "folder") {
      // Folders may come after what is in them, and twice: tar programs write them so.
      if (known === "leaf") throw duplicate(entry);
      if (known === undefined) made.push(path);
      this.#kinds.set(path.normalize("NFC"), "folder");
      return made;
    }
    if (known !== undefined) throw duplicate(entry);
    this.#kinds.set(path.normalize("NFC"), "leaf");
    return made;
  }
}

function duplicate(entry: TarEntry): Error {
  return refused(
    "duplicate",
    entry.name,
    "the name is in the layer twice, or differs only in its Unicode form",
  );
}
