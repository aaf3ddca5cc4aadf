import { sql, type Kysely, type Selectable } from "kysely";
import type { Invoice, Offer } from "#api/burst.ts";
import { planSpecSchema, samplePlanName, type PlanSpec } from "#api/kinds/plan.ts";
import type { BurstOffersTable, OfferFigures } from "./burst-ledger-tables.ts";
import { storeLimits } from "./limits.ts";
import { answered } from "./postgres/resources.ts";
import type { Database } from "./postgres/schema.ts";

type Db = Kysely<Database>;

/** A project as its money sees it. */
export interface ProjectMoney {
  readonly id: string;
  readonly name: string;
  readonly planName: string;
  /** Absent: there is no plan of that name. */
  readonly plan?: PlanSpec;
}

export interface StoredOffer {
  readonly id: string;
  readonly projectId: string;
  readonly state: Offer["state"];
  readonly figures: OfferFigures;
  readonly bound: bigint;
  readonly validUntil: string;
  readonly job?: string;
}

export interface StoredInvoice {
  readonly job: string;
  readonly month: string;
  readonly settledAt: string;
  readonly object: Omit<Invoice, "refunded">;
}

/** Offers and invoices. What writes belongs into a transaction, with the ledger's transfers. */
export interface BurstOffers {
  /** Undefined when there is no such project. */
  project(name: string): Promise<ProjectMoney | undefined>;
  /** Name of the project with this id. */
  projectName(id: string): Promise<string | undefined>;
  insert(offer: Omit<StoredOffer, "state" | "job"> & { readonly createdBy: string }): Promise<void>;
  get(id: string, lock?: "lock"): Promise<StoredOffer | undefined>;
  ofJob(job: string, lock?: "lock"): Promise<StoredOffer | undefined>;
  /** Newest first. */
  list(query: {
    readonly projectId: string;
    readonly before?: string | undefined;
    readonly limit: number;
  }): Promise<readonly StoredOffer[]>;
  change(
    id: string,
    to: { readonly state: Offer["state"]; readonly bound: bigint; readonly job: string },
  ): Promise<void>;
  /** Whether there is anything for `expire`, `forget` or the ledger's `takeAlerts`: a read, so that idle data centers write nothing. */
  isDue(now: string, expiredBefore: string): Promise<boolean>;
  /** Open offers whose time is over; says how many. */
  expire(now: string): Promise<number>;
  /** Expired ones that are older go; at most `limit`. */
  forget(expiredBefore: string, limit: number): Promise<number>;
  putInvoice(projectId: string, invoice: StoredInvoice): Promise<void>;
  invoice(projectId: string, job: string): Promise<StoredInvoice | undefined>;
  /** In the order of their jobs; `after`: job of the last one of the page before. */
  invoices(projectId: string, month: string, after: string): Promise<readonly StoredInvoice[]>;
}

export function burstOffersOn(db: Db): BurstOffers {
  return {
    project: async (name) => await readProject(db, name),
    projectName: async (id) => {
      const query = db.selectFrom("resources").select("name").where("kind", "=", "project");
      return (await answered(query.where("id", "=", id).executeTakeFirst()))?.name;
    },
    insert: async (offer) => {
      await db
        .insertInto("burst_offers")
        .values({
          id: offer.id,
          project_id: offer.projectId,
          state: "open",
          figures: JSON.stringify(offer.figures),
          bound: offer.bound.toString(),
          valid_until: offer.validUntil,
          created_by: offer.createdBy,
        })
        .execute();
    },
    get: async (id, lock) => await readOffer(db, "id", id, lock),
    ofJob: async (job, lock) => await readOffer(db, "job", job, lock),
    list: async ({ projectId, before, limit }) => {
      const query = db
        .selectFrom("burst_offers")
        .selectAll()
        .where("project_id", "=", projectId)
        .$if(before !== undefined, (rows) => rows.where("id", "<", before ?? ""))
        .orderBy("id", "desc")
        .limit(Math.min(limit, storeLimits.pageItems));
      return (await answered(query.execute())).map(offerOf);
    },
    change: async (id, { state, bound, job }) => {
      const to = { state, bound: bound.toString(), job };
      await db.updateTable("burst_offers").set(to).where("id", "=", id).execute();
    },
    ...offerTimesOn(db),
    ...invoicesOn(db),
  };
}

function offerTimesOn(db: Db): Pick<BurstOffers, "isDue" | "expire" | "forget"> {
  return {
    isDue: async (now, expiredBefore) => {
      const { rows } = await answered(
        sql<{ due: boolean }>`SELECT
          EXISTS (SELECT FROM burst_offers WHERE state = 'open' AND valid_until <= ${now}) OR
          EXISTS (SELECT FROM burst_offers WHERE state = 'expired' AND valid_until < ${expiredBefore}) OR
          EXISTS (SELECT FROM burst_budgets WHERE reached::text <> told::text) AS due`.execute(db),
      );
      return rows[0]?.due === true;
    },
    expire: async (now) => {
      const { numUpdatedRows } = await answered(
        db
          .updateTable("burst_offers")
          .set({ state: "expired" })
          .where("state", "=", "open")
          .where("valid_until", "<=", now)
          .executeTakeFirst(),
      );
      return Number(numUpdatedRows);
    },
    forget: async (expiredBefore, limit) => {
      const old = db
        .selectFrom("burst_offers")
        .select("id")
        .where("state", "=", "expired")
        .where("valid_until", "<", expiredBefore)
        .limit(limit);
      const { numDeletedRows } = await answered(
        db.deleteFrom("burst_offers").where("id", "in", old).executeTakeFirst(),
      );
      return Number(numDeletedRows);
    },
  };
}

function invoicesOn(db: Db): Pick<BurstOffers, "putInvoice" | "invoice" | "invoices"> {
  const rows = (projectId: string) =>
    db
      .selectFrom("burst_invoices")
      .select(["job", "month", "settled_at as settledAt", "object"])
      .where("project_id", "=", projectId);
  return {
    putInvoice: async (projectId, { job, month, settledAt, object }) => {
      await db
        .insertInto("burst_invoices")
        .values({ job, project_id: projectId, month, settled_at: settledAt, object: JSON.stringify(object) })
        .execute();
    },
    invoice: async (projectId, job) =>
      await answered(rows(projectId).where("job", "=", job).executeTakeFirst()),
    invoices: async (projectId, month, after) =>
      await answered(
        rows(projectId)
          .where("month", "=", month)
          .where("job", ">", after)
          .orderBy("job")
          .limit(storeLimits.pageItems)
          .execute(),
      ),
  };
}

async function readProject(db: Db, name: string): Promise<ProjectMoney | undefined> {
  const spec = async (kind: string, of: string) =>
    await answered(
      db
        .selectFrom("resources")
        .select(["id", "spec"])
        .where("kind", "=", kind)
        .where("project", "=", "")
        .where("name", "=", of)
        .executeTakeFirst(),
    );
  const project = await spec("project", name);
  if (project === undefined) return undefined;
  const named = project.spec["plan"];
  const planName = typeof named === "string" ? named : samplePlanName;
  const plan = await spec("plan", planName);
  const base = { id: project.id, name, planName };
  return plan === undefined ? base : { ...base, plan: planSpecSchema.parse(plan.spec) };
}

async function readOffer(
  db: Db,
  by: "id" | "job",
  value: string,
  lock?: "lock",
): Promise<StoredOffer | undefined> {
  const query = db
    .selectFrom("burst_offers")
    .selectAll()
    .where(sql.ref(by), "=", value)
    .$if(lock === "lock", (rows) => rows.forUpdate());
  const row = await answered(query.executeTakeFirst());
  return row === undefined ? undefined : offerOf(row);
}

function offerOf(row: Selectable<BurstOffersTable>): StoredOffer {
  const { id, project_id: projectId, state, figures, valid_until: validUntil, job } = row;
  const offer = { id, projectId, state, figures, bound: BigInt(row.bound), validUntil };
  return job === null ? offer : { ...offer, job };
}
