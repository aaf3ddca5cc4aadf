import type { Batch } from "./batch.ts";
import { resourceRow, type RowKey } from "./rows.ts";

/** A statement that is prepared under its name once for each connection. */
export interface Statement {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

/** Begins the transaction and waits for its turn: whoever holds this row is the only writer of all processes. */
export const beginLocked =
  "BEGIN; SELECT revision, compacted, audit_sequence, audit_hash FROM head FOR UPDATE";

const keyArrays = "unnest($1::text[], $2::text[], $3::text[]) AS k (kind, project, name)";

export function loadResources(keys: readonly RowKey[]): Statement {
  const text = `SELECT r.* FROM ${keyArrays} JOIN resources r USING (kind, project, name)`;
  return { name: "load-resources", text, values: columns(keys) };
}

export function loadUsage(projects: readonly string[]): Statement {
  const text = "SELECT project, measure, used FROM project_usage WHERE project = ANY ($1::text[])";
  return { name: "load-usage", text, values: [projects] };
}

/** How many resources the named ones own, and the keys of the first five. */
export function loadOwned(keys: readonly RowKey[]): Statement {
  const text = `SELECT o.id AS owner_id, count(*)::int AS count,
      (array_agg(r.kind || '/' || r.project || '/' || r.name ORDER BY r.created_at, r.id))[1:5] AS names
    FROM ${keyArrays} JOIN resources o USING (kind, project, name) JOIN resources r ON r.owner_id = o.id
    GROUP BY o.id`;
  return { name: "load-owned", text, values: columns(keys) };
}

/** The keys of five resources in each of the projects. */
export function loadInProjects(projects: readonly string[]): Statement {
  const text = `SELECT p.project, array_agg(r.kind || '/' || r.project || '/' || r.name) AS names
    FROM unnest($1::text[]) AS p (project)
    CROSS JOIN LATERAL (
      SELECT kind, project, name FROM resources
      WHERE project = p.project AND project <> '' ORDER BY project, kind, name LIMIT 5
    ) r
    GROUP BY p.project`;
  return { name: "load-in-projects", text, values: [projects] };
}

/** The epochs, held until the commit: a lease cannot be taken over while a write that it allows is under way. */
export function loadLeases(names: readonly string[]): Statement {
  const text = "SELECT name, epoch FROM leases WHERE name = ANY ($1::text[]) ORDER BY name FOR SHARE";
  return { name: "load-leases", text, values: [names] };
}

export function loadOperations(ids: readonly string[]): Statement {
  return {
    name: "load-operations",
    text: "SELECT id FROM operations WHERE id = ANY ($1::text[])",
    values: [ids],
  };
}

/**
 * Everything a batch decided, in one statement. The parts touch different rows: a key is either put or gone.
 * A notification goes out when the log grew; its payload is the newest revision, and it is only a wake-up.
 */
const writeText = `WITH
  gone AS (
    DELETE FROM resources r USING json_to_recordset($1::json) AS g (kind text, project text, name text)
    WHERE r.kind = g.kind AND r.project = g.project AND r.name = g.name
  ),
  put AS (
    INSERT INTO resources
    SELECT * FROM json_to_recordset($2::json) AS p (
      kind text, project text, name text, id text, generation bigint, revision bigint, labels jsonb,
      owner_kind text, owner_project text, owner_name text, owner_id text, spec jsonb, status jsonb,
      created_at timestamptz, updated_at timestamptz, deleting_since timestamptz
    )
    ON CONFLICT (kind, project, name) DO UPDATE SET
      id = excluded.id, generation = excluded.generation, revision = excluded.revision, labels = excluded.labels,
      owner_kind = excluded.owner_kind, owner_project = excluded.owner_project,
      owner_name = excluded.owner_name, owner_id = excluded.owner_id, spec = excluded.spec,
      status = excluded.status, created_at = excluded.created_at, updated_at = excluded.updated_at,
      deleting_since = excluded.deleting_since
  ),
  sums AS (
    INSERT INTO project_usage
    SELECT * FROM json_to_recordset($3::json) AS u (project text, measure text, used bigint)
    ON CONFLICT (project, measure) DO UPDATE SET used = excluded.used
  ),
  lines AS MATERIALIZED (
    SELECT * FROM json_to_recordset($4::json) AS c (
      revision bigint, type text, kind text, project text, name text, object jsonb
    )
  ),
  log AS (
    INSERT INTO changes SELECT revision, type, kind, project, name, object, $5::timestamptz FROM lines
  ),
  facts AS (
    INSERT INTO events
    SELECT revision, name, $5::timestamptz, project, object #>> '{subject,kind}', object #>> '{subject,name}', object
    FROM lines WHERE kind = 'event'
  ),
  actions AS (
    INSERT INTO operations
    SELECT DISTINCT ON (name) name, revision, project, object ->> 'state', (object ->> 'createdAt')::timestamptz,
      (object ->> 'finishedAt')::timestamptz, object
    FROM lines WHERE kind = 'operation' ORDER BY name, revision DESC
    ON CONFLICT (id) DO UPDATE SET
      revision = excluded.revision, project = excluded.project, state = excluded.state,
      created_at = excluded.created_at, finished_at = excluded.finished_at, object = excluded.object
  ),
  trail AS (
    INSERT INTO audit
    SELECT * FROM json_to_recordset($6::json) AS a (
      sequence bigint, project text, entry jsonb, previous_hash text, hash text
    )
  ),
  top AS (
    UPDATE head SET revision = $7::bigint, audit_sequence = $8::bigint, audit_hash = $9::text
  )
  SELECT CASE WHEN $10::boolean THEN pg_notify('vdc_changes', $7::text) END`;

export function writeBatch(batch: Batch): Statement {
  const touched = [...batch.resources.values()];
  const { head } = batch;
  return {
    name: "write-batch",
    text: writeText,
    values: [
      JSON.stringify(touched.filter(({ after }) => after === undefined).map(({ key }) => key)),
      JSON.stringify(touched.flatMap(({ after }) => (after === undefined ? [] : [resourceRow(after)]))),
      JSON.stringify([...batch.usage.values()]),
      JSON.stringify(batch.changes),
      batch.at,
      JSON.stringify(
        batch.audit.map(({ entry: { previousHash, hash, ...entry }, project }) => ({
          sequence: entry.sequence,
          project,
          entry,
          previous_hash: previousHash,
          hash,
        })),
      ),
      head.revision,
      head.audit_sequence,
      head.audit_hash,
      batch.changes.length > 0,
    ],
  };
}

function columns(keys: readonly RowKey[]): string[][] {
  return [keys.map((key) => key.kind), keys.map((key) => key.project), keys.map((key) => key.name)];
}
