import { z } from "zod";
import { graphLimits, hashSchema } from "#api/burst-graph.ts";

/**
 * What a worker and the scheduler say to each other: JSON in text messages of one WebSocket that the worker opens (`GET /v1/burst/connect`). Everything may come in batches,
 * everything is bounded, and nothing that a worker says is believed before it was checked.
 */
export const protocolVersion = 1;

export const protocolLimits = {
  /** A message is at most so long, in either direction. */
  maxMessageBytes: 4 * 1024 * 1024,
  /** Leases, results or addresses in a message. */
  maxBatch: 512,
  /** An output up to this size travels inside the message. */
  maxInlineBytes: 16 * 1024,
  maxSlots: 256,
} as const;

export const taskLevels = ["wasm", "js", "native"] as const;
export type TaskLevel = (typeof taskLevels)[number];

const lease = z.string().max(64).describe("Epoch and number: the fence of this attempt");
const base64 = z.base64().max(Math.ceil((protocolLimits.maxInlineBytes * 4) / 3) + 4);

/** Of a blob in a message: its bytes when it is small, an address otherwise. */
const inputSchema = z.strictObject({
  blob: hashSchema,
  bytes: z.int().min(0),
  inline: base64.optional(),
  url: z.string().max(4_096).optional(),
});

export const leaseSchema = z.strictObject({
  lease,
  job: z.string().max(64),
  package: hashSchema,
  fn: z.string().max(64),
  args: z.array(z.number()).max(graphLimits.maxArgs),
  inputs: z.array(inputSchema).max(graphLimits.maxInputs),
  outputs: z.int().min(0).max(graphLimits.maxOutputs),
  memoryBytes: z.int().min(0),
  /** All outputs, as its graph estimates them. */
  outputBytes: z.int().min(0),
  cost: z.number().min(0),
  /** Longest that it may run on this worker, in milliseconds. */
  timeMs: z.int().min(1),
});
export type Lease = z.infer<typeof leaseSchema>;

export const outputSchema = z.strictObject({
  blob: hashSchema,
  bytes: z.int().min(0),
  /** Present up to `maxInlineBytes`; a larger one was uploaded before it is told. */
  inline: base64.optional(),
});
export type Output = z.infer<typeof outputSchema>;

export const resultSchema = z.discriminatedUnion("outcome", [
  z.strictObject({
    lease,
    outcome: z.literal("done"),
    outputs: z.array(outputSchema).max(graphLimits.maxOutputs),
    elapsedMs: z.number().min(0),
  }),
  z.strictObject({
    lease,
    outcome: z.literal("failed"),
    /**
     * `trap`, `time`, `memory`: the task's fault. `input`: a blob was missing or not what its hash says (`blob`). `worker`: this worker's fault.
     */
    kind: z.enum(["trap", "time", "memory", "input", "worker"]),
    message: z.string().max(2_000),
    blob: hashSchema.optional(),
  }),
]);
export type Result = z.infer<typeof resultSchema>;

export const pressureSchema = z.enum(["nominal", "fair", "serious", "critical"]);

export const workerMessageSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("hello"),
    version: z.literal(protocolVersion),
    name: z.string().min(1).max(80),
    kind: z.enum(["threads", "agent", "browser"]),
    slots: z.int().min(1).max(protocolLimits.maxSlots),
    memoryBytes: z.int().min(0),
    /** Reference cores that one slot is worth, measured by the calibration kernel. */
    speed: z.number().min(0.01).max(100),
    levels: z.array(z.enum(taskLevels)).max(3),
    /** Blobs that it holds already, newest last. */
    holds: z.array(hashSchema).max(4_096),
    /** Serves only jobs of this project; absent for pool workers, which the credential decides. */
    project: z.string().max(63).optional(),
    /** This one job only: a page that works for its own merge. */
    job: z.string().max(64).optional(),
  }),
  /** How many more leases it would take now; replaces what it asked for before. */
  z.strictObject({ type: z.literal("want"), leases: z.int().min(0).max(protocolLimits.maxBatch) }),
  z.strictObject({
    type: z.literal("results"),
    results: z.array(resultSchema).min(1).max(protocolLimits.maxBatch),
  }),
  z.strictObject({
    type: z.literal("heartbeat"),
    /** Leases that run, each with a counter that grows while it makes progress. */
    running: z.array(z.strictObject({ lease, progress: z.int().min(0) })).max(protocolLimits.maxBatch),
    pressure: pressureSchema,
  }),
  /** Leases that it will not finish: a lid that closes, pressure, a drain. Nobody's fault. */
  z.strictObject({ type: z.literal("return"), leases: z.array(lease).max(protocolLimits.maxBatch) }),
  /** Addresses wanted for blobs; `put` before an upload. */
  z.strictObject({
    type: z.literal("addresses"),
    id: z.int(),
    job: z.string().max(64),
    get: z.array(hashSchema).max(protocolLimits.maxBatch),
    put: z.array(z.strictObject({ blob: hashSchema, bytes: z.int().min(0) })).max(protocolLimits.maxBatch),
  }),
  z.strictObject({ type: z.literal("package"), package: hashSchema }),
]);
export type WorkerMessage = z.infer<typeof workerMessageSchema>;

export const schedulerMessageSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("welcome"),
    worker: z.string().max(64),
    heartbeatMs: z.int().min(1),
    /** What the scheduler believes of it: which jobs it gets follows from that. */
    trust: z.enum(["own", "pool", "volunteer"]),
  }),
  z.strictObject({ type: z.literal("leases"), leases: z.array(leaseSchema).max(protocolLimits.maxBatch) }),
  /** Stop these at once; their results are not wanted any more. */
  z.strictObject({ type: z.literal("revoke"), leases: z.array(lease).max(protocolLimits.maxBatch) }),
  z.strictObject({
    type: z.literal("addresses"),
    id: z.int(),
    get: z.array(z.strictObject({ blob: hashSchema, url: z.string().max(4_096) })),
    /** A blob that is there already has no `url`. */
    put: z.array(
      z.strictObject({
        blob: hashSchema,
        url: z.string().max(4_096).optional(),
        headers: z.record(z.string(), z.string()).optional(),
      }),
    ),
  }),
  z.strictObject({
    type: z.literal("package"),
    package: hashSchema,
    /** The signed manifest as it was stored; absent when there is no such package. */
    manifest: z
      .string()
      .max(1024 * 1024)
      .optional(),
    files: z.record(z.string(), z.string().max(4_096)).describe("Address of each file").optional(),
  }),
  /** Finish what runs, take nothing new, then close. */
  z.strictObject({ type: z.literal("drain") }),
  /** It may not work here (any more), and why. */
  z.strictObject({ type: z.literal("refused"), reason: z.string().max(500) }),
]);
export type SchedulerMessage = z.infer<typeof schedulerMessageSchema>;
