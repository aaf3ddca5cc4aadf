import { z } from "zod";
import type { KindDefinition } from "#api/kind.ts";

export const machineSpecSchema = z.strictObject({
  title: z.string().max(200).default("").describe("Name for people"),
  schedulable: z.boolean().default(true).describe("Whether new instances may be placed here"),
});

const program = z.strictObject({
  name: z.string().describe("Program"),
  present: z.boolean(),
  version: z.string().optional(),
  path: z.string().optional(),
  purpose: z.string().describe("What VDC uses it for"),
  remedy: z.string().optional().describe("How to get it, when it is missing"),
});

const disk = z.strictObject({
  mount: z.string().describe("Where it is mounted"),
  device: z.string(),
  filesystem: z.string(),
  sizeBytes: z.int(),
  freeBytes: z.int().describe("Rounded down to whole GiB, so that use alone does not change the resource"),
});

export const machineStatusSchema = z.strictObject({
  phase: z.enum(["ready", "unreachable"]).optional(),
  hostname: z.string().optional(),
  architecture: z.string().optional(),
  kernel: z.string().optional(),
  operatingSystem: z.string().optional(),
  cpuModel: z.string().optional(),
  cores: z.int().optional().describe("Logical processors"),
  memoryBytes: z.int().optional(),
  bootedAt: z.iso.datetime().optional(),
  disks: z.array(disk).optional(),
  programs: z.array(program).optional().describe("Optional programs and whether they are present"),
  cgroup: z.enum(["v1", "v2", "hybrid", "none"]).optional(),
  userNamespaces: z.boolean().optional(),
  virtualization: z.boolean().optional().describe("Whether /dev/kvm opens"),
  observedGeneration: z.int().optional(),
  probedAt: z.iso.datetime().optional(),
});

export type MachineSpec = z.infer<typeof machineSpecSchema>;
export type MachineStatus = z.infer<typeof machineStatusSchema>;
export type MachineProgram = z.infer<typeof program>;
export type MachineDisk = z.infer<typeof disk>;

export const machineKind: KindDefinition = {
  kind: "machine",
  plural: "machines",
  shortNames: ["host"],
  title: "Machine",
  description: "A host that belongs to the data center",
  scope: "center",
  spec: machineSpecSchema,
  status: machineStatusSchema,
  // Processes and disks of the host are no tenant's business.
  access: {
    list: { rule: "owner" },
    view: { rule: "owner" },
    create: { rule: "owner" },
    change: { rule: "owner" },
    delete: { rule: "owner" },
  },
  guarded: [],
  columns: [
    { header: "PHASE", path: "status.phase" },
    { header: "CORES", path: "status.cores" },
    { header: "MEMORY", path: "status.memoryBytes", format: "bytes" },
    { header: "SCHEDULABLE", path: "spec.schedulable" },
    { header: "AGE", path: "createdAt", format: "age" },
  ],
  finalized: false,
  example: { name: "this-host", spec: { title: "Rack 1, unit 4", schedulable: true } },
};
