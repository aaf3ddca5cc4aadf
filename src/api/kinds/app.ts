import { z } from "zod";
import { projectAccess, type KindDefinition } from "#api/kind.ts";
import { nameSchema } from "#api/names.ts";

/** Components that one app may have. */
export const maxComponents = 32;
/** Copies of one component that may be asked for. */
export const maxReplicas = 64;

/** A value the user gave to a setting of the package; secret ones name a secret of the project instead of holding it. */
export const settingValueSchema = z.union([
  z.string().max(8192),
  z.number(),
  z.boolean(),
  z.strictObject({
    secret: nameSchema.describe("Name of a secret of the project"),
    version: z.int().min(1).optional().describe("Version of the secret; absent: the newest when it is read"),
  }),
]);

const share = z.int().min(1).max(99);

export const rolloutSchema = z.strictObject({
  strategy: z
    .enum(["rolling", "canary", "all-at-once"])
    .default("rolling")
    .describe("How a release replaces the one before"),
  maxSurge: z
    .int()
    .min(0)
    .max(maxReplicas)
    .default(1)
    .describe("Instances above the wanted count while it runs"),
  maxUnavailable: z
    .int()
    .min(0)
    .max(maxReplicas)
    .default(0)
    .describe("Instances below the wanted count while it runs"),
  canary: z
    .array(
      z.strictObject({
        sharePercent: share.describe("Share of the requests"),
        seconds: z.int().min(1).max(86_400).describe("How long it is watched"),
      }),
    )
    .max(10)
    .default([
      { sharePercent: 10, seconds: 30 },
      { sharePercent: 50, seconds: 30 },
    ])
    .describe("Shares of the requests that the new release gets, and how long each is watched"),
  readyWithinSeconds: z
    .int()
    .min(1)
    .max(3600)
    .default(120)
    .describe("A new instance that is not ready by then fails the release"),
  watchSeconds: z
    .int()
    .min(0)
    .max(3600)
    .default(5)
    .describe("How long a new instance must stay healthy before the next one is replaced"),
  maxErrorPercent: z
    .number()
    .min(0)
    .max(100)
    .default(5)
    .describe("Failed requests (5xx, or no answer) of the new release above which it fails"),
  minRequests: z.int().min(1).default(20).describe("Requests needed before the error rate counts"),
  rollBack: z.boolean().default(true).describe("Go back to the release that served before when it fails"),
});
export type RolloutPolicy = z.infer<typeof rolloutSchema>;

const componentOverride = z.strictObject({
  replicas: z
    .int()
    .min(0)
    .max(maxReplicas)
    .optional()
    .describe("Instances wanted; absent: what the package says, or what a pool needs"),
  scale: z
    .strictObject({
      min: z.int().min(0).max(maxReplicas).optional().describe("Fewest instances"),
      max: z.int().min(1).max(maxReplicas).optional().describe("Most instances"),
      drainSeconds: z.int().min(1).max(86_400).optional().describe("What waits should be done within this"),
      keepSeconds: z
        .int()
        .min(1)
        .max(3_600)
        .optional()
        .describe("An instance that is not needed stays so long"),
    })
    .optional()
    .describe("Of a pool, whose instances work for jobs: what differs from the package's bounds"),
  memoryBytes: z.int().min(16_777_216).optional().describe("Memory limit of one instance"),
  cpuMillicores: z.int().min(10).optional().describe("CPU limit of one instance, in thousandths of a core"),
  environment: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/), z.string().max(8192))
    .optional()
    .describe("Variables beside those of the package; these win"),
});

export const appSpecSchema = z.strictObject({
  title: z.string().max(200).default("").describe("Name for people; absent: the package's"),
  package: nameSchema.describe("Name of the package in this project"),
  settings: z
    .record(z.string().max(64), settingValueSchema)
    .default({})
    .describe("Values of the package's settings; absent ones take the package's default"),
  requires: z
    .record(
      z.string().max(64),
      z.strictObject({
        use: nameSchema.describe("Name of what is used"),
        as: z.string().max(64).optional().describe("Which alternative it is"),
      }),
    )
    .default({})
    .describe(
      "What satisfies each requirement: a volume, secret or app by name, and which alternative it is",
    ),
  components: z.record(nameSchema, componentOverride).default({}).describe("Overrides by component"),
  hosts: z
    .record(nameSchema, z.array(z.string().max(253)).max(32))
    .default({})
    .describe("Host names by route of the package; absent: NAME.DOMAIN of the data center"),
  rollout: rolloutSchema.prefault({}).describe("How releases replace each other"),
  paused: z.boolean().default(false).describe("A running rollout stays where it is; nothing new is begun"),
  stopped: z.boolean().default(false).describe("No instances run; volumes, releases and routes stay"),
  licence: z
    .string()
    .max(100)
    .optional()
    .describe("The licence that the user accepted, where the package demands it"),
  rollbackOf: z
    .int()
    .min(1)
    .optional()
    .describe("Set by a rollback: the release whose contents this spec repeats"),
});

const releaseState = z.strictObject({
  release: z.int().describe("Number of the release"),
  wanted: z.int().describe("Instances wanted of it"),
  ready: z.int().describe("Instances that are ready"),
  total: z.int().describe("Instances that exist, whatever their phase"),
  sharePercent: z.number().optional().describe("Share of the requests that it is meant to get"),
});

const poolState = z.strictObject({
  component: z.string().describe("Name of the component"),
  min: z.int().describe("Fewest instances"),
  max: z.int().describe("Most instances"),
  drainSeconds: z.int().describe("What waits should be done within this"),
  keepSeconds: z.int().describe("An instance that is not needed stays so long"),
  wanted: z.int().describe("Instances that the scaler wants"),
  reason: z.string().describe("Why so many, in a sentence"),
  since: z.iso.datetime().describe("When that was decided"),
  spare: z.array(z.string()).describe("Instances that had nothing to do then: the first ones to go"),
});

export const appPhases = [
  "installing",
  "ready",
  "rolling-out",
  "rolling-back",
  "rolled-back",
  "paused",
  "degraded",
  "failed",
  "stopping",
  "stopped",
  "deleting",
] as const;

export const appStatusSchema = z.strictObject({
  phase: z.enum(appPhases).optional().describe("Where the app is"),
  reason: z.string().optional().describe("Why it is there, in a sentence, when that is not plain"),
  wantedRelease: z.int().optional().describe("The newest release: what the spec asks for"),
  servingReleases: z.array(z.int()).optional().describe("Releases whose instances really get requests now"),
  lastGoodRelease: z.int().optional().describe("The newest release that was ready as a whole"),
  components: z
    .array(
      z.strictObject({
        name: z.string().describe("Name of the component"),
        ready: z.int().describe("Instances that are ready"),
        wanted: z.int().describe("Instances that are wanted"),
        releases: z.array(releaseState).describe("By release"),
      }),
    )
    .optional()
    .describe("Instances by component and release"),
  pools: z.array(poolState).optional().describe("Components that a scaler sizes, by the jobs that wait"),
  urls: z.array(z.string()).optional().describe("Where it answers"),
  rolloutStep: z.string().optional().describe("What a running rollout does or waits for"),
  observedGeneration: z.int().optional().describe("Generation this status was made from"),
});

export type AppSpec = z.infer<typeof appSpecSchema>;
export type AppStatus = z.infer<typeof appStatusSchema>;
export type PoolState = z.infer<typeof poolState>;
export type SettingValue = z.infer<typeof settingValueSchema>;

export const appKind: KindDefinition = {
  kind: "app",
  plural: "apps",
  shortNames: ["application"],
  title: "App",
  description: "An installed package with its settings; it has releases and instances",
  scope: "project",
  spec: appSpecSchema,
  status: appStatusSchema,
  access: projectAccess({ view: "viewer", write: "operator" }),
  guarded: [],
  columns: [
    { header: "PACKAGE", path: "spec.package" },
    { header: "PHASE", path: "status.phase" },
    { header: "RELEASE", path: "status.wantedRelease" },
    { header: "URL", path: "status.urls.0" },
    { header: "AGE", path: "createdAt", format: "age" },
  ],
  initialStatus: { phase: "installing" },
  finalized: true,
  example: { name: "news", project: "default", spec: { package: "newsroom-1-0-0" } },
};
