import { z } from "zod";
import { projectAccess, type KindDefinition } from "#api/kind.ts";
import { nameSchema } from "#api/names.ts";

export const instanceSpecSchema = z.strictObject({
  app: nameSchema.describe("App that it belongs to"),
  component: nameSchema.describe("Component that it is a copy of"),
  release: z.int().min(1).describe("Number of the release it runs"),
  engine: z.string().max(32).describe("What runs it: process, …"),
  machine: nameSchema.describe("Machine it runs on"),
  wanted: z
    .enum(["running", "draining", "stopped"])
    .default("running")
    .describe("draining: gets no new requests, keeps its connections; stopped: may be ended"),
  wantedSince: z.iso.datetime().optional().describe("When `wanted` became what it is"),
  replace: z
    .boolean()
    .optional()
    .describe("A restart was asked for: a new copy takes its place as soon as availability allows"),
  attempt: z
    .int()
    .min(0)
    .optional()
    .describe("How many copies before this one failed for good, one after another"),
});

export const instancePhases = [
  "pending",
  "starting",
  "ready",
  "unhealthy",
  "restarting",
  "crash-loop",
  "draining",
  "stopping",
  "stopped",
  "failed",
] as const;
export type InstancePhase = (typeof instancePhases)[number];

const protection = z.strictObject({
  name: z.string().describe("namespaces, read-only-root, seccomp, capabilities, memory-limit, …"),
  active: z.boolean().describe("Whether it is in force"),
  detail: z.string().optional().describe("How it is done, or why it is not"),
});

export const exitSchema = z.strictObject({
  at: z.iso.datetime().describe("When it ended"),
  code: z.int().optional().describe("Exit status"),
  signal: z.string().optional().describe("Signal that ended it"),
  reason: z
    .enum(["exited", "signalled", "out-of-memory", "unhealthy", "stopped", "could-not-start"])
    .describe("Why it ended"),
  detail: z.string().optional().describe("One sentence for people"),
});

export const instanceStatusSchema = z.strictObject({
  phase: z.enum(instancePhases).optional().describe("Where the instance is"),
  reason: z.string().optional().describe("Why, in a sentence, when that is not plain"),
  address: z.string().optional().describe("Host that it listens on"),
  port: z.int().optional().describe("Port that it listens on; 0 when it serves nothing"),
  account: z.int().optional().describe("System account of its processes; absent when it has none of its own"),
  startedAt: z.iso.datetime().optional().describe("When its process was last started"),
  readyAt: z.iso.datetime().optional().describe("When it became ready; absent when it is not"),
  restarts: z.int().optional().describe("Times it was started again"),
  lastExit: exitSchema.optional().describe("How it ended last"),
  nextStartAt: z.iso.datetime().optional().describe("While it waits to be started again"),
  pid: z.int().optional().describe("Process id on its machine"),
  protections: z.array(protection).optional().describe("What separates it from the machine and from others"),
  observedGeneration: z.int().optional().describe("Generation this status was made from"),
});

export type InstanceSpec = z.infer<typeof instanceSpecSchema>;
export type InstanceStatus = z.infer<typeof instanceStatusSchema>;
export type Protection = z.infer<typeof protection>;
export type InstanceExit = z.infer<typeof exitSchema>;

export const instanceKind: KindDefinition = {
  kind: "instance",
  plural: "instances",
  shortNames: ["inst"],
  title: "Instance",
  description: "One running copy of a component; made and removed by VDC",
  scope: "project",
  spec: instanceSpecSchema,
  status: instanceStatusSchema,
  // Only VDC makes them: an app's spec says how many there are.
  access: {
    ...projectAccess({ view: "viewer", write: "operator" }),
    create: { rule: "owner" },
    change: { rule: "owner" },
  },
  guarded: [],
  columns: [
    { header: "APP", path: "spec.app" },
    { header: "COMPONENT", path: "spec.component" },
    { header: "RELEASE", path: "spec.release" },
    { header: "PHASE", path: "status.phase" },
    { header: "RESTARTS", path: "status.restarts" },
    { header: "AGE", path: "createdAt", format: "age" },
  ],
  usage: () => ({ instances: 1 }),
  initialStatus: { phase: "pending" },
  finalized: true,
  example: {
    name: "news-web-1-k3f9",
    project: "default",
    spec: { app: "news", component: "web", release: 1, engine: "process", machine: "this-host" },
  },
};
