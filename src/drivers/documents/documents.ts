import { DatabaseSync } from "node:sqlite";

/** JSON documents by kind and id in one SQLite file: a small store for a process that must not depend on any other. */
export interface DocumentFile {
  all(kind: string): readonly { readonly id: string; readonly body: string }[];
  /** All or nothing, and on disk when it returns; an absent body removes. */
  write(changes: readonly { readonly kind: string; readonly id: string; readonly body?: string }[]): void;
  close(): void;
}

/** Opens the file, or makes it. Throws SQLite's error when it is damaged or held by another process. The folder must be its user's alone. */
export function openDocumentFile(path: string): DocumentFile {
  const database = new DatabaseSync(path, { timeout: 2_000 });
  // Rollback journal and FULL: a few writes a minute, each on disk before anybody is told of it.
  database.exec("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL");
  database.exec(
    "CREATE TABLE IF NOT EXISTS document (kind TEXT, id TEXT, body TEXT NOT NULL, PRIMARY KEY (kind, id)) STRICT, WITHOUT ROWID",
  );
  const select = database.prepare("SELECT id, body FROM document WHERE kind = ? ORDER BY id");
  const put = database.prepare("INSERT OR REPLACE INTO document (kind, id, body) VALUES (?, ?, ?)");
  const remove = database.prepare("DELETE FROM document WHERE kind = ? AND id = ?");
  return {
    all: (kind) => select.all(kind).map(({ id, body }) => ({ id: String(id), body: String(body) })),
    write: (changes) => {
      if (changes.length === 0) return;
      database.exec("BEGIN IMMEDIATE");
      try {
        for (const { kind, id, body } of changes) {
          if (body === undefined) remove.run(kind, id);
          else put.run(kind, id, body);
        }
        database.exec("COMMIT");
      } catch (error) {
        database.exec("ROLLBACK");
        throw error;
      }
    },
    close: () => database.close(),
  };
}
