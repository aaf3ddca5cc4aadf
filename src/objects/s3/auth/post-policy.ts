import { S3Error } from "#objects/s3-error.ts";

/** The policy of a POST form ("Creating a POST policy" of the Amazon S3 API reference), understood completely. */
export interface PostPolicy {
  readonly expiration: number;
  readonly conditions: readonly FieldCondition[];
  /** Of the file, in bytes. */
  readonly range?: { readonly min: number; readonly max: number };
}

interface FieldCondition {
  readonly kind: "eq" | "starts-with";
  /** In lower case, without `$`. */
  readonly field: string;
  readonly value: string;
}

/** Fields that no condition must cover. */
const uncovered: ReadonlySet<string> = new Set([
  "awsaccesskeyid",
  "file",
  "policy",
  "signature",
  "x-amz-signature",
]);
const conditionsMax = 128;

/** Throws InvalidPolicyDocument. `text` is base64 of JSON. */
export function parsePostPolicy(text: string): PostPolicy {
  const document = parseJson(Buffer.from(text, "base64").toString("utf8"));
  const { expiration, conditions } = document;
  if (typeof expiration !== "string" || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(expiration))
    throw invalid("expiration must be a time like 2015-12-30T12:00:00.000Z");
  const until = Date.parse(expiration);
  if (Number.isNaN(until)) throw invalid("expiration is no time");
  if (!Array.isArray(conditions) || conditions.length > conditionsMax)
    throw invalid(`conditions must be a list of at most ${conditionsMax}`);
  let range: PostPolicy["range"];
  const fields: FieldCondition[] = [];
  for (const condition of conditions) {
    const parsed = parseCondition(condition);
    if ("min" in parsed) range = narrower(range, parsed);
    else fields.push(...parsed.fields);
  }
  return { expiration: until, conditions: fields, ...(range === undefined ? {} : { range }) };
}

/**
 * Throws AccessDenied when the policy is over, a condition does not hold, or a field stands in no condition. `values` are the form's fields with the key and
 * bucket as they will be used; names in lower case.
 */
export function checkPostPolicy(
  policy: PostPolicy,
  values: ReadonlyMap<string, string>,
  fields: Iterable<string>,
  now: number,
): void {
  if (policy.expiration <= now) throw refused("it has expired");
  const covered = new Set<string>();
  for (const { kind, field, value } of policy.conditions) {
    const given = values.get(field) ?? "";
    covered.add(field);
    if (kind === "eq" ? given !== value : !given.startsWith(value))
      throw refused(`the condition ${JSON.stringify([kind, `$${field}`, value])} does not hold`);
  }
  for (const field of fields)
    if (!covered.has(field) && !uncovered.has(field) && !field.startsWith("x-ignore-"))
      throw refused(`no condition covers the field ${field}`);
}

function parseCondition(
  condition: unknown,
): { readonly fields: readonly FieldCondition[] } | { readonly min: number; readonly max: number } {
  if (!Array.isArray(condition)) return { fields: exactMatches(condition) };
  const [kind, first, second]: readonly unknown[] = condition;
  const name = typeof kind === "string" ? kind.toLowerCase() : "";
  if (condition.length !== 3) throw invalid("a condition in brackets has three elements");
  if (name === "content-length-range") return { min: byteCount(first), max: byteCount(second) };
  if (name !== "eq" && name !== "starts-with")
    throw invalid("a condition is eq, starts-with or content-length-range");
  if (typeof first !== "string" || !first.startsWith("$") || typeof second !== "string")
    throw invalid("a condition compares $field with text");
  return { fields: [{ kind: name, field: first.slice(1).toLowerCase(), value: second }] };
}

function exactMatches(condition: unknown): readonly FieldCondition[] {
  const entries = typeof condition === "object" && condition !== null ? Object.entries(condition) : [];
  if (entries.length === 0) throw invalid("a condition is empty");
  return entries.map(([field, value]: [string, unknown]) => {
    if (typeof value !== "string") throw invalid("a condition compares a field with text");
    return { kind: "eq", field: field.toLowerCase(), value };
  });
}

function byteCount(value: unknown): number {
  const count = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 0)
    throw invalid("content-length-range takes two numbers of bytes");
  return count;
}

function narrower(
  known: PostPolicy["range"],
  next: { readonly min: number; readonly max: number },
): PostPolicy["range"] {
  if (known === undefined) return next;
  return { min: Math.max(known.min, next.min), max: Math.min(known.max, next.max) };
}

function parseJson(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new S3Error("InvalidPolicyDocument", "The form's policy is not the base64 of JSON.", {
      cause: error,
    });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid("it is no JSON object");
  for (const name of Object.keys(value))
    if (name !== "expiration" && name !== "conditions")
      throw invalid(`${JSON.stringify(name)} is not expected`);
  // An object of JSON.parse has string keys and values of JSON.
  return value as Readonly<Record<string, unknown>>;
}

function invalid(what: string): S3Error {
  return new S3Error("InvalidPolicyDocument", `The form's policy is not valid: ${what}.`);
}

function refused(what: string): S3Error {
  return new S3Error("AccessDenied", `The form's policy does not allow this: ${what}.`);
}
