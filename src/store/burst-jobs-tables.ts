import type { ColumnType } from "kysely";
import type { JobSummary, MemoOutput, StoredJobFacts } from "./burst-jobs.ts";
import type { QuarantineFacts } from "./burst-quarantines.ts";

/** Read as a value, written as its JSON text. */
type JsonText<T> = ColumnType<T, string, string>;

export interface BurstGraphsTable {
  project_id: string;
  hash: string;
  /** The gzip of the graph's JSON is cut into parts, in this order. */
  part: number;
  bytes: Buffer;
  created_at: string;
}

export interface BurstJobsTable {
  id: string;
  project_id: string;
  project: string;
  state: string;
  /** Whole numbers as text: more than a number can hold. */
  bound: string;
  charged: string;
  object: JsonText<StoredJobFacts>;
  progress: JsonText<JobSummary>;
  created_at: string;
  finished_at: string | null;
}

export interface BurstOutcomesTable {
  job: string;
  sequence: number;
  outcomes: Buffer;
}

export interface BurstMemoTable {
  key: Buffer;
  outputs: JsonText<readonly MemoOutput[]>;
  made_at: string;
}

export interface BurstFilesTable {
  project_id: string;
  hash: string;
  kind: "manifest" | "file" | "blob";
  bytes: Buffer;
  created_at: string;
}

export interface BurstPackageVersionsTable {
  project_id: string;
  name: string;
  newest: string;
}

export interface BurstQuarantinesTable {
  key: string;
  id: string;
  object: JsonText<QuarantineFacts>;
  found_at: string;
}
