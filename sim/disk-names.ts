import type { SimulatedFile } from "#sim/disk-file.ts";
import type { SeededRandom } from "#sim/random.ts";

export type Entry = SimulatedFile | "directory";

type Change = { readonly unsynced: Set<string> } & (
  | { readonly type: "add"; readonly path: string; readonly entry: Entry }
  | { readonly type: "rename"; readonly from: string; readonly to: string }
  | { readonly type: "remove"; readonly path: string }
);

/** The names of one disk: what programs see, and what a crash leaves. */
export class SimulatedNames {
  #seen = new Map<string, Entry>();
  #durable = new Map<string, Entry>();
  #changes: Change[] = [];

  get(path: string): Entry | undefined {
    return path === "" ? "directory" : this.#seen.get(path);
  }

  entries(): IterableIterator<[string, Entry]> {
    return this.#seen.entries();
  }

  add(path: string, entry: Entry): void {
    this.#change({ type: "add", path, entry, unsynced: new Set([folderOf(path)]) });
  }

  rename(from: string, to: string): void {
    this.#change({ type: "rename", from, to, unsynced: new Set([folderOf(from), folderOf(to)]) });
  }

  remove(path: string): void {
    this.#change({ type: "remove", path, unsynced: new Set([folderOf(path)]) });
  }

  #change(change: Change): void {
    apply(this.#seen, change);
    this.#changes.push(change);
  }

  sync(folder: string): void {
    for (const change of this.#changes) change.unsynced.delete(folder);
    // Only from the front, so that what is durable was made in its order. A change that waits behind another is certain to survive nevertheless.
    while (this.#changes[0]?.unsynced.size === 0) {
      const change = this.#changes.shift();
      if (change !== undefined) apply(this.#durable, change);
    }
  }

  /** Every change that was not made durable happened or did not. */
  crash(random: SeededRandom): void {
    for (const change of this.#changes)
      if (change.unsynced.size === 0 || random.chance(0.5)) apply(this.#durable, change);
    this.#changes = [];
    for (const path of this.#durable.keys())
      if (folderOf(path) !== "" && this.#durable.get(folderOf(path)) !== "directory")
        this.#durable.delete(path);
    this.#seen = new Map(this.#durable);
  }
}

function apply(names: Map<string, Entry>, change: Change): void {
  if (change.type === "add") names.set(change.path, change.entry);
  else if (change.type === "remove") names.delete(change.path);
  else {
    const entry = names.get(change.from);
    if (entry === undefined) return; // its making was lost
    names.delete(change.from);
    names.set(change.to, entry);
  }
}

export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
