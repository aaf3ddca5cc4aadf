import { z } from "zod";

export const partSchema = z
  .strictObject({
    name: z.string(),
    state: z.enum(["starting", "ready", "restarting", "failed", "stopped"]),
    pid: z.int().optional(),
    since: z.iso.datetime().describe("When it entered this state"),
    restarts: z.int(),
    residentBytes: z.int().optional(),
    note: z.string().optional(),
  })
  .meta({ id: "Part" });
export type Part = z.infer<typeof partSchema>;

export const systemSchema = z
  .strictObject({
    name: z.string().describe("Name of the data center"),
    version: z.string(),
    startedAt: z.iso.datetime(),
    revision: z.int().describe("Newest revision"),
    compactedRevision: z.int().describe("Revisions up to this one are no longer in the log"),
    parts: z.array(partSchema),
    leases: z.array(
      z.strictObject({ name: z.string(), holder: z.string(), epoch: z.int(), remainingMs: z.int() }),
    ),
    reconcilers: z.array(
      z.strictObject({
        name: z.string(),
        leader: z.boolean().describe("Whether this control process leads it"),
        lastPassAt: z.iso.datetime().optional(),
        lastPassMs: z.number().optional(),
        lastSaw: z.string().optional(),
        lastDid: z.string().optional(),
        failures: z.int().describe("Passes that failed in a row"),
      }),
    ),
  })
  .meta({ id: "System" });
export type System = z.infer<typeof systemSchema>;

export const versionSchema = z
  .strictObject({
    name: z.literal("vdc"),
    version: z.string(),
    api: z.literal("v1"),
  })
  .meta({ id: "Version" });

/** One second of a machine. Rates are per second over the second before `at`. */
export const machineSampleSchema = z
  .strictObject({
    at: z.iso.datetime(),
    cpuPercent: z.number().describe("Of all cores together, 0 to 100"),
    load1: z.number(),
    memoryUsedBytes: z.int(),
    memoryTotalBytes: z.int(),
    diskReadBytesPerSecond: z.number(),
    diskWriteBytesPerSecond: z.number(),
    networkReceiveBytesPerSecond: z.number(),
    networkSendBytesPerSecond: z.number(),
  })
  .meta({ id: "MachineSample" });
export type MachineSample = z.infer<typeof machineSampleSchema>;

export const machineProcessSchema = z
  .strictObject({
    pid: z.int(),
    user: z.string(),
    name: z.string(),
    state: z.string(),
    cpuPercent: z.number().describe("Of one core, since the reading before"),
    residentBytes: z.int(),
    command: z.string().describe("At most 200 characters; arguments are not shown: they may hold secrets"),
    part: z.string().optional().describe("The part of VDC it is"),
  })
  .meta({ id: "MachineProcess" });
export type MachineProcess = z.infer<typeof machineProcessSchema>;
