import { VdcError, type FieldError } from "#api/errors.ts";
import { isoTime } from "#lib/clock.ts";
import type { AccessKeyRecord } from "../../records.ts";
import { presign } from "../../s3/auth/sign.ts";
import { uriEncodePath } from "../../s3/auth/uri-encoding.ts";
import { newPair } from "../key/credentials.ts";
import { systemOwner } from "../ports.ts";
import { requireStore, type ObjectsServiceOptions } from "./base.ts";
import { told } from "./told.ts";

export interface PresignRequest {
  readonly items: readonly PresignItem[];
  readonly expiresSeconds: number;
}

interface PresignItem {
  readonly operation:
    | "get"
    | "head"
    | "put"
    | "create-upload"
    | "upload-part"
    | "complete-upload"
    | "abort-upload"
    | "list-parts"
    | "copy";
  readonly key: string;
  readonly versionId?: string | undefined;
  readonly uploadId?: string | undefined;
  readonly partNumber?: number | undefined;
  readonly download?: string | undefined;
}

const readOnly: ReadonlySet<string> = new Set(["get", "head", "list-parts"]);
const methods: Readonly<Record<PresignItem["operation"], string>> = {
  get: "GET",
  head: "HEAD",
  put: "PUT",
  "create-upload": "POST",
  "upload-part": "PUT",
  "complete-upload": "POST",
  "abort-upload": "DELETE",
  "list-parts": "GET",
  copy: "PUT",
};
const ofUploads: ReadonlySet<string> = new Set([
  "upload-part",
  "complete-upload",
  "abort-upload",
  "list-parts",
]);

/**
 * Addresses at the S3 service that carry their own signature, by a key of VDC's own: one for reading and one for writing in each project, which no
 * route gives out.
 */
export function presigner(options: ObjectsServiceOptions) {
  return async (project: string, bucket: string, request: PresignRequest, may: "read" | "write") => {
    const { endpoint, region } = requireStore(options.store);
    const problems = request.items.flatMap((item, at) => problemsOf(item, `items[${at}]`, may));
    if (problems.length > 0)
      throw new VdcError("invalid", "These addresses cannot be signed.", { fields: problems });
    const credentials = await systemKey(options, project, may);
    const { origin, host } = new URL(endpoint);
    const now = options.clock.now();
    const life = { now, expires: request.expiresSeconds };
    const urls = request.items.map((item) => {
      const { operation, key } = item;
      const signable = {
        method: methods[operation],
        host,
        path: `/${bucket}/${key}`,
        query: queryOf(item, bucket),
      };
      return origin + presign(signable, { ...credentials, region }, life);
    });
    return { urls, expiresAt: isoTime(now + request.expiresSeconds * 1000) };
  };
}

function problemsOf(item: PresignItem, path: string, may: "read" | "write"): readonly FieldError[] {
  const { operation, uploadId, partNumber } = item;
  const problems: FieldError[] = [];
  if (may === "read" && !readOnly.has(operation))
    problems.push({ path: `${path}.operation`, message: "is not for reading; ask for write-urls" });
  if (ofUploads.has(operation) && uploadId === undefined)
    problems.push({ path: `${path}.uploadId`, message: "is needed" });
  if (operation === "copy" && item.versionId === undefined)
    problems.push({ path: `${path}.versionId`, message: "is needed" });
  if (operation === "upload-part" && partNumber === undefined)
    problems.push({ path: `${path}.partNumber`, message: "is needed" });
  return problems;
}

function queryOf(item: PresignItem, bucket: string): Readonly<Record<string, string>> {
  const { operation, versionId, uploadId = "", partNumber, download } = item;
  switch (operation) {
    case "get":
    case "head":
      return {
        ...(versionId === undefined ? {} : { versionId }),
        ...(operation === "head" || download === undefined
          ? {}
          : { "response-content-disposition": attachment(download) }),
      };
    case "put":
      return {};
    case "copy":
      // A parameter of this name counts as the header.
      return { "x-amz-copy-source": copySource(bucket, item) };
    case "create-upload":
      return { uploads: "" };
    case "upload-part":
      return { partNumber: String(partNumber), uploadId };
    default:
      return { uploadId };
  }
}

function copySource(bucket: string, { key, versionId = "null" }: PresignItem): string {
  return `/${bucket}/${uriEncodePath(key)}?versionId=${encodeURIComponent(versionId)}`;
}

/** RFC 6266 with the extended form of RFC 8187, in which any name can be written. */
function attachment(name: string): string {
  const escaped = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename*=UTF-8''${escaped}`;
}

/** Found in the catalog, so that every control process signs with the same; made when there is none. */
async function systemKey(
  { store, clock, random }: ObjectsServiceOptions,
  project: string,
  access: "read" | "write",
): Promise<Pick<AccessKeyRecord, "accessKeyId" | "secretAccessKey">> {
  const { catalog } = requireStore(store);
  const own = await told(catalog.keys({ owner: systemOwner }));
  const found = own.find((one) => one.project === project && one.scope.access === access);
  if (found !== undefined) return found;
  const made: AccessKeyRecord = {
    ...newPair(random),
    owner: systemOwner,
    project,
    scope: { access },
    createdAt: clock.now(),
  };
  await told(catalog.putKey({ key: made }));
  return made;
}
