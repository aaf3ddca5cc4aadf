/**
 * What packages need of a disk; `src/drivers/package-files` is one. Every name that is given here was made or checked by
 * the caller: hexadecimal digests, and paths that `entryPath` let through.
 */
export interface PackageDisk {
  /** A private folder for one archive. Disposing of it removes what was not kept. */
  draft(): Promise<PackageDraft>;
  /** Where the unpacked layer is; undefined when it is not there. */
  tree(hex: string): Promise<string | undefined>;
  /** Undefined when it is not there. Throws past `maxBytes`. */
  blob(hex: string, maxBytes: number): Promise<Uint8Array | undefined>;
  /** All that is kept, with the time (ms) when it was last put there. */
  kept(): Promise<readonly KeptThing[]>;
  remove(thing: KeptThing): Promise<void>;
  /** Removes what interrupted uploads left behind; to be called when no upload runs. */
  clean(): Promise<void>;
}

export interface KeptThing {
  readonly what: "tree" | "blob";
  readonly hex: string;
  readonly keptAt: number;
}

export interface PackageDraft extends AsyncDisposable {
  writeBlob(hex: string, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  readBlob(hex: string): AsyncIterable<Uint8Array>;
  /** Begins an unpacked layer. */
  tree(hex: string): Promise<TreeWriter>;
  /** Puts it where `PackageDisk` finds it, on stable storage. Of a tree that was there before, its time is renewed. */
  keepTree(hex: string): Promise<void>;
  keepBlob(hex: string): Promise<void>;
}

/** Makes files where nothing is: an existing name, or a link in the way, is an error. */
export interface TreeWriter {
  folder(path: string): Promise<void>;
  file(path: string, content: Uint8Array | AsyncIterable<Uint8Array>, executable: boolean): Promise<void>;
  link(path: string, target: string): Promise<void>;
  /** Everything is written and on stable storage. */
  finish(): Promise<void>;
}

/** The folder that a package is built from. Paths are relative to it, with '/'. */
export interface SourceFolder {
  /** Names in a folder, links not followed. Undefined when it is not a folder. */
  list(path: string): Promise<readonly SourceEntry[] | undefined>;
  /** Undefined when there is no such file. Throws past `maxBytes`, and for links. */
  read(path: string, maxBytes: number): Promise<Uint8Array | undefined>;
  stream(path: string): AsyncIterable<Uint8Array>;
}

export interface SourceEntry {
  readonly name: string;
  readonly type: "file" | "folder" | "link" | "other";
  readonly size: number;
  readonly executable: boolean;
  /** Of a link. */
  readonly target?: string;
}

/** Room for layers while an archive is put together. */
export interface Scratch {
  write(name: string, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  read(name: string): AsyncIterable<Uint8Array>;
}
