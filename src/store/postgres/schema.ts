import type { ColumnType, Generated } from "kysely";
import type { Event, Operation, AuditEntry, Change } from "#api/records.ts";
import type { JsonObject } from "#lib/json.ts";
import type {
  BurstAccountsTable,
  BurstBudgetsTable,
  BurstInvoicesTable,
  BurstOffersTable,
  BurstTransfersTable,
} from "../burst-ledger-tables.ts";
import type {
  BurstFilesTable,
  BurstGraphsTable,
  BurstJobsTable,
  BurstMemoTable,
  BurstOutcomesTable,
  BurstPackageVersionsTable,
  BurstQuarantinesTable,
} from "../burst-jobs-tables.ts";

/**
 * The tables, as kysely sees them. The migrations are the truth; `schema-manifest.json` is compared with them.
 * Times are ISO 8601 UTC strings both ways (`isoTime`), `bigint` columns are numbers, and `json` and `jsonb`
 * columns are read as values and written as their JSON text. What nobody selects by is `json`: it is checked
 * and stored as it came, which costs the writer half as much.
 */
export interface Database {
  head: HeadTable;
  resources: ResourcesTable;
  changes: ChangesTable;
  project_usage: ProjectUsageTable;
  events: EventsTable;
  operations: OperationsTable;
  audit: AuditTable;
  leases: LeasesTable;
  users: UsersTable;
  identities: IdentitiesTable;
  sessions: SessionsTable;
  tokens: TokensTable;
  links: LinksTable;
  app_codes: AppCodesTable;
  secret_versions: SecretVersionsTable;
  app_accounts: AppAccountsTable;
  burst_graphs: BurstGraphsTable;
  burst_jobs: BurstJobsTable;
  burst_outcomes: BurstOutcomesTable;
  burst_memo: BurstMemoTable;
  burst_files: BurstFilesTable;
  burst_package_versions: BurstPackageVersionsTable;
  burst_quarantines: BurstQuarantinesTable;
  burst_accounts: BurstAccountsTable;
  burst_budgets: BurstBudgetsTable;
  burst_transfers: BurstTransfersTable;
  burst_offers: BurstOffersTable;
  burst_invoices: BurstInvoicesTable;
}

/** Read as a value, written as its JSON text. */
type JsonText<T> = ColumnType<T, string, string>;

/** One row. Its lock puts all writers of all processes in one line: commit order is revision order. */
export interface HeadTable {
  one: Generated<boolean>;
  revision: number;
  /** Changes up to here are no longer kept. */
  compacted: number;
  audit_sequence: number;
  audit_hash: string;
}

export interface ResourcesTable {
  kind: string;
  /** Empty for kinds of the whole data center. */
  project: string;
  name: string;
  id: string;
  generation: number;
  revision: number;
  labels: JsonText<Readonly<Record<string, string>>>;
  owner_kind: string | null;
  owner_project: string | null;
  owner_name: string | null;
  owner_id: string | null;
  spec: JsonText<JsonObject>;
  status: JsonText<JsonObject>;
  created_at: string;
  updated_at: string;
  deleting_since: string | null;
}

export interface ChangesTable {
  revision: number;
  type: Change["type"];
  kind: string;
  project: string | null;
  name: string;
  object: JsonText<Change["object"]>;
  at: string;
}

export interface ProjectUsageTable {
  project: string;
  measure: string;
  used: number;
}

export interface EventsTable {
  revision: number;
  id: string;
  at: string;
  project: string | null;
  subject_kind: string | null;
  subject_name: string | null;
  object: JsonText<Event>;
}

export interface OperationsTable {
  id: string;
  revision: number;
  project: string | null;
  state: Operation["state"];
  created_at: string;
  finished_at: string | null;
  object: JsonText<Operation>;
}

export interface AuditTable {
  sequence: number;
  /** Of the target, to select by; not part of the chain. */
  project: string | null;
  /** What the hash is over, together with `previous_hash`. */
  entry: JsonText<Omit<AuditEntry, "previousHash" | "hash">>;
  previous_hash: string;
  hash: string;
}

export interface LeasesTable {
  name: string;
  /** Empty when it was given up. */
  holder: string;
  epoch: number;
  expires_at: string;
}

export interface UsersTable {
  id: string;
  /** Never given twice: the row of a deleted user stays. */
  name: string;
  title: Generated<string>;
  email: Generated<string>;
  password_hash: string | null;
  is_owner: Generated<boolean>;
  created_at: string;
  disabled_at: string | null;
  deleted_at: string | null;
}

export interface IdentitiesTable {
  issuer: string;
  subject: string;
  user_id: string;
}

export interface SessionsTable {
  id: string;
  secret_hash: string;
  user_id: string;
  created_at: string;
  last_seen_at: string;
  expires_at: string;
  address: Generated<string>;
  user_agent: Generated<string>;
}

export interface TokensTable {
  id: string;
  secret_hash: string;
  user_id: string;
  name: string;
  /** Limits the token to one project; null is all of its user's. */
  project: string | null;
  /** Limits the token to a role; null is its user's. */
  role: string | null;
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
  revoked_at: string | null;
}

export interface LinksTable {
  id: string;
  secret_hash: string;
  user_id: string;
  created_at: string;
  expires_at: string;
  used_at: string | null;
}

export interface AppCodesTable {
  secret_hash: string;
  user_id: string;
  project: string;
  app: string;
  challenge: string;
  expires_at: string;
}

export interface SecretVersionsTable {
  project: string;
  name: string;
  version: number;
  /** Nonce, ciphertext and tag; `sealed-box.ts`. */
  sealed: Buffer;
  created_at: string;
}

/** System accounts of apps on a machine: the same app gets the same number again, so that it can read its volumes. */
export interface AppAccountsTable {
  machine: string;
  project: string;
  app: string;
  number: number;
}
