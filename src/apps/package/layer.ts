import { VdcError } from "#api/errors.ts";
import type { LayerSource } from "./compose/draft.ts";
import type { SourceEntry, SourceFolder } from "./disk.ts";
import { entryPath, linkStaysInside } from "./entry-name.ts";
import type { IgnoreRules } from "./ignore.ts";
import { looksSecret } from "./ignore.ts";
import type { PackageLimits } from "./limits.ts";
import type { TarItem } from "./tar-write.ts";

export interface Layer {
  /** Sorted by path, folders before what is in them. */
  readonly items: readonly TarItem[];
  readonly files: number;
  readonly bytes: number;
  readonly warnings: readonly string[];
}

interface Gathering {
  readonly source: SourceFolder;
  readonly ignore: IgnoreRules;
  readonly limits: PackageLimits;
  readonly items: Map<string, TarItem>;
  readonly warnings: string[];
}

/**
 * The files of one component, from where the Compose file says they are. Depends on names, contents and the bit that makes a
 * file executable; on nothing else of the builder's machine. Later sources lie over earlier ones, as mounts do.
 */
export async function gatherLayer(
  sources: readonly LayerSource[],
  from: Pick<Gathering, "source" | "ignore" | "limits">,
): Promise<Layer> {
  const gathering: Gathering = { ...from, items: new Map(), warnings: [] };
  for (const one of sources) {
    if ("text" in one) addText(one, gathering);
    else await addPath(one, gathering);
  }
  const items = [...withParents(gathering.items).values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
  if (items.length > from.limits.entries)
    throw new VdcError(
      "too-large",
      `A component has ${items.length} files; at most ${from.limits.entries} may be in a package.`,
    );
  const files = items.filter((item) => item.type === "file");
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  return { items, files: files.length, bytes, warnings: gathering.warnings };
}

function addText({ text, to }: { readonly text: string; readonly to: string }, gathering: Gathering): void {
  const bytes = Buffer.from(text);
  const content = async function* () {
    yield bytes;
  };
  put({ type: "file", path: to, size: bytes.byteLength, executable: false, content }, gathering);
}

async function addPath(
  { from, to }: { readonly from: string; readonly to: string },
  gathering: Gathering,
): Promise<void> {
  const entries = await gathering.source.list(from);
  if (entries !== undefined) return await addFolder(from, to, entries, gathering);
  const folder = from.includes("/") ? from.slice(0, from.lastIndexOf("/")) : "";
  const entry = (await gathering.source.list(folder))?.find(({ name }) => joined(folder, name) === from);
  if (entry === undefined || to === "")
    throw new VdcError(
      "invalid",
      `There is no ${to === "" ? "folder" : "file or folder"} '${from}' in the package's folder.`,
    );
  addEntry(entry, from, to, gathering);
}

async function addFolder(
  from: string,
  to: string,
  entries: readonly SourceEntry[],
  gathering: Gathering,
): Promise<void> {
  if (to !== "") put({ type: "folder", path: to }, gathering);
  const sorted = entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of sorted) {
    const path = joined(from, entry.name);
    if (gathering.ignore.ignores(path, entry.type === "folder")) continue;
    const target = joined(to, entry.name);
    if (entry.type !== "folder") addEntry(entry, path, target, gathering);
    else await addFolder(path, target, (await gathering.source.list(path)) ?? [], gathering);
  }
}

function addEntry(entry: SourceEntry, path: string, to: string, gathering: Gathering): void {
  const { source, warnings } = gathering;
  if (entry.type === "link") {
    const target = entry.target ?? "";
    if (!linkStaysInside(to, target))
      throw new VdcError(
        "invalid",
        `The link '${path}' leads out of its component; put the file itself there, or ignore it in .vdcignore.`,
      );
    put({ type: "link", path: to, target }, gathering);
  } else if (entry.type === "other") warnings.push(`${path} is neither a file nor a folder, and is left out`);
  else {
    if (looksSecret(path))
      warnings.push(
        `${path} looks like a secret, and is packed; name it in .vdcignore, and use a secret setting`,
      );
    const content = () => source.stream(path);
    put({ type: "file", path: to, size: entry.size, executable: entry.executable, content }, gathering);
  }
}

function put(item: TarItem, { items, limits }: Gathering): void {
  // The rule of the other side, here where its author can do something about it.
  if (entryPath(item.path, limits) !== item.path)
    throw new VdcError("invalid", `'${item.path}' is not a name that a package may hold.`);
  items.set(item.path, item);
}

function withParents(items: ReadonlyMap<string, TarItem>): ReadonlyMap<string, TarItem> {
  const all = new Map(items);
  for (const path of items.keys()) {
    for (let at = path.indexOf("/"); at !== -1; at = path.indexOf("/", at + 1)) {
      const parent = path.slice(0, at);
      const known = all.get(parent);
      if (known === undefined) all.set(parent, { type: "folder", path: parent });
      else if (known.type !== "folder")
        throw new VdcError("invalid", `'${path}' would lie below '${parent}', which is not a folder.`);
    }
  }
  return all;
}

function joined(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}
