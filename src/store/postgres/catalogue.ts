import type pg from "pg";

/** The shape of all tables as the server's catalogue has it, in a form that is the same on every PostgreSQL we run on. */
export interface Catalogue {
  readonly version: number;
  readonly tables: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly constraints: Readonly<Record<string, string>>;
  readonly indexes: Readonly<Record<string, string>>;
}

/** Reads the catalogue of a migrated database. */
export async function readCatalogue(client: pg.ClientBase): Promise<Catalogue> {
  const columns = await client.query<{ table: string; column: string; shape: string }>(
    `SELECT c.relname AS table, a.attname AS column, concat_ws(' ',
        format_type(a.atttypid, a.atttypmod),
        CASE WHEN co.collname <> 'default' THEN 'COLLATE ' || co.collname END,
        CASE WHEN a.attnotnull THEN 'NOT NULL' END,
        'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid)
      ) AS shape
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_collation co ON co.oid = a.attcollation
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
    ORDER BY c.relname COLLATE "C", a.attnum`,
  );
  // PostgreSQL 18 lists NOT NULL among the constraints; the columns say it already.
  const constraints = await client.query<{ name: string; shape: string }>(
    `SELECT conrelid::regclass || '.' || conname AS name, pg_get_constraintdef(oid) AS shape FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND contype <> 'n' ORDER BY 1`,
  );
  const indexes = await client.query<{ name: string; shape: string }>(
    "SELECT indexname AS name, indexdef AS shape FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
  );
  const version = await client.query<{ version: number }>("SELECT max(version) AS version FROM migrations");
  return {
    version: version.rows[0]?.version ?? 0,
    tables: tablesOf(columns.rows),
    constraints: Object.fromEntries(constraints.rows.map(({ name, shape }) => [name, shape])),
    indexes: Object.fromEntries(indexes.rows.map(({ name, shape }) => [name, shape])),
  };
}

function tablesOf(rows: readonly { table: string; column: string; shape: string }[]): Catalogue["tables"] {
  const tables: Record<string, Record<string, string>> = {};
  for (const { table, column, shape } of rows) tables[table] = { ...tables[table], [column]: shape };
  return tables;
}
