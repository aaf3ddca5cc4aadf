import { z } from "zod";
import { hashSchema } from "#api/burst-graph.ts";
import { pressureSchema, taskLevels } from "#api/burst-protocol.ts";

/** Shapes of burst's routes: jobs, workers, offers, the ledger. */

/** An amount in 10⁻¹² of the plan's currency, exact, as decimal text. */
export const amountSchema = z
  .string()
  .regex(/^-?(0|[1-9]\d{0,30})$/, "a whole number of 10⁻¹² of the currency")
  .meta({ id: "Amount" });

export const jobModes = ["included", "burst"] as const;

export const jobStates = [
  "running",
  /** The accepted bound is reached: raise it, finish locally, or cancel. */
  "paused",
  "cancelling",
  "succeeded",
  "failed",
  "cancelled",
] as const;

const stageSchema = z.strictObject({
  name: z.string(),
  tasks: z.int(),
  done: z.int(),
  running: z.int(),
  failed: z.int().describe("Attempts that failed so far"),
  cost: z.number().describe("Cost of all its tasks, in milliseconds of the reference core"),
});

const jobResultSchema = z
  .strictObject({
    name: z.string().describe("As the graph calls it"),
    blob: hashSchema,
    bytes: z.int(),
    taskId: hashSchema
      .optional()
      .describe("Identity of the task that made it; missing where the graph names a blob"),
  })
  .meta({ id: "JobResult" });
export type JobResult = z.infer<typeof jobResultSchema>;

/** Results that are there, in the graph's order. */
export const jobResultsSchema = z.strictObject({ items: z.array(jobResultSchema) });

export const jobSchema = z
  .strictObject({
    id: z.string(),
    project: z.string(),
    title: z.string().describe("What people call it"),
    app: z.string().optional().describe("App that ordered it"),
    package: hashSchema,
    mode: z.enum(jobModes).describe("included: within the plan, free; burst: by an accepted offer"),
    offer: z.string().optional(),
    state: z.enum(jobStates),
    reason: z.string().optional().describe("Why it failed or waits, in words"),
    priority: z.int(),
    tasks: z.int(),
    done: z.int(),
    /** Of `done`: known from an earlier job of the project, and free. */
    remembered: z.int(),
    stages: z.array(stageSchema),
    charged: amountSchema.describe("What its finished tasks cost so far"),
    bound: amountSchema.describe("Never more than this"),
    currency: z.string(),
    remainingSeconds: z.number().optional().describe("At the measured speed"),
    createdAt: z.iso.datetime(),
    createdBy: z.string(),
    finishedAt: z.iso.datetime().optional(),
    results: z
      .array(jobResultSchema)
      .describe("When it has ended: all if it succeeded, else those that were done; none before"),
  })
  .meta({ id: "Job" });
export type Job = z.infer<typeof jobSchema>;

/** What changed in a job, at most ten times a second: for maps and timelines. */
export const jobProgressSchema = z.strictObject({
  job: jobSchema,
  /** Tasks whose state changed since the last message; the first one has all of them. */
  tasks: z.array(
    z.strictObject({
      task: z.int(),
      state: z.enum(["waiting", "ready", "running", "done", "failed"]),
      worker: z.string().optional().describe("Who runs it, or made it"),
      attempts: z.int(),
      /** Milliseconds since the job began. */
      startedMs: z.number().optional(),
      endedMs: z.number().optional(),
    }),
  ),
  results: z
    .array(jobResultSchema)
    .optional()
    .describe(
      "Results that came since the last message; the first one has all that are there. A later one of the same name replaces an earlier one: its maker had lied",
    ),
  nowMs: z.number().optional().describe("Milliseconds since the job began, as its tasks count them"),
});
export type JobProgress = z.infer<typeof jobProgressSchema>;

/** The fixed facts of a job's tasks, for the map: in the order of their numbers. */
export const jobTasksSchema = z.strictObject({
  items: z.array(
    z.strictObject({
      task: z.int(),
      fn: z.string(),
      stage: z.string(),
      cost: z.number(),
      place: z.strictObject({ x: z.int(), y: z.int(), width: z.int(), height: z.int() }).optional(),
    }),
  ),
  next: z.int().optional().describe("Give as `after` for the next page"),
});

export const workerViewSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    kind: z.enum(["threads", "agent", "browser"]),
    trust: z.enum(["own", "pool", "volunteer"]),
    project: z.string().optional().describe("Whose jobs alone it takes"),
    state: z.enum(["working", "idle", "silent", "draining", "quarantined"]),
    reason: z.string().optional(),
    found: z
      .strictObject({
        at: z.iso.datetime(),
        job: z.string(),
        task: z.int(),
        by: z.array(z.string()).describe("Names of the workers whose results agreed"),
      })
      .optional()
      .describe("When, where and by whom one in quarantine was caught"),
    slots: z.int(),
    running: z.int(),
    done: z.int().describe("Tasks since it connected"),
    speed: z.number().describe("Reference cores of one slot"),
    gigahertz: z.number().describe("slots × speed × the reference core's frequency"),
    memoryBytes: z.int(),
    levels: z.array(z.enum(taskLevels)),
    pressure: pressureSchema,
    connectedAt: z.iso.datetime(),
  })
  .meta({ id: "BurstWorker" });
export type WorkerView = z.infer<typeof workerViewSchema>;

/** The reference core runs at this frequency: one slot of speed 1 counts so many gigahertz. */
export const referenceGigahertz = 3;

export const clusterSchema = z
  .strictObject({
    workers: z.array(workerViewSchema),
    slots: z.int(),
    gigahertz: z.number().describe("All workers as if they were one core"),
    running: z.int(),
    ready: z.int().describe("Tasks that wait for a slot"),
    tasksPerSecond: z.number(),
  })
  .meta({ id: "BurstCluster" });
export type Cluster = z.infer<typeof clusterSchema>;

const waySchema = z.strictObject({
  seconds: z.strictObject({ p50: z.number(), p90: z.number() }),
  price: amountSchema.describe("Of all tasks, as if nothing was known from before"),
});

export const offerSchema = z
  .strictObject({
    id: z.string(),
    project: z.string(),
    title: z.string(),
    state: z.enum(["open", "accepted", "expired", "settled"]),
    quoteHash: hashSchema.describe("What an acceptance names: these figures and no others"),
    graph: hashSchema.describe("SHA-256 of the graph that it prices"),
    plan: z.string(),
    prices: z.string().describe("Version of the price table"),
    currency: z.string(),
    included: z.strictObject({ cores: z.number(), memoryBytes: z.int() }).describe("What the plan has"),
    needed: z
      .strictObject({ cores: z.number(), memoryBytes: z.int() })
      .describe("What the job would use with burst"),
    cost: z.number().describe("Milliseconds of the reference core, all tasks"),
    within: waySchema.describe("Without burst: slow, and free"),
    burst: waySchema.describe("With burst"),
    perMinute: amountSchema.describe("What a minute of it costs while it runs"),
    bound: amountSchema.describe("Never more than this"),
    remembered: z
      .int()
      .describe("Tasks whose results are known from before: they cost nothing while they are"),
    expected: amountSchema.describe("What is owed when those are known then, too, and all others are done"),
    workers: z.int().describe("At most so many slots"),
    lines: z
      .array(z.strictObject({ stage: z.string(), tasks: z.int(), cost: z.number(), amount: amountSchema }))
      .describe("As the invoice will have them, whose sum is `expected`"),
    credit: amountSchema.describe("What the plan's included share is worth here; already taken off"),
    validUntil: z.iso.datetime(),
    job: z.string().optional().describe("When it was accepted"),
  })
  .meta({ id: "Offer" });
export type Offer = z.infer<typeof offerSchema>;

export const ledgerEntrySchema = z
  .strictObject({
    id: z.string(),
    at: z.iso.datetime(),
    kind: z.enum(["hold", "post", "void", "refund", "payment"]),
    debit: z.string().describe("Account that owes more by it"),
    credit: z.string().describe("Account that it goes to"),
    amount: amountSchema,
    currency: z.string(),
    job: z.string().optional(),
    offer: z.string().optional(),
    hold: z.string().optional().describe("Hold that a post or void ends"),
    text: z.string(),
  })
  .meta({ id: "LedgerEntry" });
export type LedgerEntry = z.infer<typeof ledgerEntrySchema>;

export const invoiceSchema = z.strictObject({
  job: z.string(),
  title: z.string(),
  currency: z.string(),
  lines: z.array(
    z.strictObject({ stage: z.string(), tasks: z.int(), cost: z.number(), amount: amountSchema }),
  ),
  credit: amountSchema,
  total: amountSchema,
  refunded: amountSchema,
});
export type Invoice = z.infer<typeof invoiceSchema>;

export const balanceSchema = z.strictObject({
  project: z.string(),
  currency: z.string(),
  plan: z.string(),
  month: z.string().describe("As 2026-11"),
  posted: amountSchema.describe("This month"),
  held: amountSchema.describe("Reserved by accepted offers"),
  budget: amountSchema.optional().describe("Most that a month may cost; absent: no burst beyond the plan"),
  alertsAt: z.array(z.int().min(1).max(100)).describe("Percent of the budget at which an event tells"),
});
export type Balance = z.infer<typeof balanceSchema>;
