import { z } from "zod";
import type { Access } from "#api/access.ts";
import { keySpecSchema, keyStatusSchema } from "#api/kinds/key.ts";
import { nameSchema } from "#api/names.ts";
import {
  bucketConfigSchema,
  deletedObjectsSchema,
  deleteObjectsRequestSchema,
  drillRequestSchema,
  driveDetailSchema,
  issuedKeySchema,
  objectDetailSchema,
  objectListSchema,
  presignedSchema,
  presignRequestSchema,
  storeStatusSchema,
  storeWorkSchema,
} from "#api/objects.ts";
import { operationSchema } from "#api/records.ts";
import { resourceSchema } from "#api/resource.ts";
import { list, owner, route, signedIn } from "./define-route.ts";

const viewer: Access = { rule: "project", role: "viewer", param: "project" };
const operator: Access = { rule: "project", role: "operator", param: "project" };
const admin: Access = { rule: "project", role: "admin", param: "project" };

const inProject = z.strictObject({ project: nameSchema, name: nameSchema });
const flag = z.enum(["true", "false"]).default("false");
const bucketPath = "/v1/projects/{project}/buckets/{name}";

export const objectRoutes = {
  "object-store.status": route({
    id: "object-store.status",
    method: "GET",
    path: "/v1/object-store",
    access: signedIn,
    summary: "Whether the object store serves, where, and how much could still fail",
    answer: storeStatusSchema,
  }),
  "object-store.drives": route({
    id: "object-store.drives",
    method: "GET",
    path: "/v1/object-store/drives",
    access: owner,
    summary: "The drives as the store sees them now",
    answer: list(driveDetailSchema),
    errors: ["unavailable"],
  }),
  "object-store.work": route({
    id: "object-store.work",
    method: "POST",
    path: "/v1/object-store/work",
    access: owner,
    summary: "Start repair, scrub, rebalance, a rebuild of metadata or a collection now",
    body: storeWorkSchema,
    answer: operationSchema,
    status: 202,
    errors: ["unavailable", "busy"],
  }),
  "drive.drill": route({
    id: "drive.drill",
    method: "POST",
    path: "/v1/drives/{name}/drill",
    access: owner,
    summary: "Make a fault on purpose, to see that nobody notices; it ends by itself",
    params: z.strictObject({ name: nameSchema }),
    body: drillRequestSchema,
    errors: ["not-found", "unavailable"],
  }),
  "drive.end-drill": route({
    id: "drive.end-drill",
    method: "DELETE",
    path: "/v1/drives/{name}/drill",
    access: owner,
    summary: "End a drill before its time",
    params: z.strictObject({ name: nameSchema }),
    errors: ["not-found", "unavailable"],
  }),
  "key.issue": route({
    id: "key.issue",
    method: "POST",
    path: "/v1/projects/{project}/keys/{name}/issue",
    access: admin,
    summary: "Make a pair of credentials; the secret is in this answer and nowhere else",
    params: inProject,
    body: z.strictObject({
      revokeOthers: z
        .boolean()
        .default(false)
        .describe("End the pairs that were issued before; otherwise the newest of them keeps working"),
    }),
    answer: issuedKeySchema,
    status: 201,
    errors: ["not-found", "unavailable"],
  }),
  "key.revoke": route({
    id: "key.revoke",
    method: "POST",
    path: "/v1/projects/{project}/keys/{name}/revoke",
    access: admin,
    summary: "End one pair of credentials at once, or all of the key's",
    params: inProject,
    body: z.strictObject({ accessKeyId: z.string().max(128).optional().describe("Absent: all") }),
    answer: resourceSchema(keySpecSchema, keyStatusSchema),
    errors: ["not-found", "unavailable"],
  }),
  "bucket.objects": route({
    id: "bucket.objects",
    method: "GET",
    path: `${bucketPath}/objects`,
    access: viewer,
    summary: "Objects and folders of a bucket, a page at a time",
    params: inProject,
    query: z.strictObject({
      prefix: z.string().max(1024).default(""),
      delimiter: z.string().max(16).default(""),
      after: z.string().max(4096).default(""),
      limit: z.coerce.number().int().min(1).max(1000).default(200),
      versions: flag,
    }),
    answer: objectListSchema,
    errors: ["not-found", "unavailable"],
  }),
  "bucket.object": route({
    id: "bucket.object",
    method: "GET",
    path: `${bucketPath}/object`,
    access: viewer,
    summary: "One object: metadata, locks, checksums and where its shards lie",
    params: inProject,
    query: z.strictObject({
      key: z.string().min(1).max(1024),
      versionId: z.string().max(200).optional(),
      verify: flag,
    }),
    answer: objectDetailSchema,
    errors: ["not-found", "unavailable"],
  }),
  "bucket.read-urls": route({
    id: "bucket.read-urls",
    method: "POST",
    path: `${bucketPath}/read-urls`,
    access: viewer,
    summary: "Addresses at the S3 service for reading, signed; only get, head and list-parts",
    params: inProject,
    body: presignRequestSchema,
    answer: presignedSchema,
    errors: ["not-found", "invalid", "unavailable"],
  }),
  "bucket.write-urls": route({
    id: "bucket.write-urls",
    method: "POST",
    path: `${bucketPath}/write-urls`,
    access: operator,
    summary: "Addresses at the S3 service for reading and writing, signed",
    params: inProject,
    body: presignRequestSchema,
    answer: presignedSchema,
    errors: ["not-found", "invalid", "unavailable"],
  }),
  "bucket.delete-objects": route({
    id: "bucket.delete-objects",
    method: "POST",
    path: `${bucketPath}/delete-objects`,
    access: operator,
    summary: "Delete objects or versions; where versions are kept, objects can be had back",
    params: inProject,
    body: deleteObjectsRequestSchema,
    answer: deletedObjectsSchema,
    errors: ["not-found", "unavailable"],
  }),
  "bucket.config": route({
    id: "bucket.config",
    method: "GET",
    path: `${bucketPath}/config`,
    access: viewer,
    summary: "Versioning, policy, CORS, lifecycle, locks and tags of a bucket",
    params: inProject,
    answer: bucketConfigSchema,
    errors: ["not-found", "unavailable"],
  }),
  "bucket.configure": route({
    id: "bucket.configure",
    method: "PATCH",
    path: `${bucketPath}/config`,
    access: admin,
    summary: "Change what is given of a bucket's configuration; null removes",
    params: inProject,
    body: bucketConfigSchema.partial(),
    answer: bucketConfigSchema,
    errors: ["not-found", "invalid", "unavailable"],
  }),
} as const;
