import { z } from "zod";
import { appSpecSchema } from "#api/kinds/app.ts";
import { nameSchema } from "#api/names.ts";

const fieldChangeSchema = z.strictObject({
  op: z.enum(["add", "remove", "replace"]),
  path: z.string(),
  before: z.json().optional(),
  after: z.json().optional(),
});

/** What an apply of an app would do, before it is done. */
export const appPlanSchema = z
  .strictObject({
    app: nameSchema,
    outcome: z.enum(["install", "release", "scale", "settings", "nothing"]),
    difference: z.array(fieldChangeSchema).describe("Against the app as it is"),
    release: z.int().optional().describe("Number of the release that it would make"),
    steps: z.array(z.string()).describe("What would happen, one sentence each"),
    warnings: z.array(z.string()).describe("What the user should know before: downtime, unsigned package, …"),
    urls: z.array(z.string()).optional().describe("Where it would answer, the primary address first"),
    problems: z
      .array(z.strictObject({ path: z.string(), message: z.string() }))
      .describe("Why it cannot be done; empty when it can"),
  })
  .meta({ id: "AppPlan" });
export type AppPlan = z.infer<typeof appPlanSchema>;

export const appPlanRequestSchema = z.strictObject({ spec: appSpecSchema });

export const logEntrySchema = z
  .strictObject({
    at: z.iso.datetime(),
    instance: z.string(),
    component: z.string(),
    release: z.int(),
    stream: z.enum(["stdout", "stderr", "vdc"]),
    text: z.string(),
  })
  .meta({ id: "LogEntry" });
export type LogEntry = z.infer<typeof logEntrySchema>;

export const instanceUsageSchema = z
  .strictObject({
    instance: z.string(),
    component: z.string(),
    release: z.int(),
    phase: z.string(),
    cpuPercent: z.number().optional().describe("Of one core, since the reading before"),
    memoryBytes: z.int().optional(),
    processes: z.int().optional(),
    inFlight: z.int().describe("Requests in it now"),
    requests: z.int(),
    failures: z.int(),
    restarts: z.int(),
  })
  .meta({ id: "InstanceUsage" });
export type InstanceUsage = z.infer<typeof instanceUsageSchema>;

/** One second of an app's traffic, over all gateways. */
export const trafficSampleSchema = z
  .strictObject({
    at: z.iso.datetime(),
    requestsPerSecond: z.number(),
    errorsPerSecond: z.number().describe("5xx answers and requests without an answer"),
    holding: z.int().describe("Requests that wait for an instance"),
    heldPerSecond: z.number(),
    responseBytesPerSecond: z.number(),
    p50Ms: z.number(),
    p99Ms: z.number(),
    instances: z.array(
      z.strictObject({ instance: z.string(), requestsPerSecond: z.number(), inFlight: z.int() }),
    ),
  })
  .meta({ id: "TrafficSample" });
export type TrafficSample = z.infer<typeof trafficSampleSchema>;

/** One request that ended, for people who watch an app live. */
export const liveRequestSchema = z
  .strictObject({
    at: z.iso.datetime(),
    id: z.string(),
    route: z.string(),
    instance: z.string().optional(),
    client: z.string(),
    protocol: z.string(),
    method: z.string(),
    host: z.string(),
    path: z.string(),
    status: z.int(),
    totalMs: z.number(),
    heldMs: z.number(),
    responseBytes: z.int(),
    ended: z.string().optional(),
  })
  .meta({ id: "LiveRequest" });
export type LiveRequest = z.infer<typeof liveRequestSchema>;

/**
 * What the server says on an exec socket, beside binary messages, which are output (first byte: 1 stdout, 2 stderr). The client's
 * binary messages are input; its text messages are `execClientMessageSchema`.
 */
export const execServerMessageSchema = z
  .strictObject({
    type: z.enum(["started", "exited", "failed"]),
    code: z.int().optional(),
    signal: z.string().optional(),
    error: z.string().optional().describe("Code of the error, as in a problem document, when it failed"),
    message: z.string().optional(),
  })
  .meta({ id: "ExecMessage" });
export type ExecServerMessage = z.infer<typeof execServerMessageSchema>;

export const execClientMessageSchema = z.union([
  z.strictObject({
    type: z.literal("resize"),
    columns: z.int().min(1).max(1000),
    rows: z.int().min(1).max(1000),
  }),
  z.strictObject({ type: z.literal("end-input") }),
]);
export type ExecClientMessage = z.infer<typeof execClientMessageSchema>;

export const engineSchema = z
  .strictObject({
    name: z.string(),
    available: z.boolean(),
    reason: z.string().optional().describe("Why it is not available, and what to do"),
    protections: z.array(
      z.strictObject({ name: z.string(), active: z.boolean(), detail: z.string().optional() }),
    ),
    runtimes: z.array(z.strictObject({ name: z.string(), version: z.string() })),
  })
  .meta({ id: "Engine" });
export type Engine = z.infer<typeof engineSchema>;
