/** "VDCi": whose file it is, in its header. */
export const applicationId = 0x56_44_43_69;
/** Of the tables below; another one is made anew. */
export const schemaVersion = 1;

/** Pages are large because values are: a row of a large object is some hundred bytes. */
export const createTables = `
BEGIN;
CREATE TABLE rows (
  key BLOB NOT NULL PRIMARY KEY,
  value BLOB NOT NULL,
  segment INTEGER NOT NULL,
  "offset" INTEGER,
  length INTEGER NOT NULL,
  crc INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX rows_segment ON rows (segment);
CREATE TABLE state (applied INTEGER NOT NULL) STRICT;
INSERT INTO state (applied) VALUES (0);
PRAGMA application_id = ${applicationId};
PRAGMA user_version = ${schemaVersion};
COMMIT;
`;

/** Under which name the index is shared; no row when it is not. Made also in a file of before it: such a file is as good as ever. */
export const sharing = "CREATE TABLE IF NOT EXISTS shared (token TEXT NOT NULL) STRICT";
export const stopSharing = "DELETE FROM shared";

/** `page_size` counts only before the first table is made. */
export const settings = `
PRAGMA page_size = 4096;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA cache_size = -65536;
PRAGMA wal_autocheckpoint = 4000;
PRAGMA temp_store = MEMORY;
PRAGMA trusted_schema = OFF;
`;
