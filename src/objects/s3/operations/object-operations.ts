import type { Operation } from "#objects/s3/operation.ts";

import { getObjectAcl, putObjectAcl } from "./acl.ts";
import { abortMultipartUpload, completeMultipartUpload } from "./complete-upload.ts";
import { copyObject } from "./copy-object.ts";
import { createMultipartUpload } from "./create-upload.ts";
import { deleteObject } from "./delete-object.ts";
import { getObject, headObject } from "./get-object.ts";
import { listParts } from "./list-parts.ts";
import { getObjectAttributes } from "./object-attributes.ts";
import { putObject } from "./put-object.ts";
import {
  getObjectLegalHold,
  getObjectRetention,
  putObjectLegalHold,
  putObjectRetention,
} from "./retention.ts";
import { deleteObjectTagging, getObjectTagging, putObjectTagging } from "./tagging.ts";
import { uploadPartCopy } from "./upload-part-copy.ts";
import { uploadPart } from "./upload-part.ts";

type Shape = Omit<Operation, "name" | "handle" | "level" | "action">;

function on(name: string, shape: Shape, handle: Operation["handle"], action = `s3:${name}`): Operation {
  return { name, action, level: "object", ...shape, handle };
}

/** The call, and the same call on a named version, which is an action of its own. */
function onVersions(
  name: string,
  shape: Shape,
  handle: Operation["handle"],
  actions: readonly [plain: string, ofVersion: string],
): readonly Operation[] {
  const query = [...(shape.query ?? []), "versionId"];
  return [
    on(name, shape, handle, `s3:${actions[0]}`),
    on(name, { ...shape, query }, handle, `s3:${actions[1]}`),
  ];
}

const copyHeader = "x-amz-copy-source";

/** Calls on objects. */
export const objectOperations: readonly Operation[] = [
  ...onVersions("GetObject", { method: "GET", body: "none" }, getObject, ["GetObject", "GetObjectVersion"]),
  ...onVersions("HeadObject", { method: "HEAD", body: "none" }, headObject, [
    "GetObject",
    "GetObjectVersion",
  ]),
  ...onVersions("DeleteObject", { method: "DELETE", body: "none" }, deleteObject, [
    "DeleteObject",
    "DeleteObjectVersion",
  ]),
  ...onVersions(
    "GetObjectAttributes",
    { method: "GET", query: ["attributes"], body: "none" },
    getObjectAttributes,
    ["GetObjectAttributes", "GetObjectVersionAttributes"],
  ),
  ...onVersions("GetObjectTagging", { method: "GET", query: ["tagging"], body: "none" }, getObjectTagging, [
    "GetObjectTagging",
    "GetObjectVersionTagging",
  ]),
  ...onVersions("PutObjectTagging", { method: "PUT", query: ["tagging"], body: "xml" }, putObjectTagging, [
    "PutObjectTagging",
    "PutObjectVersionTagging",
  ]),
  ...onVersions(
    "DeleteObjectTagging",
    { method: "DELETE", query: ["tagging"], body: "none" },
    deleteObjectTagging,
    ["DeleteObjectTagging", "DeleteObjectVersionTagging"],
  ),
  ...onVersions("GetObjectAcl", { method: "GET", query: ["acl"], body: "none" }, getObjectAcl, [
    "GetObjectAcl",
    "GetObjectVersionAcl",
  ]),
  ...onVersions("PutObjectAcl", { method: "PUT", query: ["acl"], body: "xml" }, putObjectAcl, [
    "PutObjectAcl",
    "PutObjectVersionAcl",
  ]),
  ...onVersions(
    "GetObjectRetention",
    { method: "GET", query: ["retention"], body: "none" },
    getObjectRetention,
    ["GetObjectRetention", "GetObjectRetention"],
  ),
  ...onVersions(
    "PutObjectRetention",
    { method: "PUT", query: ["retention"], body: "xml" },
    putObjectRetention,
    ["PutObjectRetention", "PutObjectRetention"],
  ),
  ...onVersions(
    "GetObjectLegalHold",
    { method: "GET", query: ["legal-hold"], body: "none" },
    getObjectLegalHold,
    ["GetObjectLegalHold", "GetObjectLegalHold"],
  ),
  ...onVersions(
    "PutObjectLegalHold",
    { method: "PUT", query: ["legal-hold"], body: "xml" },
    putObjectLegalHold,
    ["PutObjectLegalHold", "PutObjectLegalHold"],
  ),

  on("PutObject", { method: "PUT", body: "object" }, putObject),
  on("CopyObject", { method: "PUT", header: copyHeader, body: "none" }, copyObject, "s3:PutObject"),
  on(
    "CreateMultipartUpload",
    { method: "POST", query: ["uploads"], body: "none" },
    createMultipartUpload,
    "s3:PutObject",
  ),
  on(
    "UploadPart",
    { method: "PUT", query: ["uploadId", "partNumber"], body: "object" },
    uploadPart,
    "s3:PutObject",
  ),
  on(
    "UploadPartCopy",
    { method: "PUT", query: ["uploadId", "partNumber"], header: copyHeader, body: "none" },
    uploadPartCopy,
    "s3:PutObject",
  ),
  on(
    "CompleteMultipartUpload",
    { method: "POST", query: ["uploadId"], body: "xml" },
    completeMultipartUpload,
    "s3:PutObject",
  ),
  on("AbortMultipartUpload", { method: "DELETE", query: ["uploadId"], body: "none" }, abortMultipartUpload),
  on(
    "ListParts",
    { method: "GET", query: ["uploadId"], body: "none" },
    listParts,
    "s3:ListMultipartUploadParts",
  ),
];
