import { z } from "zod";

/** Shapes of the object store's routes that are not resources. */

/**
 * Label of a key whose credentials are issued by themselves into the secret that it names: how an app gets them. The secret then holds `heldPairSchema`
 * as JSON.
 */
export const secretLabel = "vdc.secret";
/** Label of a bucket that was made for an app. */
export const appLabel = "vdc.app";
export const heldPairSchema = z.object({
  accessKeyId: z.string().describe("Public half"),
  secretAccessKey: z.string().describe("Secret half"),
});

export const issuedKeySchema = z.strictObject({
  accessKeyId: z.string().describe("Public half"),
  secretAccessKey: z.string().describe("Secret half; shown this once"),
  endpoint: z.string().describe("Address of the S3 service"),
  region: z.string().describe("Region that clients sign with"),
});
export type IssuedKey = z.infer<typeof issuedKeySchema>;

export const listedObjectSchema = z.strictObject({
  type: z
    .enum(["prefix", "object", "delete-marker"])
    .describe("A folder, an object, or the mark of a deleted one"),
  key: z.string().describe("Key, or the common prefix"),
  size: z.int().optional().describe("Bytes"),
  etag: z.string().optional().describe("Entity tag"),
  lastModified: z.iso.datetime().optional().describe("When it was written"),
  versionId: z.string().optional().describe("In lists of versions"),
  isLatest: z.boolean().optional().describe("In lists of versions"),
});
export const objectListSchema = z.strictObject({
  items: z.array(listedObjectSchema).describe("In the order of the keys' bytes"),
  next: z.string().optional().describe("Give as `after` for the next page"),
});
export type ListedObject = z.infer<typeof listedObjectSchema>;
export type ObjectList = z.infer<typeof objectListSchema>;

const shardPlaceSchema = z.strictObject({
  drive: z.int().describe("Number of the drive; -1: it was not written"),
  shard: z.int().describe("0…k−1 data, then parity"),
  state: z.enum(["good", "missing", "damaged", "unknown"]).describe("What was found there"),
});
export const objectDetailSchema = z.strictObject({
  key: z.string().describe("Key"),
  versionId: z.string().optional().describe("Version"),
  isLatest: z.boolean().describe("Whether it is the newest version"),
  size: z.int().describe("Bytes"),
  etag: z.string().describe("Entity tag"),
  contentType: z.string().optional().describe("Media type that it was stored with"),
  lastModified: z.iso.datetime().describe("When it was written"),
  metadata: z.record(z.string(), z.string()).describe("User metadata"),
  tags: z.record(z.string(), z.string()).describe("Tags"),
  checksums: z
    .array(z.strictObject({ algorithm: z.string(), type: z.string(), value: z.string() }))
    .describe("Stored checksums"),
  encryption: z.string().optional().describe("AES256 when sealed"),
  retention: z
    .strictObject({ mode: z.enum(["GOVERNANCE", "COMPLIANCE"]), until: z.iso.datetime() })
    .optional()
    .describe("Locked until"),
  legalHold: z.boolean().describe("Held until somebody lifts it"),
  storedAs: z.enum(["inline", "extents", "none"]).describe("In the journal, or striped"),
  extents: z
    .array(
      z.strictObject({
        id: z.string(),
        size: z.int(),
        k: z.int(),
        m: z.int(),
        shards: z.array(shardPlaceSchema),
      }),
    )
    .describe("Where its bytes lie; for an inline object one entry with its copies"),
});
export type ObjectDetail = z.infer<typeof objectDetailSchema>;

export const presignItemSchema = z.strictObject({
  operation: z
    .enum([
      "get",
      "head",
      "put",
      "create-upload",
      "upload-part",
      "complete-upload",
      "abort-upload",
      "list-parts",
      "copy",
    ])
    .describe("What the address is for; copy writes the given version again as the newest one"),
  key: z.string().min(1).max(1024).describe("Object key"),
  versionId: z.string().max(200).optional().describe("For get, head and copy"),
  uploadId: z.string().max(200).optional().describe("For parts"),
  partNumber: z.int().min(1).max(10_000).optional().describe("For upload-part"),
  download: z.string().max(255).optional().describe("For get: name under which browsers save it"),
});
export const presignRequestSchema = z.strictObject({
  items: z.array(presignItemSchema).min(1).max(1000).describe("Addresses wanted"),
  expiresSeconds: z.int().min(1).max(86_400).default(3600).describe("How long they work"),
});
export const presignedSchema = z.strictObject({
  urls: z.array(z.string()).describe("In the order of the items"),
  expiresAt: z.iso.datetime().describe("When they end"),
});

export const deleteObjectsRequestSchema = z.strictObject({
  targets: z
    .array(z.strictObject({ key: z.string().min(1).max(1024), versionId: z.string().max(200).optional() }))
    .min(1)
    .max(1000)
    .describe("Objects, or single versions"),
});
export const deletedObjectsSchema = z.strictObject({
  items: z
    .array(
      z.strictObject({
        key: z.string(),
        versionId: z.string().optional(),
        markerVersionId: z.string().optional().describe("Remove this version to have the object back"),
        error: z.string().optional(),
      }),
    )
    .describe("In the order of the targets"),
});

/** S3's configuration of a bucket, in its JSON form; null: not set. */
export const bucketConfigSchema = z.strictObject({
  versioning: z.enum(["off", "enabled", "suspended"]).describe("Whether versions are kept"),
  policy: z.string().max(20_480).nullable().describe("Bucket policy, a JSON document"),
  publicAccessBlock: z
    .strictObject({
      blockPublicAcls: z.boolean(),
      ignorePublicAcls: z.boolean(),
      blockPublicPolicy: z.boolean(),
      restrictPublicBuckets: z.boolean(),
    })
    .nullable()
    .describe("What public access is refused whatever a policy says"),
  cors: z
    .array(
      z.strictObject({
        allowedOrigins: z.array(z.string().max(200)).max(100),
        allowedMethods: z.array(z.enum(["GET", "PUT", "HEAD", "POST", "DELETE"])).max(5),
        allowedHeaders: z.array(z.string().max(200)).max(100).default([]),
        exposeHeaders: z.array(z.string().max(200)).max(100).default([]),
        maxAgeSeconds: z.int().min(0).max(86_400).optional(),
      }),
    )
    .max(100)
    .nullable()
    .describe("Pages of other origins that may use the bucket"),
  lifecycle: z
    .array(
      z.strictObject({
        id: z.string().max(255),
        enabled: z.boolean(),
        prefix: z.string().max(1024).default(""),
        expireDays: z.int().min(1).optional(),
        expireNoncurrentDays: z.int().min(1).optional(),
        abortUploadsDays: z.int().min(1).optional(),
      }),
    )
    .max(1000)
    .nullable()
    .describe("What is removed by itself"),
  encryption: z.enum(["AES256"]).nullable().describe("Whether objects are sealed on disk"),
  objectLock: z
    .strictObject({ mode: z.enum(["GOVERNANCE", "COMPLIANCE"]).optional(), days: z.int().min(1).optional() })
    .nullable()
    .describe("Null: the bucket was made without; empty: without a default"),
  tags: z.record(z.string(), z.string()).nullable().describe("Tags of the bucket"),
});
export type BucketConfig = z.infer<typeof bucketConfigSchema>;

export const driveDetailSchema = z.strictObject({
  number: z.int().describe("Number in the store"),
  name: z.string().optional().describe("Name of its resource"),
  path: z.string().describe("Directory"),
  state: z.string().describe("ok, suspect, full, readonly, draining, missing, wrong, stale or failed"),
  wanted: z.string().describe("active, drained or failed"),
  reason: z.string().optional().describe("Why, and what to do"),
  since: z.iso.datetime().describe("When it entered this state"),
  totalBytes: z.int().describe("Size of its file system"),
  freeBytes: z.int().describe("Free there"),
  usedBytes: z.int().describe("What the store keeps there"),
  headroomBytes: z
    .int()
    .optional()
    .describe("Kept free: below it nothing new is written, and deletes still work"),
  shards: z.int().describe("Shard files"),
  segments: z.int().describe("Journal segments"),
  missingShards: z.int().describe("Shards that should be there and wait for repair"),
  errors: z.int().describe("Since the catalog's start"),
  readLatencyMs: z.number().optional().describe("Moving average"),
  syncLatencyMs: z.number().optional().describe("Moving average"),
  drill: z
    .strictObject({ fault: z.string(), until: z.iso.datetime() })
    .optional()
    .describe("A fault made on purpose"),
});
export type DriveDetailView = z.infer<typeof driveDetailSchema>;

export const drillRequestSchema = z.strictObject({
  fault: z
    .enum(["stall", "error", "read-only", "full", "corrupt", "slow", "missing"])
    .describe("What the drive should pretend"),
  seconds: z.int().min(1).max(600).default(30).describe("When it ends by itself"),
});

export const storeWorkSchema = z.strictObject({
  work: z
    .enum([
      "repair",
      "scrub",
      "rebalance",
      "rebuild-index",
      "scan-rebuild",
      "scan-preview",
      "clean-journal",
      "collect-garbage",
    ])
    .describe("What to do now"),
});

export const storeStatusSchema = z.strictObject({
  phase: z.enum(["serving", "holding", "starting", "absent"]).describe("Whether it serves"),
  reason: z.string().optional().describe("Why not, and what to do"),
  endpoint: z.string().optional().describe("Address of the S3 service"),
  region: z.string().optional().describe("Region that clients sign with"),
  layout: z
    .strictObject({ k: z.int(), m: z.int(), copies: z.int() })
    .optional()
    .describe("Data and parity shards; copies of the journal"),
  margin: z.int().optional().describe("How many more drives may be lost with nothing lost"),
  objects: z.int().optional().describe("Objects"),
  bytes: z.int().optional().describe("Bytes in them"),
  buckets: z.int().optional().describe("Buckets"),
  repairQueue: z.int().optional().describe("Extents that wait for repair"),
  garbageBytes: z.int().optional().describe("In quarantine"),
  journal: z
    .strictObject({ segments: z.int(), bytes: z.int() })
    .optional()
    .describe("What was written last, and small objects"),
  counters: z
    .record(z.string(), z.number())
    .optional()
    .describe("What was masked from clients since the start"),
  work: z
    .array(
      z.strictObject({
        id: z.string(),
        work: z.string(),
        drive: z.int().optional(),
        state: z.string(),
        startedAt: z.iso.datetime(),
        doneItems: z.int(),
        totalItems: z.int(),
        doneBytes: z.int(),
        totalBytes: z.int(),
        message: z.string().optional(),
      }),
    )
    .optional()
    .describe("Long work, running and lately ended"),
});
export type StoreStatusView = z.infer<typeof storeStatusSchema>;

/** Where events of buckets are sent. */
export const notificationEndpointSchema = z.strictObject({
  project: z.string().describe("Whose buckets may name it"),
  name: z.string().describe("Name in the project"),
  url: z.string().describe("Where events are posted"),
  allowPrivate: z.boolean().describe("Whether it may lie in a private network"),
  arn: z.string().describe("What a bucket's rules name it by, as Queue or Topic"),
  waiting: z.int().describe("Events that wait for it, counted up to 1,000"),
});
export type NotificationEndpoint = z.infer<typeof notificationEndpointSchema>;

export const putEndpointSchema = z.strictObject({
  url: z
    .string()
    .min(1)
    .max(2000)
    .describe("An https address, or an http one of this machine; without user and password"),
  allowPrivate: z.boolean().default(false).describe("Let it lie in a private network, or on this machine"),
  secret: z
    .string()
    .max(200)
    .regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/, "must be whsec_ and the base64 of at least 24 bytes")
    .optional()
    .describe("Signs the messages (Standard Webhooks); absent: one is made"),
});
export const putEndpointAnswerSchema = notificationEndpointSchema.extend({
  secret: z.string().describe("What the receiver checks signatures with; shown this once"),
});
