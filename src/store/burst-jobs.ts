import { promisify } from "node:util";
import { gunzipSync, gzip as compress } from "node:zlib";
import { sql, type Kysely, type Selectable } from "kysely";
import { systemActor, type Attribution } from "#api/actor.ts";
import type { Job } from "#api/burst.ts";
import { VdcError } from "#api/errors.ts";
import type { Json } from "#lib/json.ts";
import type { BurstFilesTable, BurstJobsTable } from "./burst-jobs-tables.ts";
import { moneyRowsOn, type MoneyRows } from "./burst-money.ts";
import {
  quarantineRowsOn,
  readQuarantines,
  type QuarantineRows,
  type StoredQuarantine,
} from "./burst-quarantines.ts";
import { answered } from "./postgres/resources.ts";
import type { PostgresStore } from "./postgres/open.ts";
import type { Database } from "./postgres/schema.ts";
import type { TransactionRecords } from "./postgres/writer.ts";
import type { Fence } from "./store.ts";

type Db = Kysely<Database>;
const zip = promisify(compress);
export type { TransactionRecords } from "./postgres/writer.ts";

/** What a job began with. */
export interface StoredJobFacts {
  readonly title: string;
  readonly app?: string | undefined;
  readonly graph: string;
  readonly package: string;
  readonly mode: Job["mode"];
  readonly priority: number;
  readonly volunteers: boolean;
  readonly offer?: string | undefined;
  /** Of the offer; the pricing function takes them. */
  readonly terms: Json;
  readonly currency: string;
  /** Cores that its project's plan had. */
  readonly cores: number;
  readonly createdBy: string;
}

/** Of a remembered task. */
export interface MemoOutput {
  readonly blob: string;
  readonly bytes: number;
  /** Base64 of a very small one. */
  readonly inline?: string | undefined;
}

/** How far it is, as it was last written. */
export interface JobSummary {
  readonly tasks: number;
  readonly done: number;
  readonly remembered: number;
  readonly stages: Job["stages"];
  readonly reason?: string | undefined;
  readonly results: Job["results"];
}

export interface StoredJob extends StoredJobFacts, JobSummary {
  readonly id: string;
  readonly projectId: string;
  readonly project: string;
  readonly state: Job["state"];
  readonly bound: bigint;
  readonly charged: bigint;
  readonly createdAt: string;
  readonly finishedAt?: string | undefined;
}

/** One task: its number, then what it gave; `null` for one whose result is not believed any more. The last line of a task counts. */
export type StoredOutcome = readonly [
  task: number,
  outputs: readonly (readonly [blob: string, bytes: number, inline?: string])[] | null,
  free: 0 | 1,
];

/** What one transaction writes of a job. */
export interface JobWrite {
  readonly id: string;
  readonly state: Job["state"];
  readonly bound: bigint;
  readonly charged: bigint;
  readonly summary: JobSummary;
  readonly finishedAt?: string | undefined;
  /** From `pack`; absent when there are none. */
  readonly outcomes: Buffer | undefined;
  readonly sequence: number;
}

/** Parts of a graph: a row of PostgreSQL is best not too long. */
const partBytes = 1024 * 1024;
/** Lines of the memo that are written at once. */
const memoBatch = 1_000;
/** Lines of the memo that one statement removes, and how many such statements tidying takes at most. */
const tidyLines = 10_000;
const tidyBatches = 200;

export interface BurstRows extends QuarantineRows {
  readonly money: MoneyRows;
  insertJob(job: StoredJob): Promise<void>;
  writeJob(write: JobWrite): Promise<void>;
  /** Locked until the transaction ends. */
  lockJob(id: string): Promise<StoredJob | undefined>;
  /** Removes what is kept of a job's tasks, when it is over. */
  dropOutcomes(job: string): Promise<void>;
  putMemo(
    lines: readonly { readonly key: Buffer; readonly outputs: readonly MemoOutput[] }[],
    at: string,
  ): Promise<void>;
  dropMemo(keys: readonly Buffer[]): Promise<void>;
  /** Newest version of a package's name that was admitted in the project. */
  newestVersion(projectId: string, name: string): Promise<string | undefined>;
  /** Keeps an admitted package, and which version of its name is now the newest one. */
  putPackage(admitted: StoredPackage, at: string): Promise<void>;
  /** Throws `fenced` when this leader is none any more. */
  requireFence(fence: Fence): Promise<void>;
}

export interface StoredPackage {
  readonly projectId: string;
  readonly hash: string;
  readonly name: string;
  readonly newest: string;
  /** JSON of the signed manifest. */
  readonly manifest: Buffer;
}

/** Jobs, graphs, outcomes, memo, packages and quarantines of burst. */
export interface BurstJobs {
  /** All that `work` writes, or nothing. */
  transact<T>(
    by: Attribution,
    work: (rows: BurstRows, records: TransactionRecords) => Promise<T>,
  ): Promise<T>;
  job(id: string): Promise<StoredJob | undefined>;
  /** Newest first. */
  list(query: {
    readonly projects?: readonly string[] | undefined;
    readonly before?: string | undefined;
    readonly limit: number;
  }): Promise<readonly StoredJob[]>;
  /** Those that a leader has to go on with, oldest first. */
  unfinished(limit: number): Promise<readonly StoredJob[]>;
  /** A group as it is stored: made before its transaction, which everybody else who writes has to wait for. */
  pack(outcomes: readonly StoredOutcome[]): Promise<Buffer>;
  /** In the order of their writing, and the sequence that the next group gets. */
  outcomes(job: string): Promise<{ readonly outcomes: readonly StoredOutcome[]; readonly next: number }>;
  memo(keys: readonly Buffer[]): Promise<ReadonlyMap<string, readonly MemoOutput[]>>;
  /** Newest first. */
  quarantines(limit: number): Promise<readonly StoredQuarantine[]>;
  /** Graphs without a job, small results and lines of the memo from before then go, and of these the oldest beyond `keep`. */
  tidy(before: string, keep: number): Promise<void>;
  putGraph(
    by: Attribution,
    graph: { readonly projectId: string; readonly hash: string; readonly gzip: Buffer },
    at: string,
  ): Promise<void>;
  /** The gzip as it was put. */
  graph(projectId: string, hash: string): Promise<Buffer | undefined>;
  putFile(by: Attribution, file: FileKey & { readonly bytes: Buffer }, at: string): Promise<void>;
  file(key: FileKey): Promise<Buffer | undefined>;
  projectId(name: string): Promise<string | undefined>;
}

export interface FileKey {
  readonly projectId: string;
  readonly kind: "manifest" | "file" | "blob";
  readonly hash: string;
}

export function createBurstJobs(store: Pick<PostgresStore, "db" | "transact">): BurstJobs {
  const { db } = store;
  return {
    transact: async (by, work) =>
      await store.transact(by, async (tx, records) => await work(rowsOn(tx), records)),
    job: async (id) => {
      const row = await answered(
        db.selectFrom("burst_jobs").selectAll().where("id", "=", id).executeTakeFirst(),
      );
      return row === undefined ? undefined : jobOf(row);
    },
    list: async ({ projects, before, limit }) => {
      let query = db.selectFrom("burst_jobs").selectAll().orderBy("id", "desc").limit(limit);
      if (projects !== undefined) query = query.where(sql<boolean>`project = ANY(${[...projects]})`);
      if (before !== undefined) query = query.where("id", "<", before);
      return (await answered(query.execute())).map(jobOf);
    },
    unfinished: async (limit) => {
      const query = db.selectFrom("burst_jobs").selectAll().where("finished_at", "is", null);
      return (await answered(query.orderBy("id").limit(limit).execute())).map(jobOf);
    },
    pack: async (outcomes) => await zip(JSON.stringify(outcomes), { level: 1 }),
    outcomes: async (job) => {
      const query = db.selectFrom("burst_outcomes").selectAll().where("job", "=", job).orderBy("sequence");
      const rows = await answered(query.execute());
      const outcomes = rows.flatMap((row) => unpack(row.outcomes));
      return { outcomes, next: (rows.at(-1)?.sequence ?? 0) + 1 };
    },
    memo: async (keys) => {
      const query = db.selectFrom("burst_memo").select(["key", "outputs"]);
      const rows = await answered(query.where(sql<boolean>`key = ANY(${[...keys]}::bytea[])`).execute());
      return new Map(rows.map(({ key, outputs }) => [key.toString("hex"), outputs]));
    },
    quarantines: async (limit) => await readQuarantines(db, limit),
    tidy: async (before, keep) => await tidy(store, before, keep),
    ...graphsAndFiles(store),
    projectId: async (name) => {
      const query = db
        .selectFrom("resources")
        .select("id")
        .where("kind", "=", "project")
        .where("name", "=", name);
      return (await answered(query.executeTakeFirst()))?.id;
    },
  };
}

function graphsAndFiles(
  store: Pick<PostgresStore, "db" | "transact">,
): Pick<BurstJobs, "putGraph" | "graph" | "putFile" | "file"> {
  const { db } = store;
  return {
    putGraph: async (by, { projectId, hash, gzip }, at) => {
      const parts = Array.from({ length: Math.ceil(gzip.length / partBytes) }, (_, part) => ({
        project_id: projectId,
        hash,
        part,
        bytes: gzip.subarray(part * partBytes, (part + 1) * partBytes),
        created_at: at,
      }));
      await store.transact(by, async (tx) => {
        // The same graph as another gzip has other parts: the first one stays as it is.
        const known = tx.selectFrom("burst_graphs").select("part").where("project_id", "=", projectId);
        if ((await known.where("hash", "=", hash).executeTakeFirst()) !== undefined) return;
        for (const part of parts) await tx.insertInto("burst_graphs").values(part).execute();
      });
    },
    graph: async (projectId, hash) => {
      const query = db.selectFrom("burst_graphs").select("bytes").where("project_id", "=", projectId);
      const rows = await answered(query.where("hash", "=", hash).orderBy("part").execute());
      return rows.length === 0 ? undefined : Buffer.concat(rows.map(({ bytes }) => bytes));
    },
    putFile: async (by, { projectId, kind, hash, bytes }, at) =>
      await store.transact(by, async (tx) => {
        await insertFile(tx, { project_id: projectId, kind, hash, bytes, created_at: at });
      }),
    file: async ({ projectId, kind, hash }) => {
      const query = db.selectFrom("burst_files").select("bytes").where("project_id", "=", projectId);
      const row = await answered(query.where("kind", "=", kind).where("hash", "=", hash).executeTakeFirst());
      return row?.bytes;
    },
  };
}

/** What is there already has the same bytes: its hash says so. */
async function insertFile(tx: Db, row: BurstFilesTable): Promise<void> {
  const insert = tx.insertInto("burst_files").values(row);
  await insert
    .onConflict((conflict) => conflict.columns(["project_id", "kind", "hash"]).doNothing())
    .execute();
}

function packageRowsOn(tx: Db): Pick<BurstRows, "newestVersion" | "putPackage"> {
  return {
    newestVersion: async (projectId, name) => {
      const query = tx.selectFrom("burst_package_versions").select("newest");
      const row = query.where("project_id", "=", projectId).where("name", "=", name);
      return (await row.executeTakeFirst())?.newest;
    },
    putPackage: async ({ projectId, hash, name, newest, manifest }, at) => {
      await insertFile(tx, {
        project_id: projectId,
        kind: "manifest",
        hash,
        bytes: manifest,
        created_at: at,
      });
      const insert = tx.insertInto("burst_package_versions").values({ project_id: projectId, name, newest });
      await insert
        .onConflict((conflict) => conflict.columns(["project_id", "name"]).doUpdateSet({ newest }))
        .execute();
    },
  };
}

function rowsOn(tx: Db): BurstRows {
  return {
    money: moneyRowsOn(tx),
    ...packageRowsOn(tx),
    ...quarantineRowsOn(tx),
    insertJob: async (job) => {
      const row = {
        id: job.id,
        project_id: job.projectId,
        project: job.project,
        state: job.state,
        bound: job.bound.toString(),
        charged: job.charged.toString(),
        object: JSON.stringify(factsOf(job)),
        progress: JSON.stringify(summaryOf(job)),
        created_at: job.createdAt,
        finished_at: job.finishedAt ?? null,
      };
      await tx.insertInto("burst_jobs").values(row).execute();
    },
    writeJob: async (write) => await writeJob(tx, write),
    lockJob: async (id) => {
      const row = await tx
        .selectFrom("burst_jobs")
        .selectAll()
        .where("id", "=", id)
        .forUpdate()
        .executeTakeFirst();
      return row === undefined ? undefined : jobOf(row);
    },
    dropOutcomes: async (job) => {
      await tx.deleteFrom("burst_outcomes").where("job", "=", job).execute();
    },
    putMemo: async (lines, at) => {
      for (let from = 0; from < lines.length; from += memoBatch) {
        const rows = lines.slice(from, from + memoBatch).map(({ key, outputs }) => ({
          key,
          outputs: JSON.stringify(outputs),
          made_at: at,
        }));
        const insert = tx.insertInto("burst_memo").values(rows);
        await insert
          .onConflict((conflict) =>
            conflict
              .column("key")
              .doUpdateSet({ outputs: sql`excluded.outputs`, made_at: sql`excluded.made_at` }),
          )
          .execute();
      }
    },
    dropMemo: async (keys) => {
      await tx
        .deleteFrom("burst_memo")
        .where(sql<boolean>`key = ANY(${[...keys]}::bytea[])`)
        .execute();
    },
    requireFence: async ({ lease, epoch }) => {
      const query = tx
        .selectFrom("leases")
        .select("epoch")
        .where("name", "=", lease)
        .where("epoch", "=", epoch)
        .forShare(); // nobody takes the lease before this transaction has ended
      if ((await query.where(sql<boolean>`expires_at > clock_timestamp()`).executeTakeFirst()) === undefined)
        throw new VdcError("fenced", "Another control process schedules jobs now.");
    },
  };
}

async function writeJob(tx: Db, write: JobWrite): Promise<void> {
  const { id, sequence, outcomes } = write;
  const change = {
    state: write.state,
    bound: write.bound.toString(),
    charged: write.charged.toString(),
    progress: JSON.stringify(write.summary),
    finished_at: write.finishedAt ?? null,
  };
  await tx.updateTable("burst_jobs").set(change).where("id", "=", id).execute();
  if (outcomes === undefined) return;
  await tx.insertInto("burst_outcomes").values({ job: id, sequence, outcomes }).execute();
}

async function tidy(
  store: Pick<PostgresStore, "db" | "transact">,
  before: string,
  keep: number,
): Promise<void> {
  await tidyMemo(store.db, before, keep);
  await store.transact({ actor: systemActor("burst") }, async (tx) => {
    const used = sql<boolean>`EXISTS (SELECT 1 FROM burst_jobs WHERE burst_jobs.project_id = burst_graphs.project_id
      AND burst_jobs.object->>'graph' = burst_graphs.hash)`;
    const graphs = tx.deleteFrom("burst_graphs").where("created_at", "<", before);
    await graphs.where((row) => row.not(used)).execute();
    await tx.deleteFrom("burst_files").where("kind", "=", "blob").where("created_at", "<", before).execute();
  });
}

/** A batch is a transaction of its own: nobody waits long for it, and what a crash leaves is left for the next time. */
async function tidyMemo(db: Db, before: string, keep: number): Promise<void> {
  const count = sql<{ lines: number }>`SELECT count(*)::bigint AS lines FROM burst_memo`;
  let over = ((await answered(count.execute(db))).rows[0]?.lines ?? 0) - keep;
  for (let batch = 0; batch < tidyBatches; batch += 1) {
    const oldest = sql`DELETE FROM burst_memo WHERE key IN (
      SELECT key FROM (SELECT key, made_at, row_number() OVER (ORDER BY made_at) AS place
        FROM burst_memo ORDER BY made_at LIMIT ${tidyLines}) AS oldest
      WHERE made_at < ${before} OR place <= ${over})`;
    const gone = Number((await answered(oldest.execute(db))).numAffectedRows ?? 0n);
    over -= gone;
    if (gone < tidyLines) return;
  }
}

function unpack(packed: Buffer): readonly StoredOutcome[] {
  return JSON.parse(gunzipSync(packed).toString("utf8")) as readonly StoredOutcome[]; // only `pack` makes them
}

function jobOf(row: Selectable<BurstJobsTable>): StoredJob {
  return {
    ...row.object,
    ...row.progress,
    id: row.id,
    projectId: row.project_id,
    project: row.project,
    state: row.state as Job["state"], // only `writeJob` writes it
    bound: BigInt(row.bound),
    charged: BigInt(row.charged),
    createdAt: row.created_at,
    ...(row.finished_at === null ? {} : { finishedAt: row.finished_at }),
  };
}

function factsOf(job: StoredJobFacts): StoredJobFacts {
  const {
    title,
    app,
    graph,
    package: code,
    mode,
    priority,
    volunteers,
    offer,
    terms,
    currency,
    cores,
    createdBy,
  } = job;
  return {
    title,
    app,
    graph,
    package: code,
    mode,
    priority,
    volunteers,
    offer,
    terms,
    currency,
    cores,
    createdBy,
  };
}

function summaryOf({ tasks, done, remembered, stages, reason, results }: JobSummary): JobSummary {
  return { tasks, done, remembered, stages, reason, results };
}
