import type { Change, Event } from "#api/records.ts";
import type { Resource } from "#api/resource.ts";
import type { AuditRow, Batch } from "./batch.ts";
import { rowKey, type RowKey } from "./rows.ts";

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

/** Stands between JSON texts: a control character, which no JSON text holds unescaped. */
const separator = "\u001e";

/** A column of JSON values, which come as one text: an array's own syntax would have each quote escaped twice. */
function jsonArray(parameter: number, type: "json" | "jsonb"): string {
  return `string_to_array($${parameter}::text, chr(30))::${type}[]`;
}

function jsonTexts(values: readonly unknown[]): string {
  return values.map((value) => JSON.stringify(value)).join(separator);
}

/**
 * Everything a batch decided, in one statement. The parts touch different rows: a key is either put or gone.
 * Rows come as one array a column: PostgreSQL then reads each JSON value once, where `json_to_recordset` reads
 * it twice. A notification is a wake-up only; its payload is the newest revision.
 */
const writeText = `WITH
  gone AS (
    DELETE FROM resources r USING unnest($1::text[], $2::text[], $3::text[]) AS g (kind, project, name)
    WHERE r.kind = g.kind AND r.project = g.project AND r.name = g.name
  ),
  put AS (
    INSERT INTO resources
    SELECT * FROM unnest(
      $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[], ${jsonArray(10, "jsonb")}, $11::text[],
      $12::text[], $13::text[], $14::text[], ${jsonArray(15, "jsonb")}, ${jsonArray(16, "jsonb")}, $17::timestamptz[], $18::timestamptz[],
      $19::timestamptz[]
    )
    ON CONFLICT (kind, project, name) DO UPDATE SET
      id = excluded.id, generation = excluded.generation, revision = excluded.revision, labels = excluded.labels,
      owner_kind = excluded.owner_kind, owner_project = excluded.owner_project,
      owner_name = excluded.owner_name, owner_id = excluded.owner_id, spec = excluded.spec,
      status = excluded.status, created_at = excluded.created_at, updated_at = excluded.updated_at,
      deleting_since = excluded.deleting_since
  ),
  sums AS (
    INSERT INTO project_usage SELECT * FROM unnest($20::text[], $21::text[], $22::bigint[])
    ON CONFLICT (project, measure) DO UPDATE SET used = excluded.used
  ),
  lines AS MATERIALIZED (
    SELECT * FROM unnest($23::bigint[], $24::text[], $25::text[], $26::text[], $27::text[], ${jsonArray(28, "json")}, $29::text[], $30::text[])
      AS c (revision, type, kind, project, name, object, subject_kind, subject_name)
  ),
  log AS (
    INSERT INTO changes SELECT revision, type, kind, project, name, object, $31::timestamptz FROM lines
  ),
  facts AS (
    INSERT INTO events
    SELECT revision, name, $31::timestamptz, project, subject_kind, subject_name, object
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
    INSERT INTO audit SELECT * FROM unnest($32::bigint[], $33::text[], ${jsonArray(34, "json")}, $35::text[], $36::text[])
  ),
  top AS (
    UPDATE head SET revision = $37::bigint, audit_sequence = $38::bigint, audit_hash = $39::text
  )
  SELECT CASE WHEN $40::boolean THEN pg_notify('vdc_changes', $37::text) END`;

/** `notify`: other processes are told when it commits. */
export function writeBatch(batch: Batch, notify: boolean): Statement {
  const touched = [...batch.resources.values()];
  const gone = touched.filter(({ after }) => after === undefined).map(({ key }) => key);
  const put = touched.flatMap(({ after }) => (after === undefined ? [] : [after]));
  const { head, changes } = batch;
  return {
    name: "write-batch",
    text: writeText,
    values: [
      ...columns(gone),
      ...resourceColumns(put),
      ...usageColumns([...batch.usage.values()]),
      changes.map((change) => change.revision),
      changes.map((change) => change.type),
      changes.map((change) => change.kind),
      changes.map((change) => change.project ?? null),
      changes.map((change) => change.name),
      jsonTexts(changes.map((change) => change.object)),
      ...subjectColumns(changes),
      batch.at,
      ...auditColumns(batch.audit),
      head.revision,
      head.audit_sequence,
      head.audit_hash,
      notify && changes.length > 0,
    ],
  };
}

function resourceColumns(resources: readonly Resource[]): unknown[] {
  return [
    ...columns(resources.map(rowKey)),
    resources.map((resource) => resource.id),
    resources.map((resource) => resource.generation),
    resources.map((resource) => resource.revision),
    jsonTexts(resources.map((resource) => resource.labels)),
    resources.map(({ owner }) => owner?.kind ?? null),
    resources.map(({ owner }) => (owner === undefined ? null : (owner.project ?? ""))),
    resources.map(({ owner }) => owner?.name ?? null),
    resources.map(({ owner }) => owner?.id ?? null),
    jsonTexts(resources.map((resource) => resource.spec)),
    jsonTexts(resources.map((resource) => resource.status)),
    resources.map((resource) => resource.createdAt),
    resources.map((resource) => resource.updatedAt),
    resources.map((resource) => resource.deletingSince ?? null),
  ];
}

function usageColumns(sums: readonly { project: string; measure: string; used: number }[]): unknown[][] {
  return [sums.map((sum) => sum.project), sums.map((sum) => sum.measure), sums.map((sum) => sum.used)];
}

function subjectColumns(changes: readonly Change[]): unknown[][] {
  const subjects = changes.map((change) =>
    // The object of a change of kind `event` is one.
    change.kind === "event" ? (change.object as unknown as Event).subject : undefined,
  );
  return [subjects.map((subject) => subject?.kind ?? null), subjects.map((subject) => subject?.name ?? null)];
}

function auditColumns(rows: readonly AuditRow[]): unknown[] {
  return [
    rows.map(({ entry }) => entry.sequence),
    rows.map(({ project }) => project ?? null),
    jsonTexts(rows.map(({ entry }) => entry)),
    rows.map(({ previousHash }) => previousHash),
    rows.map(({ hash }) => hash),
  ];
}

function columns(keys: readonly RowKey[]): string[][] {
  return [keys.map((key) => key.kind), keys.map((key) => key.project), keys.map((key) => key.name)];
}
