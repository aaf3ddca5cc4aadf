import { z } from "zod";
import type { Access } from "#api/access.ts";
import {
  amountSchema,
  clusterSchema,
  jobModes,
  jobProgressSchema,
  jobResultsSchema,
  jobSchema,
  jobTasksSchema,
} from "#api/burst.ts";
import { graphLimits, hashSchema } from "#api/burst-graph.ts";
import { signedManifestSchema } from "#api/burst-package.ts";
import { protocolLimits, schedulerMessageSchema } from "#api/burst-protocol.ts";
import { nameSchema } from "#api/names.ts";
import { filtered, list, owner, pageLimit, route, signedIn } from "./define-route.ts";

const viewer: Access = { rule: "project", role: "viewer", param: "project" };
const operator: Access = { rule: "project", role: "operator", param: "project" };

const inProject = z.strictObject({ project: nameSchema });
const ofJob = z.strictObject({ project: nameSchema, job: z.string().min(1).max(64) });
const ofWorker = z.strictObject({ worker: z.string().min(1).max(64) });
const jobPath = "/v1/projects/{project}/jobs/{job}";
const burstPath = "/v1/projects/{project}/burst";

const blobAddressSchema = z.strictObject({
  blob: hashSchema.describe("Which blob"),
  url: z.string().optional().describe("Where it is sent to or read from; signed, for some minutes"),
  headers: z.record(z.string(), z.string()).optional().describe("What must be sent with it"),
  inline: z.base64().optional().describe("The bytes themselves, of a small output"),
});

export const burstJobRoutes = {
  "burst.put-graph": route({
    id: "burst.put-graph",
    method: "POST",
    path: `${burstPath}/graphs`,
    access: operator,
    summary: "Send a job's graph, as gzip of its JSON; an offer and a job name it by its hash",
    params: inProject,
    bodyType: "application/octet-stream",
    answer: z.strictObject({
      graph: hashSchema.describe("SHA-256 of the JSON text, not of the gzip"),
      tasks: z.int().describe("How many tasks it has"),
      cost: z.number().describe("Milliseconds of the reference core, all tasks"),
    }),
    status: 201,
    errors: ["invalid", "too-large", "unavailable"],
  }),
  "burst.blobs": route({
    id: "burst.blobs",
    method: "POST",
    path: `${burstPath}/blobs`,
    access: operator,
    summary: "Addresses for blobs: which of those to send are missing, and where others are read",
    params: inProject,
    body: z.strictObject({
      put: z
        .array(
          z.strictObject({
            blob: hashSchema.describe("SHA-256 of what is to be sent"),
            bytes: z.int().min(0).max(graphLimits.maxBlobBytes).describe("Its length"),
          }),
        )
        .max(protocolLimits.maxBatch)
        .default([])
        .describe("Blobs to send; one that is there already gets no address"),
      get: z.array(hashSchema).max(protocolLimits.maxBatch).default([]).describe("Blobs to read"),
    }),
    answer: z.strictObject({
      put: z.array(blobAddressSchema).describe("In the order asked"),
      get: z
        .array(blobAddressSchema)
        .describe("In the order asked; one that is not there has neither address nor bytes"),
    }),
    errors: ["unavailable"],
  }),
  "burst.put-file": route({
    id: "burst.put-file",
    method: "POST",
    path: `${burstPath}/files`,
    access: operator,
    summary: "Send one file of a kernel package, before its manifest",
    params: inProject,
    bodyType: "application/octet-stream",
    answer: z.strictObject({
      sha256: hashSchema.describe("What a manifest names it by"),
      bytes: z.int().describe("Its length"),
    }),
    status: 201,
    errors: ["too-large", "unavailable"],
  }),
  "burst.file": route({
    id: "burst.file",
    method: "GET",
    path: `${burstPath}/files/{sha256}`,
    access: operator,
    summary: "One file of a kernel package",
    params: z.strictObject({ project: nameSchema, sha256: hashSchema }),
    answers: "bytes",
    errors: ["not-found"],
  }),
  "burst.admit": route({
    id: "burst.admit",
    method: "POST",
    path: `${burstPath}/packages`,
    access: operator,
    summary:
      "Admit a kernel package that a trusted key signed and whose files are there: its modules are judged before any task calls them",
    params: inProject,
    body: signedManifestSchema.extend({
      allowOlder: z
        .boolean()
        .default(false)
        .describe("Also an older version than the newest one seen of its name; only an owner may"),
    }),
    answer: z.strictObject({ package: hashSchema.describe("What graphs name it by") }),
    status: 201,
    errors: ["invalid", "not-found", "precondition-failed", "unavailable"],
  }),
  "burst.sign": route({
    id: "burst.sign",
    method: "POST",
    path: "/v1/burst/signatures",
    access: owner,
    summary:
      "Have the data center sign a manifest of kernels with its own key, which every project here trusts",
    body: signedManifestSchema.pick({ manifest: true }),
    answer: signedManifestSchema,
    errors: ["invalid", "unavailable"],
  }),
  "burst.key": route({
    id: "burst.key",
    method: "GET",
    path: "/v1/burst/key",
    access: signedIn,
    summary: "The public half of the data center's own key",
    answer: z.strictObject({ publicKey: z.string().describe("`ed25519:` and base64") }),
    errors: ["unavailable"],
  }),
  "burst.package": route({
    id: "burst.package",
    method: "GET",
    path: `${burstPath}/packages/{package}`,
    access: viewer,
    summary: "A signed kernel package as it was admitted",
    params: z.strictObject({ project: nameSchema, package: hashSchema }),
    answer: signedManifestSchema,
    errors: ["not-found"],
  }),
  "job.create": route({
    id: "job.create",
    method: "POST",
    path: "/v1/projects/{project}/jobs",
    access: operator,
    summary: "Start a job of a graph: within the plan, or by accepting an offer",
    params: inProject,
    body: z.strictObject({
      title: z.string().min(1).max(100).describe("What people call it"),
      graph: hashSchema.describe("Graph that was sent before"),
      app: nameSchema.optional().describe("App that orders it"),
      mode: z
        .enum(jobModes)
        .default("included")
        .describe("included: within the plan, free and slow; burst: by an offer"),
      offer: z.string().max(64).optional().describe("Offer that is accepted by this; needed for burst"),
      quoteHash: hashSchema.optional().describe("The figures that are accepted; needed for burst"),
      priority: z
        .int()
        .min(-10)
        .max(10)
        .default(0)
        .describe("Among the jobs of its project; higher goes first"),
      volunteers: z.boolean().default(false).describe("Whether its blobs may go to machines of strangers"),
    }),
    answer: jobSchema,
    status: 201,
    errors: ["invalid", "not-found", "conflict", "unavailable", "busy"],
  }),
  "job.list": route({
    id: "job.list",
    method: "GET",
    path: "/v1/jobs",
    access: filtered,
    summary: "Jobs that you may see, newest first",
    query: z.strictObject({
      project: nameSchema.optional().describe("Of this project only"),
      before: z.string().max(64).optional().describe("Id of the last job of the page before"),
      limit: pageLimit,
    }),
    answer: list(jobSchema),
    errors: ["unavailable"],
  }),
  "job.get": route({
    id: "job.get",
    method: "GET",
    path: jobPath,
    access: viewer,
    summary: "One job, with its stages and, when it has ended, its results",
    params: ofJob,
    answer: jobSchema,
    errors: ["not-found", "unavailable"],
  }),
  "job.tasks": route({
    id: "job.tasks",
    method: "GET",
    path: `${jobPath}/tasks`,
    access: viewer,
    summary: "The fixed facts of a job's tasks, for its map",
    params: ofJob,
    query: z.strictObject({
      after: z.coerce
        .number()
        .int()
        .min(-1)
        .default(-1)
        .describe("Number of the last task of the page before"),
      limit: z.coerce.number().int().min(1).max(10_000).default(5_000).describe("Most tasks in the answer"),
    }),
    answer: jobTasksSchema,
    errors: ["not-found", "unavailable"],
  }),
  "job.results": route({
    id: "job.results",
    method: "GET",
    path: `${jobPath}/results`,
    access: viewer,
    summary: "The results of a job that are there, also while it runs",
    params: ofJob,
    answer: jobResultsSchema,
    errors: ["not-found", "unavailable"],
  }),
  "job.watch": route({
    id: "job.watch",
    method: "GET",
    path: `${jobPath}/watch`,
    access: viewer,
    summary: "A job as it goes on, at most ten times a second; ends with the job",
    params: ofJob,
    answers: "events",
    answer: jobProgressSchema,
    errors: ["not-found", "unavailable"],
  }),
  "job.cancel": route({
    id: "job.cancel",
    method: "POST",
    path: `${jobPath}/cancel`,
    access: operator,
    summary: "Stop a job: its workers are told at once, and what is not owed returns",
    params: ofJob,
    answer: jobSchema,
    errors: ["not-found", "conflict", "unavailable"],
  }),
  "job.pause": route({
    id: "job.pause",
    method: "POST",
    path: `${jobPath}/pause`,
    access: operator,
    summary: "Start no further task of a job; what runs ends",
    params: ofJob,
    answer: jobSchema,
    errors: ["not-found", "conflict", "unavailable"],
  }),
  "job.resume": route({
    id: "job.resume",
    method: "POST",
    path: `${jobPath}/resume`,
    access: operator,
    summary: "Go on with a paused job",
    params: ofJob,
    answer: jobSchema,
    errors: ["not-found", "conflict", "unavailable"],
  }),
  "job.raise-bound": route({
    id: "job.raise-bound",
    method: "POST",
    path: `${jobPath}/raise-bound`,
    access: operator,
    summary: "Accept a higher bound for a burst job, which goes on when it waited for it",
    params: ofJob,
    body: z.strictObject({ bound: amountSchema.describe("The new bound; higher than the present one") }),
    answer: jobSchema,
    errors: ["not-found", "conflict", "invalid", "unavailable"],
  }),
  "burst.cluster": route({
    id: "burst.cluster",
    method: "GET",
    path: "/v1/burst/cluster",
    access: filtered,
    summary: "The workers that you may see, and all of them as one core",
    answer: clusterSchema,
    errors: ["unavailable"],
  }),
  "burst.watch": route({
    id: "burst.watch",
    method: "GET",
    path: "/v1/burst/watch",
    access: filtered,
    summary: "The workers that you may see, once a second",
    answers: "events",
    answer: clusterSchema,
    errors: ["unavailable"],
  }),
  "burst.connect": route({
    id: "burst.connect",
    method: "GET",
    path: "/v1/burst/connect",
    access: signedIn,
    summary:
      "A worker's WebSocket: an operator of a project for its jobs, an owner without one for all, a viewer as a volunteer",
    answers: "websocket",
    answer: schedulerMessageSchema,
    errors: ["unavailable"],
  }),
  "worker.drain": route({
    id: "worker.drain",
    method: "POST",
    path: "/v1/burst/workers/{worker}/drain",
    access: owner,
    summary: "Give a worker nothing new; it leaves when what it runs has ended",
    params: ofWorker,
    errors: ["not-found", "unavailable"],
  }),
  "worker.release": route({
    id: "worker.release",
    method: "POST",
    path: "/v1/burst/workers/{worker}/release",
    access: owner,
    summary: "End the quarantine of a worker, by its id or the worker's name; it may connect again",
    params: z.strictObject({ worker: z.string().min(1).max(80) }),
    errors: ["not-found", "conflict", "unavailable"],
  }),
} as const;
