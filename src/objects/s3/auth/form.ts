import { S3Error } from "#objects/s3-error.ts";
import type { Admission, Candidate } from "./candidate.ts";
import { headerText } from "./effective-headers.ts";
import { parseForm } from "./form-parser.ts";
import { verifyForm } from "./form-signature.ts";
import type { Headers } from "./headers.ts";
import { callerOf } from "./identify.ts";
import type { Payload } from "./payload.ts";
import { checkPostPolicy, parsePostPolicy } from "./post-policy.ts";
import type { RawRequest } from "./raw-request.ts";
import { withoutStalls } from "./stall.ts";
import { checkKey, type Target } from "./target.ts";

/** Fields that say of the object what headers say in a PUT. */
const headerFields: ReadonlySet<string> = new Set([
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-md5",
  "content-type",
  "expires",
]);

/** Reads a POST form up to its file and verifies its policy. The file is the body; without a policy the caller is anonymous. */
export async function admitForm(
  raw: RawRequest,
  boundary: string,
  request: { readonly target: Target; readonly headers: Headers; readonly payload: Payload },
  admission: Admission,
): Promise<Candidate> {
  if (request.payload.type === "chunked")
    throw new S3Error("InvalidRequest", "A form cannot be aws-chunked.");
  const { fields, fileName, file } = await parseForm(withoutStalls(raw.body, admission.clock), boundary);
  const record = verifyForm(fields, admission);
  const key = formKey(fields, fileName);
  const policyText = fields.get("policy");
  const policy = policyText === undefined ? undefined : parsePostPolicy(policyText);
  if (policy !== undefined) {
    const values = new Map([...fields, ["key", key], ["bucket", request.target.bucket ?? ""]]);
    checkPostPolicy(policy, values, fields.keys(), admission.clock.now());
  }
  return {
    raw,
    identified: {
      caller: record === undefined ? { type: "anonymous" } : callerOf(record),
      payload: { type: "unsigned" },
    },
    target: request.target,
    key,
    headers: formHeaders(request.headers, fields),
    form: fields,
    file,
    ...(policy?.range === undefined ? {} : { sizeRange: policy.range }),
  };
}

function formKey(fields: ReadonlyMap<string, string>, fileName: string): string {
  const given = fields.get("key");
  if (given === undefined || given === "") throw new S3Error("UserKeyMustBeSpecified");
  // Old browsers send the whole path of the file.
  const bare = fileName.slice(Math.max(fileName.lastIndexOf("/"), fileName.lastIndexOf("\\")) + 1);
  const key = given.replaceAll("${filename}", () => bare);
  if (key === "") throw new S3Error("UserKeyMustBeSpecified");
  return checkKey(key);
}

/** The request's own content headers are about the form; those of the object are fields. */
function formHeaders(headers: Headers, fields: ReadonlyMap<string, string>): Headers {
  const result = new Map<string, string>();
  for (const [name, value] of headers)
    if (!headerFields.has(name) && !name.startsWith("x-amz-")) result.set(name, value);
  for (const [name, value] of fields) {
    if (headerFields.has(name) || name.startsWith("x-amz-")) result.set(name, headerText(name, value));
    if (name === "acl") result.set("x-amz-acl", headerText(name, value));
  }
  return result;
}
