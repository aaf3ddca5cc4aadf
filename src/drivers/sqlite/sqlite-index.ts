import { chmodSync, rmSync, statSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { assert } from "#lib/assert.ts";
import { applicationId, createTables, schemaVersion, settings, sharing, stopSharing } from "./schema.ts";

/** Where bytes lie in the journal. */
export interface Place {
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
  readonly crc: number;
}
export interface IndexRow {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly place?: Place;
  /** Where its bytes lie, and otherwise its frame. */
  readonly segment: number;
}
export type IndexMutation =
  | {
      readonly type: "put";
      readonly key: Uint8Array;
      readonly value: Uint8Array;
      readonly place?: Place;
      readonly segment: number;
    }
  | { readonly type: "remove"; readonly key: Uint8Array; readonly segment: number };

/** The file is torn, or was made by something else. */
export class SqliteIndexDamaged extends Error {
  override readonly name = "SqliteIndexDamaged";
}

/** Columns in the order of the statements; `offset` is null when nothing was written with the row. */
type Columns = [
  key: Uint8Array,
  value: Uint8Array,
  segment: number,
  offset: number | null,
  length: number,
  crc: number,
];
const columns = `key, value, segment, "offset", length, crc`;

// A part of no bytes is NULL in SQLite.
const selectHeads = `
  SELECT ifnull(CAST(substr(key, ?) AS TEXT), ''),
    ifnull(CAST(substr(value, 1, ifnull(nullif(instr(value, x'0a'), 0) - 1, length(value))) AS TEXT), '')
  FROM rows WHERE key >= ? AND key < ? ORDER BY key LIMIT ?`;

/** Scans that may be open at once; a list of versions has three. */
const idleScansMax = 16;

/** Others read for a moment; a restart after a kill needs the file alone for one. */
const waitForReadersMs = 2_000;

/** A larger index is opened unchecked: four seconds a GiB (measured) are longer than clients should wait for a start. */
const checkedMaxBytes = 1024 ** 3;

/**
 * An ordered map in an SQLite file, made when it is not there, mode 0600. Throws SqliteIndexDamaged, also when a page of it is not what SQLite wrote: what it
 * says of keys and values is not looked at, only that they can be found.
 */
export function openSqliteIndex(path: string): SqliteIndex {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { allowExtension: false, defensive: true, timeout: waitForReadersMs });
    if (path !== ":memory:") chmodSync(path, 0o600);
    prepareFile(database);
    if (path !== ":memory:" && statSync(path).size <= checkedMaxBytes) checkPages(database);
    return new SqliteIndex(database);
  } catch (cause) {
    database?.close();
    throw new SqliteIndexDamaged("The index cannot be used; remove it and let it be made again.", { cause });
  }
}

/** Removes the file and what SQLite keeps beside it. */
export function removeSqliteIndex(path: string): void {
  for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(path + suffix, { force: true });
}

function prepareFile(database: DatabaseSync): void {
  const pragma = (name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  const id = pragma("application_id");
  const isNew = id === 0 && pragma("schema_version") === 0;
  if (!isNew && (id !== applicationId || pragma("user_version") !== schemaVersion))
    throw new Error("not an index of this version");
  database.exec(settings);
  if (isNew) database.exec(createTables);
  // Before anything is changed: what a process that was killed has shared may be made anew now.
  database.exec(sharing);
  database.exec(stopSharing);
}

/** A flipped bit on the disk would otherwise be found by whoever reads that page, long after the start. */
function checkPages(database: DatabaseSync): void {
  const [found] = Object.values(database.prepare("PRAGMA quick_check(1)").get() ?? {});
  if (found !== "ok") throw new Error(`SQLite says: ${String(found)}`);
}

export class SqliteIndex {
  readonly #database: DatabaseSync;
  readonly #get: StatementSync;
  readonly #heads: StatementSync;
  readonly #put: StatementSync;
  readonly #remove: StatementSync;
  readonly #setApplied: StatementSync;
  readonly #inSegment: StatementSync;
  /** Prepared scans that nobody reads: a statement can have one reader. */
  readonly #idle = { ascending: new Array<StatementSync>(), descending: new Array<StatementSync>() };
  #applied: number;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#get = arrays(database.prepare(`SELECT ${columns} FROM rows WHERE key = ?`));
    this.#heads = arrays(database.prepare(selectHeads));
    this.#put = database.prepare(`REPLACE INTO rows (${columns}) VALUES (?, ?, ?, ?, ?, ?)`);
    this.#remove = database.prepare("DELETE FROM rows WHERE key = ?");
    this.#setApplied = database.prepare("UPDATE state SET applied = ?");
    this.#inSegment = arrays(
      database.prepare(`SELECT ${columns} FROM rows WHERE segment = ? ORDER BY key LIMIT ?`),
    );
    const state = database.prepare("SELECT applied FROM state").get();
    assert(typeof state?.["applied"] === "number", "the index says how far it was applied");
    this.#applied = state["applied"];
  }

  get applied(): number {
    return this.#applied;
  }

  /**
   * From now on other processes that know `token` may read beside us (see `SharedSqliteIndex`), until the index is closed or opened again. To be called when it is up to date: what is
   * acknowledged must be in it.
   */
  share(token: string): void {
    this.#database.prepare("INSERT INTO shared (token) VALUES (?)").run(token);
  }

  get(key: Uint8Array): IndexRow | undefined {
    const row: unknown = this.#get.get(key);
    return row === undefined ? undefined : toRow(row as Columns); // the statement selects them
  }

  *scan(
    from: Uint8Array,
    to: Uint8Array,
    direction: "ascending" | "descending" = "ascending",
  ): IterableIterator<IndexRow> {
    const idle = this.#idle[direction];
    const statement = idle.pop() ?? this.#prepareScan(direction);
    const rows: Iterator<unknown> = statement.iterate(from, to);
    try {
      for (let step = rows.next(); step.done !== true; step = rows.next()) yield toRow(step.value as Columns); // as above
    } finally {
      rows.return?.();
      if (idle.length < idleScansMax) idle.push(statement);
    }
  }

  /** Text is made in SQLite: by the row that is five times as fast as bytes that are decoded here. */
  heads(
    from: Uint8Array,
    to: Uint8Array,
    skip: number,
    limit: number,
  ): readonly (readonly [key: string, head: string])[] {
    const rows: unknown = this.#heads.all(skip + 1, from, to, limit);
    return rows as [string, string][]; // the statement selects two texts
  }

  apply(sequence: number, mutations: readonly IndexMutation[]): void {
    this.#transaction(() => {
      for (const mutation of mutations) {
        if (mutation.type === "remove") {
          this.#remove.run(mutation.key);
          continue;
        }
        const { key, value, place } = mutation;
        if (place === undefined) this.#put.run(key, value, mutation.segment, null, 0, 0);
        else this.#put.run(key, value, place.segment, place.offset, place.length, place.crc);
      }
      this.#setApplied.run(sequence);
    });
    this.#applied = sequence;
  }

  rowsInSegment(segment: number, limit: number): readonly IndexRow[] {
    const rows: unknown = this.#inSegment.all(segment, limit);
    return (rows as Columns[]).map(toRow); // the statement selects them
  }

  clear(): void {
    this.#transaction(() => {
      this.#database.exec("DELETE FROM rows");
      this.#setApplied.run(0);
    });
    this.#applied = 0;
  }

  close(): void {
    try {
      this.#database.exec(stopSharing);
    } catch {
      // On a full disk, say. What is in it stays true until it is opened again, which ends the sharing first or makes another file.
    }
    this.#database.close();
  }

  #transaction(run: () => void): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      run();
      this.#database.exec("COMMIT");
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  #prepareScan(direction: "ascending" | "descending"): StatementSync {
    const order = direction === "ascending" ? "ASC" : "DESC";
    return arrays(
      this.#database.prepare(`SELECT ${columns} FROM rows WHERE key >= ? AND key < ? ORDER BY key ${order}`),
    );
  }
}

function arrays(statement: StatementSync): StatementSync {
  statement.setReturnArrays(true);
  return statement;
}

function toRow([key, value, segment, offset, length, crc]: Columns): IndexRow {
  return offset === null
    ? { key, value, segment }
    : { key, value, segment, place: { segment, offset, length, crc } };
}
