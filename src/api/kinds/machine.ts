import { z } from "zod";
import type { KindDefinition } from "#api/kind.ts";

export const machineSpecSchema = z.strictObject({
  title: z.string().max(200).default("").describe("Name for people"),
  schedulable: z.boolean().default(true).describe("Whether new instances may be placed here"),
});

const program = z.strictObject({
  name: z.string().describe("Program"),
  present: z.boolean().describe("Whether it was found and starts"),
  version: z.string().optional().describe("Its version, when it tells one"),
  path: z.string().optional().describe("Where it was found"),
  purpose: z.string().describe("What VDC uses it for"),
  remedy: z.string().optional().describe("How to get it, when it is missing"),
});

const disk = z.strictObject({
  mount: z.string().describe("Where it is mounted"),
  device: z.string().describe("Device or dataset behind it"),
  filesystem: z.string().describe("Type of the file system"),
  sizeBytes: z.int().describe("Size of the file system"),
  freeBytes: z.int().describe("Rounded down to whole GiB, so that use alone does not change the resource"),
});

export const machineStatusSchema = z.strictObject({
  phase: z.enum(["ready", "unreachable"]).optional().describe("Whether the machine answers"),
  hostname: z.string().optional().describe("What the machine calls itself"),
  architecture: z.string().optional().describe("Instruction set, such as x64 or arm64"),
  kernel: z.string().optional().describe("Release of the kernel"),
  operatingSystem: z.string().optional().describe("Name and version of the distribution"),
  cpuModel: z.string().optional().describe("Model of the processor"),
  cores: z.int().optional().describe("Logical processors"),
  memoryBytes: z.int().optional().describe("Physical memory"),
  bootedAt: z.iso.datetime().optional().describe("When the kernel started"),
  disks: z.array(disk).optional().describe("Mounted file systems on disks"),
  programs: z.array(program).optional().describe("Optional programs and whether they are present"),
  cgroup: z
    .enum(["v1", "v2", "hybrid", "none"])
    .optional()
    .describe("Version of control groups that is mounted"),
  userNamespaces: z.boolean().optional().describe("Whether an ordinary user may make user namespaces"),
  virtualization: z.boolean().optional().describe("Whether /dev/kvm opens"),
  observedGeneration: z.int().optional().describe("Generation this status was made from"),
  probedAt: z.iso.datetime().optional().describe("When the machine was looked at"),
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
