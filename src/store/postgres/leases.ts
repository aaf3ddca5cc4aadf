import { sql, type Kysely } from "kysely";
import { VdcError } from "#api/errors.ts";
import { storeLimits } from "../limits.ts";
import type { Lease, LeaseStore } from "../store.ts";
import { answered } from "./resources.ts";
import type { Database } from "./schema.ts";

/** Between finding a lease held and reading by whom it may run out: then we ask again. */
const maxAttempts = 3;

const remaining = sql<number>`floor(extract(epoch FROM expires_at - clock_timestamp()) * 1000)::bigint`;

/**
 * Leases by compare-and-set on the database's own clock. Their rows stay, so that epochs only grow, until they are
 * pruned; a row that comes new begins above the head's revision, so a process that slept through the pruning of its
 * own lease and takes it again does not get an epoch back under which others gave its work up.
 */
export class PostgresLeases implements LeaseStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async acquire(
    name: string,
    holder: string,
    ttlMs: number,
  ): Promise<Lease | { readonly heldBy: string; readonly forMs: number }> {
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const taken = await answered(this.#take(name, holder, ttlMs));
      if (taken !== undefined) return taken;
      const query = this.#db.selectFrom("leases").select(["holder", remaining.as("forMs")]);
      const held = await answered(query.where("name", "=", name).executeTakeFirst());
      if (held !== undefined && held.forMs > 0) return { heldBy: held.holder, forMs: held.forMs };
    }
    throw new VdcError("busy", `The lease ${name} changes hands too fast.`);
  }

  async release(name: string, epoch: number): Promise<void> {
    // The epoch grows here already: what was begun under the old one is refused although nobody took over yet.
    const given = { holder: "", epoch: epoch + 1, expires_at: sql<string>`clock_timestamp()` };
    await answered(
      this.#db.updateTable("leases").set(given).where("name", "=", name).where("epoch", "=", epoch).execute(),
    );
  }

  async releaseAll(holder: string): Promise<void> {
    const given = { holder: "", epoch: sql<number>`epoch + 1`, expires_at: sql<string>`clock_timestamp()` };
    const held = this.#db.updateTable("leases").set(given).where("holder", "=", holder);
    await answered(held.where("expires_at", ">", sql<string>`clock_timestamp()`).execute());
  }

  async list(): Promise<readonly Lease[]> {
    const query = this.#db
      .selectFrom("leases")
      .select(["name", "holder", "epoch", remaining.as("remainingMs")]);
    return answered(
      query
        .where("expires_at", ">", sql<string>`clock_timestamp()`)
        .orderBy("name")
        .limit(1000)
        .execute(),
    );
  }

  async prune(options: {
    readonly prefix: string;
    readonly ranOutForMs: number;
    readonly batch: number;
  }): Promise<number> {
    const { prefix, ranOutForMs } = options;
    const batch = Math.min(options.batch, storeLimits.compactionBatch);
    // A row that a writer holds is in use after all; the next pass looks again.
    const result = await answered(
      sql`DELETE FROM leases WHERE name IN (
        SELECT name FROM leases
        WHERE starts_with(name, ${prefix})
          AND expires_at <= clock_timestamp() - make_interval(secs => ${ranOutForMs}::float8 / 1000)
        LIMIT ${batch} FOR UPDATE SKIP LOCKED
      )`.execute(this.#db),
    );
    return Number(result.numAffectedRows ?? 0n);
  }

  async #take(name: string, holder: string, ttlMs: number): Promise<Lease | undefined> {
    const { rows } = await sql<Lease>`
      INSERT INTO leases AS l (name, holder, epoch, expires_at)
      VALUES (${name}, ${holder}, (SELECT revision + 1 FROM head), clock_timestamp() + make_interval(secs => ${ttlMs}::float8 / 1000))
      ON CONFLICT (name) DO UPDATE SET
        epoch = CASE WHEN l.expires_at > clock_timestamp() THEN l.epoch ELSE l.epoch + 1 END,
        holder = excluded.holder,
        expires_at = excluded.expires_at
      WHERE l.expires_at <= clock_timestamp() OR l.holder = excluded.holder
      RETURNING name, holder, epoch, ${remaining} AS "remainingMs"`.execute(this.#db);
    return rows[0];
  }
}
