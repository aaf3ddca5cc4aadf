import { z } from "zod";

/** What a job may be at most. */
export const graphLimits = {
  maxTasks: 200_000,
  maxInputs: 4_096,
  maxOutputs: 4_096,
  maxArgs: 4_096,
  maxResults: 20_000,
  maxStages: 64,
  maxMemoryBytes: 1024 ** 3,
  /** An hour of the reference core: more belongs into several tasks. */
  maxCost: 3_600_000,
  maxBlobBytes: 1024 ** 3,
} as const;

/** SHA-256 in lower-case hexadecimal. */
export const hashSchema = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "a SHA-256 in lower-case hexadecimal")
  .meta({ id: "Sha256" });

const index = z.int().min(0);

export const blobRefSchema = z.strictObject({
  blob: hashSchema.describe("SHA-256 of the bytes"),
  bytes: z.int().min(0).max(graphLimits.maxBlobBytes).describe("Length"),
});
export const inputRefSchema = z.union([
  blobRefSchema,
  z.strictObject({
    task: index.describe("Number of an earlier task"),
    output: index.describe("Which of its outputs"),
  }),
]);

export const taskSpecSchema = z.strictObject({
  fn: z
    .string()
    .regex(/^[a-zA-Z][a-zA-Z0-9_]{0,63}$/)
    .describe("Export of the package"),
  args: z.array(z.number()).max(graphLimits.maxArgs).describe("Numbers that it is called with"),
  inputs: z.array(inputRefSchema).max(graphLimits.maxInputs).describe("Blobs that it reads"),
  outputs: z.int().min(0).max(graphLimits.maxOutputs).describe("How many blobs it gives"),
  cost: z
    .number()
    .min(0)
    .max(graphLimits.maxCost)
    .describe("Milliseconds on the reference core; what it is paid by and stopped by"),
  memoryBytes: z.int().min(0).max(graphLimits.maxMemoryBytes).describe("Most that it needs at once"),
  outputBytes: z.int().min(0).describe("About how much it gives, for back-pressure"),
  stage: z.string().min(1).max(40).describe("Part of the job, one line of the invoice"),
  place: z
    .strictObject({ x: z.int(), y: z.int(), width: z.int(), height: z.int() })
    .optional()
    .describe("Where in the picture it works, for people who look"),
});

export const jobGraphSchema = z
  .strictObject({
    package: hashSchema.describe("Hash of the package's manifest"),
    tasks: z.array(taskSpecSchema).max(graphLimits.maxTasks).describe("In an order in which they could run"),
    results: z
      .array(z.strictObject({ name: z.string().min(1).max(100), from: inputRefSchema }))
      .max(graphLimits.maxResults)
      .describe("What is kept"),
  })
  .meta({ id: "JobGraph" });

export type BlobRef = Readonly<z.infer<typeof blobRefSchema>>;
export type InputRef = BlobRef | { readonly task: number; readonly output: number };
export interface TaskSpec extends Omit<z.infer<typeof taskSpecSchema>, "inputs" | "args" | "place"> {
  readonly args: readonly number[];
  readonly inputs: readonly InputRef[];
  readonly place?:
    | { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
    | undefined;
}
export interface JobGraph {
  readonly package: string;
  readonly tasks: readonly TaskSpec[];
  readonly results: readonly { readonly name: string; readonly from: InputRef }[];
}
