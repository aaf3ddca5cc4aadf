import { statSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Place } from "./sqlite-index.ts";

/** Small: what is asked for often stays, and the system has the rest of the file. */
const readerSettings = "PRAGMA cache_size = -8192; PRAGMA trusted_schema = OFF;";

// One statement sees one moment: the row, and whether the index was being shared then.
const selectShared = `SELECT value, segment, "offset", length, crc FROM shared, rows WHERE token = ? AND key = ?`;
type Columns = [value: Uint8Array, segment: number, offset: number | null, length: number, crc: number];

export interface SharedRow {
  readonly value: Uint8Array;
  readonly place?: Place;
}

/**
 * Rows of an index that another process writes and shares under `token` (see `SqliteIndex.share`). What that process applied before a call of `get` began is seen by it: SQLite's write-ahead log is one
 * for all processes. What is not shared any more (closed, being made anew, removed) is not seen at all.
 */
export class SharedSqliteIndex implements Disposable {
  readonly token: string;
  readonly #path: string;
  readonly #file: number;
  readonly #database: DatabaseSync;
  readonly #get: StatementSync;

  /** Throws when there is no such file, or it is no index. */
  constructor(path: string, token: string) {
    this.#path = path;
    this.token = token;
    const file = fileAt(path);
    this.#database = new DatabaseSync(path, { readOnly: true, allowExtension: false, defensive: true });
    try {
      if (file === undefined || fileAt(path) !== file) throw new Error("the index was replaced meanwhile");
      this.#file = file;
      this.#database.exec(readerSettings);
      this.#get = this.#database.prepare(selectShared);
      this.#get.setReturnArrays(true);
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** Undefined: there is no such row, or the index is not shared: only who writes it can tell. Throws what SQLite says, that it is busy among others. */
  get(key: Uint8Array): SharedRow | undefined {
    const row: unknown = this.#get.get(this.token, key);
    // A file that was removed keeps its rows for who has it open. Its number is nobody else's as long as it is.
    if (row === undefined || fileAt(this.#path) !== this.#file) return undefined;
    const [value, segment, offset, length, crc] = row as Columns; // the statement selects them
    return offset === null ? { value } : { value, place: { segment, offset, length, crc } };
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

/** Which file lies there. */
function fileAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}
