import { sql, type Kysely } from "kysely";
import type { Event, NewEvent } from "#api/records.ts";
import type { Clock } from "#lib/clock.ts";
import { isoTime } from "#lib/clock.ts";
import { storeLimits } from "../limits.ts";
import { sanitized } from "../storable.ts";
import type { EventStore } from "../store.ts";
import { answered } from "./resources.ts";
import type { Database } from "./schema.ts";
import type { Writer } from "./writer.ts";

/** Facts in order. They are kept longer than the log of changes that watchers see them in. */
export class PostgresEvents implements EventStore {
  readonly #db: Kysely<Database>;
  readonly #writer: Writer;
  readonly #clock: Clock;

  constructor(db: Kysely<Database>, writer: Writer, clock: Clock) {
    this.#db = db;
    this.#writer = writer;
    this.#clock = clock;
  }

  async emit(events: readonly NewEvent[]): Promise<readonly Event[]> {
    if (events.length === 0) return [];
    const clean = sanitized(events);
    const bytes = JSON.stringify(clean).length;
    return this.#writer.submit({
      needs: {},
      bytes,
      plan: (batch) => clean.map((event) => batch.addEvent(event)),
    });
  }

  async list(query: Parameters<EventStore["list"]>[0]): Promise<readonly Event[]> {
    let select = this.#db.selectFrom("events").select("object").orderBy("revision", "desc");
    if (query.projects !== undefined) select = select.where("project", "in", [...query.projects, ""]);
    if (query.before !== undefined) select = select.where("revision", "<", query.before);
    const { kind, name } = query.subject ?? {};
    // For a kind alone, `events_subject` finds the rows and they are sorted: an index of its own would cost every
    // event, and no more are kept than are sorted within milliseconds.
    if (kind !== undefined) select = select.where("subject_kind", "=", kind);
    if (name !== undefined) select = select.where("subject_name", "=", name);
    const rows = await answered(select.limit(Math.min(query.limit, storeLimits.pageItems)).execute());
    return rows.map(({ object }) => object);
  }

  async prune(limits: {
    readonly keepMs: number;
    readonly keepEvents: number;
    readonly batch: number;
  }): Promise<number> {
    const before = isoTime(this.#clock.now() - limits.keepMs);
    const batch = Math.min(limits.batch, storeLimits.compactionBatch);
    // Only the oldest lines are looked at, so a pass costs no more than its batch.
    const result = await answered(
      sql`WITH
        floor AS (SELECT revision FROM events ORDER BY revision DESC OFFSET ${limits.keepEvents} LIMIT 1),
        oldest AS (SELECT revision, at FROM events ORDER BY revision LIMIT ${batch})
        DELETE FROM events WHERE revision IN (
          SELECT revision FROM oldest
          WHERE at < ${before}::timestamptz OR revision <= (SELECT revision FROM floor)
        )`.execute(this.#db),
    );
    return Number(result.numAffectedRows ?? 0n);
  }
}
