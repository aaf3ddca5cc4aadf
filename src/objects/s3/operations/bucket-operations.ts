import type { Operation } from "#objects/s3/operation.ts";

import { getBucketAcl, putBucketAcl } from "./acl.ts";
import {
  createBucket,
  deleteBucket,
  getBucketLocation,
  getBucketRequestPayment,
  headBucket,
  listBuckets,
} from "./buckets.ts";
import { deleteBucketCors, getBucketCors, putBucketCors } from "./cors-configuration.ts";
import { deleteObjects } from "./delete-objects.ts";
import {
  deleteBucketEncryption,
  getBucketEncryption,
  putBucketEncryption,
} from "./encryption-configuration.ts";
import { deleteBucketLifecycle, getBucketLifecycle, putBucketLifecycle } from "./lifecycle.ts";
import { listObjects, listObjectsV2 } from "./list-objects.ts";
import { listMultipartUploads } from "./list-uploads.ts";
import { listObjectVersions } from "./list-versions.ts";
import { getBucketNotification, putBucketNotification } from "./notification.ts";
import { getObjectLockConfiguration, putObjectLockConfiguration } from "./object-lock-configuration.ts";
import {
  deleteBucketOwnershipControls,
  getBucketOwnershipControls,
  putBucketOwnershipControls,
} from "./ownership.ts";
import { deleteBucketPolicy, getBucketPolicy, getBucketPolicyStatus, putBucketPolicy } from "./policy.ts";
import { postObject } from "./post-object.ts";
import {
  deletePublicAccessBlock,
  getPublicAccessBlock,
  putPublicAccessBlock,
} from "./public-access-block.ts";
import { deleteBucketTagging, getBucketTagging, putBucketTagging } from "./tagging.ts";
import { getBucketVersioning, putBucketVersioning } from "./versioning.ts";
import { getBucketWebsite } from "./website.ts";

type Handler = Operation["handle"];
type More = Partial<Pick<Operation, "action" | "body">>;

/** A call on a bucket; its IAM action has its name unless `more` says otherwise. */
function on(
  method: Operation["method"],
  query: string | undefined,
  name: string,
  handle: Handler,
  more: More = {},
): Operation {
  return {
    name,
    action: `s3:${name}`,
    level: "bucket",
    method,
    ...(query === undefined ? {} : { query: [query] }),
    body: method === "PUT" || method === "POST" ? "xml" : "none",
    handle,
    ...more,
  };
}

/** Calls on the service and on buckets. */
export const bucketOperations: readonly Operation[] = [
  {
    ...on("GET", undefined, "ListBuckets", listBuckets, { action: "s3:ListAllMyBuckets" }),
    level: "service",
  },
  on("PUT", undefined, "CreateBucket", createBucket),
  on("HEAD", undefined, "HeadBucket", headBucket, { action: "s3:ListBucket" }),
  on("DELETE", undefined, "DeleteBucket", deleteBucket),
  on("GET", "location", "GetBucketLocation", getBucketLocation),
  on("GET", "requestPayment", "GetBucketRequestPayment", getBucketRequestPayment),
  on("GET", "website", "GetBucketWebsite", getBucketWebsite),

  on("GET", undefined, "ListObjects", listObjects, { action: "s3:ListBucket" }),
  on("GET", "list-type", "ListObjectsV2", listObjectsV2, { action: "s3:ListBucket" }),
  on("GET", "versions", "ListObjectVersions", listObjectVersions, { action: "s3:ListBucketVersions" }),
  on("GET", "uploads", "ListMultipartUploads", listMultipartUploads, {
    action: "s3:ListBucketMultipartUploads",
  }),
  on("POST", "delete", "DeleteObjects", deleteObjects, { action: "s3:DeleteObject" }),
  on("POST", undefined, "PostObject", postObject, { action: "s3:PutObject", body: "object" }),

  on("GET", "acl", "GetBucketAcl", getBucketAcl),
  on("PUT", "acl", "PutBucketAcl", putBucketAcl),
  on("GET", "versioning", "GetBucketVersioning", getBucketVersioning),
  on("PUT", "versioning", "PutBucketVersioning", putBucketVersioning),
  on("GET", "tagging", "GetBucketTagging", getBucketTagging),
  on("PUT", "tagging", "PutBucketTagging", putBucketTagging),
  on("DELETE", "tagging", "DeleteBucketTagging", deleteBucketTagging, { action: "s3:PutBucketTagging" }),
  on("GET", "cors", "GetBucketCors", getBucketCors, { action: "s3:GetBucketCORS" }),
  on("PUT", "cors", "PutBucketCors", putBucketCors, { action: "s3:PutBucketCORS" }),
  on("DELETE", "cors", "DeleteBucketCors", deleteBucketCors, { action: "s3:PutBucketCORS" }),
  on("GET", "policy", "GetBucketPolicy", getBucketPolicy),
  on("PUT", "policy", "PutBucketPolicy", putBucketPolicy),
  on("DELETE", "policy", "DeleteBucketPolicy", deleteBucketPolicy),
  on("GET", "policyStatus", "GetBucketPolicyStatus", getBucketPolicyStatus),
  on("GET", "publicAccessBlock", "GetPublicAccessBlock", getPublicAccessBlock, {
    action: "s3:GetBucketPublicAccessBlock",
  }),
  on("PUT", "publicAccessBlock", "PutPublicAccessBlock", putPublicAccessBlock, {
    action: "s3:PutBucketPublicAccessBlock",
  }),
  on("DELETE", "publicAccessBlock", "DeletePublicAccessBlock", deletePublicAccessBlock, {
    action: "s3:PutBucketPublicAccessBlock",
  }),
  on("GET", "lifecycle", "GetBucketLifecycleConfiguration", getBucketLifecycle, {
    action: "s3:GetLifecycleConfiguration",
  }),
  on("PUT", "lifecycle", "PutBucketLifecycleConfiguration", putBucketLifecycle, {
    action: "s3:PutLifecycleConfiguration",
  }),
  on("DELETE", "lifecycle", "DeleteBucketLifecycle", deleteBucketLifecycle, {
    action: "s3:PutLifecycleConfiguration",
  }),
  on("GET", "object-lock", "GetObjectLockConfiguration", getObjectLockConfiguration, {
    action: "s3:GetBucketObjectLockConfiguration",
  }),
  on("PUT", "object-lock", "PutObjectLockConfiguration", putObjectLockConfiguration, {
    action: "s3:PutBucketObjectLockConfiguration",
  }),
  on("GET", "encryption", "GetBucketEncryption", getBucketEncryption, {
    action: "s3:GetEncryptionConfiguration",
  }),
  on("PUT", "encryption", "PutBucketEncryption", putBucketEncryption, {
    action: "s3:PutEncryptionConfiguration",
  }),
  on("DELETE", "encryption", "DeleteBucketEncryption", deleteBucketEncryption, {
    action: "s3:PutEncryptionConfiguration",
  }),
  on("GET", "notification", "GetBucketNotificationConfiguration", getBucketNotification, {
    action: "s3:GetBucketNotification",
  }),
  on("PUT", "notification", "PutBucketNotificationConfiguration", putBucketNotification, {
    action: "s3:PutBucketNotification",
  }),
  on("GET", "ownershipControls", "GetBucketOwnershipControls", getBucketOwnershipControls),
  on("PUT", "ownershipControls", "PutBucketOwnershipControls", putBucketOwnershipControls),
  on("DELETE", "ownershipControls", "DeleteBucketOwnershipControls", deleteBucketOwnershipControls, {
    action: "s3:PutBucketOwnershipControls",
  }),
];
