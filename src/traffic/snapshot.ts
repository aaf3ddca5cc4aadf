import { z } from "zod";
import { hostPatternSchema, routeSpecSchema, trafficPolicySchema } from "#api/kinds/route.ts";

/**
 * What control publishes and a gateway works from: whole, versioned, checksummed, kept on disk. A gateway that finds
 * neither control nor PostgreSQL serves from its last one, also after its own restart.
 */

const memberSchema = z.strictObject({
  id: z.string().max(100).describe("The instance's id"),
  name: z.string().max(200),
  address: z.string().max(64),
  port: z.int().min(1).max(65_535),
  /** `draining`: no new requests; those in flight go on. */
  state: z.enum(["active", "draining"]),
  group: z.string().max(64).describe("Which release it is of"),
  account: z
    .int()
    .min(0)
    .optional()
    .describe("System account that its processes run as: what another one listens with is not this instance"),
});
export type SnapshotMember = z.infer<typeof memberSchema>;

const poolSchema = z.strictObject({
  id: z.string().max(200).describe("PROJECT/APP/COMPONENT"),
  project: z.string().max(63),
  app: z.string().max(63),
  component: z.string().max(63),
  members: z.array(memberSchema).max(1_000),
  host: z
    .string()
    .max(253)
    .optional()
    .describe(
      "What health checks name as Host: the first host of a route that leads here; absent: the address",
    ),
  shares: z
    .record(z.string(), z.number().min(0))
    .default({})
    .describe("Share of requests by group, for a canary; groups that are absent share by their members"),
  holdReason: z
    .string()
    .max(300)
    .optional()
    .describe("What a request that was held too long is told: why nothing is ready"),
  policy: trafficPolicySchema.describe(
    "Of the pool's first route by name: balance, concurrency, slow start, health and the bounds of the hold are the pool's",
  ),
  /** When set, what arrives is refused at once: the app is stopped by its owner, and nothing will come. */
  stopped: z.boolean().default(false),
});
export type SnapshotPool = z.infer<typeof poolSchema>;

const snapshotRouteSchema = routeSpecSchema.omit({ backends: true, hosts: true, policy: true }).extend({
  id: z.string().max(200).describe("PROJECT/NAME"),
  project: z.string().max(63),
  name: z.string().max(63),
  hosts: z.array(hostPatternSchema).min(1).max(32),
  backends: z.array(z.strictObject({ pool: z.string().max(200), weight: z.int().min(0) })).max(16),
  policy: trafficPolicySchema,
});
export type SnapshotRoute = z.infer<typeof snapshotRouteSchema>;

const certificateSchema = z.strictObject({
  id: z.string().max(100),
  hosts: z.array(hostPatternSchema).min(1).max(100),
  fingerprint: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe("Names the files: FINGERPRINT.crt and FINGERPRINT.key"),
});

const challengeSchema = z.strictObject({
  host: z.string().max(253),
  token: z.string().regex(/^[A-Za-z0-9_-]{1,200}$/),
  answer: z.string().max(500),
});

export const snapshotContentSchema = z.strictObject({
  routes: z.array(snapshotRouteSchema).max(20_000),
  pools: z.array(poolSchema).max(20_000),
  certificates: z.array(certificateSchema).max(5_000),
  challenges: z.array(challengeSchema).max(1_000).describe("HTTP-01 challenges (RFC 8555 section 8.3)"),
});
export type SnapshotContent = z.infer<typeof snapshotContentSchema>;

export const snapshotSchema = z.strictObject({
  format: z.literal(1),
  version: z.int().min(1).describe("Grows with every change of the content"),
  publishedAt: z.iso.datetime(),
  checksum: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe("SHA-256 of the canonical JSON of `content`"),
  content: snapshotContentSchema,
});
export type Snapshot = z.infer<typeof snapshotSchema>;

/** What a gateway starts with, before its first snapshot. */
export const emptySnapshot: SnapshotContent = { routes: [], pools: [], certificates: [], challenges: [] };
