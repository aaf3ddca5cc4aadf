/** Files of this machine that are sent to buckets or come from there. Made in `src/main/cli-object-files.ts`. */
export interface CliObjectFiles {
  /** Undefined when there is nothing there, or neither file nor folder. */
  look(path: string): Promise<{ readonly what: "file" | "folder"; readonly sizeBytes: number } | undefined>;
  /** Every regular file below a folder, by name; links are not followed. Throws `too-large` past `max`. */
  below(folder: string, max: number): Promise<readonly TreeFile[]>;
  /** Bytes `start` (inclusive) to `end` (exclusive). Throws `conflict` when the file has become shorter. */
  read(path: string, start: number, end: number): Promise<Uint8Array>;
  /** Writes from `at` on and cuts what was behind; makes folders. What arrived stays when the source breaks off. */
  write(path: string, at: number, source: AsyncIterable<Uint8Array>): Promise<void>;
  /** Puts a finished file in its place. */
  rename(from: string, to: string): Promise<void>;
  /** One that is not there is no error. */
  remove(path: string): Promise<void>;
}

export interface TreeFile {
  readonly path: string;
  /** Below the folder, with `/`. */
  readonly relative: string;
  readonly sizeBytes: number;
}
