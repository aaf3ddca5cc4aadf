import type { BucketRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { Operation } from "../operation.ts";
import type { Caller, VerifiedRequest } from "../verified.ts";
import { aboutName, mayAccess, mayAccessObject, policyOf, type Question } from "./authorize.ts";
import { CheckedBody } from "./body.ts";
import { readBodyClaims } from "./body-claims.ts";
import type { Admission, Candidate } from "./candidate.ts";
import { admitForm } from "./form.ts";
import { formBoundary } from "./form-parser.ts";
import { type Headers, parseHeaders } from "./headers.ts";
import { type Identified, identify } from "./identify.ts";
import { effectiveHeaders } from "./effective-headers.ts";
import type { RequestFacts } from "./policy/facts.ts";
import type { RawRequest } from "./raw-request.ts";
import { emptySha256 } from "./signing-key.ts";
import { parseTarget } from "./target.ts";

/** What the router may look at to find the operation. Signatures are verified by then; rights are not. */
export interface RoutableRequest {
  readonly method: string;
  readonly bucketName?: string;
  readonly key?: string;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: Headers;
}

export type ChosenOperation = Pick<Operation, "name" | "action" | "body">;
export type ChooseOperation = (request: RoutableRequest) => ChosenOperation;

/**
 * The one way from a raw request to one that may be served: verifies who asks, chooses the operation, checks that the caller may do it and binds the body to
 * what was signed. Nothing of the body is read before (apart from the fields of a form). Throws S3Error.
 */
export async function admit(
  raw: RawRequest,
  operationOf: ChooseOperation,
  admission: Admission,
): Promise<VerifiedRequest> {
  const headers = parseHeaders(raw.rawHeaders);
  const target = parseTarget(raw.rawTarget, headers.get("host") ?? "", admission.baseDomains);
  const identified = identify(raw.method, target, headers, admission);
  const boundary = raw.method === "POST" ? formBoundary(headers.get("content-type") ?? "") : undefined;
  const isForm =
    boundary !== undefined &&
    identified.claim === undefined &&
    target.bucket !== undefined &&
    target.key === undefined;
  const candidate: Candidate = isForm
    ? await admitForm(raw, boundary, { target, headers, payload: identified.payload }, admission)
    : {
        raw,
        identified,
        target,
        headers: effectiveHeaders(headers, target, identified.claim?.form === "query"),
        ...(target.key === undefined ? {} : { key: target.key }),
      };
  const operation = operationOf(routable(candidate));
  // A form's signature covers an upload, and must never carry its caller to another operation.
  if (isForm !== (operation.name === "PostObject"))
    throw new S3Error("MalformedPOSTRequest", "A form is posted to a bucket, and nothing else is.");
  return await authorise(candidate, operation, admission);
}

function routable({ raw, target, headers }: Candidate): RoutableRequest {
  return {
    method: raw.method,
    ...(target.bucket === undefined ? {} : { bucketName: target.bucket }),
    ...(target.key === undefined ? {} : { key: target.key }),
    query: target.query,
    headers,
  };
}

async function authorise(
  candidate: Candidate,
  operation: ChosenOperation,
  admission: Admission,
): Promise<VerifiedRequest> {
  const { target, key, identified } = candidate;
  const bucket = target.bucket === undefined ? undefined : admission.configuration.bucket(target.bucket);
  const tags = bucket?.policy === undefined ? undefined : await lookUpTags(candidate, bucket, admission);
  const facts = factsOf(candidate, operation, tags, admission.clock.now());
  const question: Question = {
    caller: identified.caller,
    action: operation.action,
    operation: operation.name,
    bucketName: target.bucket,
    // Whether the name is taken is the catalog's answer, not a question of rights.
    bucket: operation.name === "CreateBucket" ? undefined : bucket,
    key,
  };
  const missing = target.bucket !== undefined && bucket === undefined && operation.name !== "CreateBucket";
  if (missing && identified.caller.type === "anonymous") throw new S3Error("NoSuchBucket");
  // DeleteObjects names its keys in its body; its handler asks `may` for each.
  const versionId = target.query.get("versionId");
  if (operation.name !== "DeleteObjects" && !(await isAllowed(question, facts, versionId, admission)))
    throw new S3Error("AccessDenied");
  if (missing) throw new S3Error("NoSuchBucket", undefined, { details: { BucketName: target.bucket ?? "" } });
  const body = bindBody(candidate, operation, admission);
  return verified(candidate, operation, bucket, body, rights(candidate, facts, admission));
}

function isAllowed(
  question: Question,
  facts: RequestFacts,
  versionId: string | undefined,
  admission: Admission,
): boolean | Promise<boolean> {
  const { key } = question;
  if (key === undefined) return mayAccess(question, facts);
  return mayAccessObject({ ...question, key }, facts, (bucket) =>
    admission.objectAccess(bucket.name, key, versionId),
  );
}

/** The only place that makes a VerifiedRequest. */
function verified(
  { raw, target, key, headers, form, identified }: Candidate,
  operation: ChosenOperation,
  bucket: BucketRecord | undefined,
  body: CheckedBody,
  { may, alsoMayRead }: Pick<VerifiedRequest, "may" | "alsoMayRead">,
): VerifiedRequest {
  const request: Omit<VerifiedRequest, BrandOf<VerifiedRequest>> = {
    id: raw.id,
    caller: identified.caller,
    method: raw.method,
    operation: operation.name,
    ...optional("bucketName", target.bucket),
    ...optional("bucket", bucket),
    ...optional("key", key),
    query: target.query,
    headers,
    ...optional("form", form),
    body,
    may,
    alsoMayRead,
    alsoMay: (action, bucketName, objectKey) => {
      if (!may(action, bucketName, objectKey)) throw new S3Error("AccessDenied");
    },
  };
  // The brand exists in types only, so that nobody else can make one without a cast like this.
  return request as VerifiedRequest;
}

type BrandOf<Type> = Extract<keyof Type, symbol>;

function rights(
  { identified, target, key: ownKey }: Candidate,
  facts: RequestFacts,
  admission: Admission,
): Pick<VerifiedRequest, "may" | "alsoMayRead"> {
  const caller: Caller = identified.caller;
  return {
    may: (action, bucketName, key) => {
      const bucket = admission.configuration.bucket(bucketName);
      const primary = bucketName === target.bucket && key === ownKey;
      // Who may list a name may know that it is not there: a request for an object asks for the list of that name only.
      const listed = bucketName === target.bucket && key === undefined ? ownKey : undefined;
      // Beside a write, rights to an object mean the one that is being written; single calls about an object's list are admitted above.
      const question = {
        caller,
        action,
        bucketName,
        bucket,
        key,
        isNew: primary,
        ...optional("listed", listed),
      };
      if (listed !== undefined) return mayAccess(question, aboutName(listed, facts));
      return mayAccess(question, primary ? facts : { ...facts, primary });
    },
    alsoMayRead: async ({ bucket: bucketName, key, versionId }) => {
      const bucket = admission.configuration.bucket(bucketName);
      const action = versionId === undefined ? "s3:GetObject" : "s3:GetObjectVersion";
      const question = { caller, action, bucketName, bucket, key };
      if (!(await isAllowed(question, { ...facts, primary: false }, versionId, admission)))
        throw new S3Error("AccessDenied");
    },
  };
}

/** Tags of the object as it is, when the policy looks at them. */
async function lookUpTags(
  { target, key }: Candidate,
  bucket: BucketRecord,
  admission: Admission,
): Promise<Readonly<Record<string, string>> | undefined> {
  if (key === undefined || policyOf(bucket)?.readsObjectTags !== true) return undefined;
  return await admission.objectTags(bucket.name, key, target.query.get("versionId"));
}

function factsOf(
  { raw, identified, target, headers, form }: Candidate,
  operation: ChosenOperation,
  objectTags: RequestFacts["objectTags"],
  now: number,
): RequestFacts {
  return {
    now,
    remoteAddress: raw.remoteAddress,
    secure: raw.secure,
    headers,
    query: target.query,
    authType: authType(identified, form),
    signedAt: identified.claim?.time,
    requestTags: requestTags(operation, headers, form),
    objectTags,
    primary: true,
  };
}

/** Tags that the request gives the object; undefined when they stand in its body, which nobody has read. */
function requestTags(
  operation: ChosenOperation,
  headers: Headers,
  form: Candidate["form"],
): RequestFacts["requestTags"] {
  if (operation.name === "PutObjectTagging" || form?.has("tagging") === true) return undefined;
  const text = headers.get("x-amz-tagging");
  return text === undefined ? noTags : new Map(new URLSearchParams(text));
}

const noTags: ReadonlyMap<string, string> = new Map();

function authType(identified: Identified, form: Candidate["form"]): RequestFacts["authType"] {
  if (identified.caller.type === "anonymous") return undefined;
  if (form !== undefined) return "POST";
  return identified.claim?.form === "query" ? "REST-QUERY-STRING" : "REST-HEADER";
}

function bindBody(
  { raw, identified, headers, file, sizeRange }: Candidate,
  operation: ChosenOperation,
  admission: Admission,
): CheckedBody {
  // CompleteMultipartUpload gives the checksum of the whole object, not of its document.
  const ownChecksum = operation.body !== "none" && operation.name !== "CompleteMultipartUpload";
  const claims = readBodyClaims(headers, identified.payload, identified.seed, ownChecksum);
  if (file !== undefined) {
    const { contentMd5, checksum } = claims;
    const ofFile = { contentMd5, checksum, sizeRange };
    return new CheckedBody(file, ofFile, admission.clock);
  }
  if (operation.body === "none" && claims.rawSize !== 0)
    throw new S3Error("InvalidRequest", `${operation.name} takes no body.`);
  if (operation.body === "none" && claims.sha256 !== undefined && claims.sha256 !== emptySha256)
    throw new S3Error("XAmzContentSHA256Mismatch");
  if (operation.body === "object" && !headers.has("content-length") && !headers.has("transfer-encoding"))
    throw new S3Error("MissingContentLength");
  return new CheckedBody(raw.body, claims, admission.clock);
}

/** Leaves a field out when it is undefined, as exact optional properties ask. */
function optional<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { readonly [Field in Name]?: Value } {
  // TypeScript does not follow a computed name through a generic.
  return (value === undefined ? {} : { [name]: value }) as { readonly [Field in Name]?: Value };
}
