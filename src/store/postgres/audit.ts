import type { Kysely } from "kysely";
import type { AuditEntry, NewAuditEntry } from "#api/records.ts";
import { genesisHash } from "../audit-chain.ts";
import { storeLimits } from "../limits.ts";
import { sanitized } from "../storable.ts";
import type { AuditStore } from "../store.ts";
import { answered } from "./resources.ts";
import type { Database } from "./schema.ts";
import type { Writer } from "./writer.ts";

/** Who did what. Append-only: there is no statement that changes or removes a line. */
export class PostgresAudit implements AuditStore {
  readonly #db: Kysely<Database>;
  readonly #writer: Writer;

  constructor(db: Kysely<Database>, writer: Writer) {
    this.#db = db;
    this.#writer = writer;
  }

  async append(entries: readonly NewAuditEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const clean = sanitized(entries);
    const bytes = JSON.stringify(clean).length;
    await this.#writer.submit({
      needs: {},
      bytes,
      plan: (batch) => clean.forEach((entry) => batch.addAudit(entry)),
    });
  }

  async list(query: Parameters<AuditStore["list"]>[0]): Promise<readonly AuditEntry[]> {
    let select = this.#db.selectFrom("audit").select(["entry", "previous_hash", "hash"]);
    if (query.projects !== undefined) select = select.where("project", "in", [...query.projects, ""]);
    if (query.before !== undefined) select = select.where("sequence", "<", query.before);
    if (query.after !== undefined) select = select.where("sequence", ">", query.after);
    const ordered = select.orderBy("sequence", query.after === undefined ? "desc" : "asc");
    const rows = await answered(ordered.limit(Math.min(query.limit, storeLimits.pageItems)).execute());
    return rows.map(({ entry, previous_hash, hash }) => ({ ...entry, previousHash: previous_hash, hash }));
  }

  async head(): Promise<{ readonly sequence: number; readonly hash: string }> {
    const row = await answered(
      this.#db.selectFrom("head").select(["audit_sequence", "audit_hash"]).executeTakeFirst(),
    );
    return { sequence: row?.audit_sequence ?? 0, hash: row?.audit_hash ?? genesisHash };
  }
}
