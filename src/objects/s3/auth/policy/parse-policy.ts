import { policyMaxBytes } from "#objects/limits.ts";
import { S3Error } from "#objects/s3-error.ts";
import { type Condition, isOperator, isValueOf } from "./condition.ts";
import { isFactKey, normalFactKey, objectTagKey } from "./facts.ts";
import type { Patterns, Policy, Principal, Statement } from "./policy.ts";

type Fields = Readonly<Record<string, unknown>>;

const statementsMax = 200;
const valuesMax = 200;
const arn = "arn:aws:s3:::";

/**
 * Reads a policy for `bucket`. What is not understood is refused with MalformedPolicy that names it: a policy that is half understood would protect
 * half of what its author thinks.
 */
export function parsePolicy(text: string, bucket: string): Policy {
  if (Buffer.byteLength(text) > policyMaxBytes) throw malformed("the policy is larger than 20 KiB");
  const document = fields(parseJson(text), "the policy", ["Version", "Id", "Statement"]);
  const version = document["Version"];
  if (version !== undefined && version !== "2012-10-17" && version !== "2008-10-17")
    throw malformed("Version must be 2012-10-17 or 2008-10-17");
  if (document["Id"] !== undefined) string(document["Id"], "Id");
  const listed = Array.isArray(document["Statement"]) ? document["Statement"] : [document["Statement"]];
  if (listed.length === 0 || listed.length > statementsMax)
    throw malformed(`Statement must hold 1 to ${statementsMax} statements`);
  const statements = listed.map((statement: unknown) => parseStatement(statement, bucket));
  const readsObjectTags = statements.some(({ conditions }) =>
    conditions.some(({ key }) => key.startsWith(objectTagKey)),
  );
  return { statements, readsObjectTags };
}

function parseStatement(value: unknown, bucket: string): Statement {
  const statement = fields(value, "a statement", [
    "Sid",
    "Effect",
    "Principal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
  ]);
  if (statement["Sid"] !== undefined) string(statement["Sid"], "Sid");
  const effect = statement["Effect"];
  if (effect !== "Allow" && effect !== "Deny") throw malformed("Effect must be Allow or Deny");
  return {
    effect,
    principals: parsePrincipals(statement["Principal"]),
    actions: either(statement, "Action", "NotAction", parseAction),
    resources: either(statement, "Resource", "NotResource", (text) => parseResource(text, bucket)),
    conditions: parseConditions(statement["Condition"]),
  };
}

function parsePrincipals(value: unknown): readonly Principal[] {
  if (value === "*") return [{ type: "any" }];
  const named = fields(value, "Principal", ["AWS"]);
  return strings(named["AWS"], "Principal AWS").map(parsePrincipal);
}

function parsePrincipal(text: string): Principal {
  if (text === "*") return { type: "any" };
  if (/^[a-z0-9][a-z0-9-]{0,62}$/.test(text)) return { type: "project", project: text };
  const match = /^arn:aws:iam::([a-z0-9][a-z0-9-]{0,62}):(?:(root)|user\/([A-Za-z0-9._-]{1,128}))$/.exec(
    text,
  );
  const [, project, root, user] = match ?? [];
  if (project !== undefined && root !== undefined) return { type: "project", project };
  if (project !== undefined && user !== undefined) return { type: "user", project, user };
  throw malformed(
    `the principal ${quote(text)} is not *, a project, or arn:aws:iam::PROJECT:root or :user/KEY`,
  );
}

function either(
  statement: Fields,
  positive: string,
  negative: string,
  parse: (text: string) => string,
): Patterns {
  const negated = statement[negative] !== undefined;
  if (negated === (statement[positive] !== undefined))
    throw malformed(`a statement has exactly one of ${positive} and ${negative}`);
  const name = negated ? negative : positive;
  return { patterns: strings(statement[name], name).map(parse), negated };
}

function parseAction(text: string): string {
  if (text !== "*" && !/^s3:[a-z*?]+$/i.test(text))
    throw malformed(`the action ${quote(text)} is not one of S3`);
  return text.toLowerCase();
}

function parseResource(text: string, bucket: string): string {
  const resource = text.slice(arn.length);
  const [own = ""] = resource.split("/", 1);
  if (!text.startsWith(arn) || resource === "" || text.includes("${"))
    throw malformed(`the resource ${quote(text)} is not ${arn}BUCKET or ${arn}BUCKET/KEY`);
  if (own !== bucket && !/[*?]/.test(own))
    throw malformed(`the resource ${quote(text)} is not of the bucket ${bucket}`);
  return resource;
}

function parseConditions(value: unknown): readonly Condition[] {
  if (value === undefined) return [];
  return Object.entries(fields(value, "Condition")).flatMap(([name, keys]) =>
    Object.entries(fields(keys, name)).map(([key, values]) => parseCondition(name, key, values)),
  );
}

function parseCondition(name: string, key: string, value: unknown): Condition {
  const ifExists = name.endsWith("IfExists") && name !== "NullIfExists";
  const operator = ifExists ? name.slice(0, -"IfExists".length) : name;
  if (!isOperator(operator)) throw malformed(`the condition operator ${quote(name)} is not supported`);
  if (!isFactKey(key)) throw malformed(`the condition key ${quote(key)} is not supported`);
  const ofAddress = key.toLowerCase() === "aws:sourceip";
  if (ofAddress !== operator.endsWith("IpAddress") && operator !== "Null")
    throw malformed(`${quote(name)} cannot be used with ${quote(key)}`);
  const values = strings(value, key);
  for (const one of values)
    if (one.includes("${") || !isValueOf(operator, one))
      throw malformed(`the value ${quote(one)} cannot be used with ${quote(name)}`);
  return { operator, ifExists, key: normalFactKey(key), values };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new S3Error("MalformedPolicy", "The policy is not valid JSON.", { cause: error });
  }
}

function fields(value: unknown, what: string, allowed?: readonly string[]): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw malformed(`${what} must be a JSON object`);
  for (const name of Object.keys(value))
    if (allowed !== undefined && !allowed.includes(name))
      throw malformed(`${quote(name)} in ${what} is not supported`);
  // An object of JSON.parse has string keys and values of JSON.
  return value as Fields;
}

function string(value: unknown, what: string): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw malformed(`${what} must be text`);
}

function strings(value: unknown, what: string): readonly string[] {
  const all = Array.isArray(value) ? value : [value];
  if (all.length === 0 || all.length > valuesMax)
    throw malformed(`${what} must hold 1 to ${valuesMax} values`);
  return all.map((one: unknown) => string(one, what));
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}

function malformed(what: string): S3Error {
  return new S3Error("MalformedPolicy", `The policy is not well formed: ${what}.`);
}
