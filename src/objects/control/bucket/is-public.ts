import { isJsonObject, type Json } from "#lib/json.ts";
import type { BucketRecord } from "../../records.ts";

/** Whether somebody without a key may do something with it: by its ACL, or by a statement of its policy for everybody. */
export function isPublic({ acl, policy, publicAccessBlock }: BucketRecord): boolean {
  if (acl === "public-read" && publicAccessBlock?.ignorePublicAcls !== true) return true;
  if (policy === undefined || publicAccessBlock?.restrictPublicBuckets === true) return false;
  return statementsOf(policy).some(
    (statement) =>
      isJsonObject(statement) && statement["Effect"] === "Allow" && isEverybody(statement["Principal"]),
  );
}

function statementsOf(policy: string): readonly Json[] {
  try {
    const document = JSON.parse(policy) as Json; // whatever JSON holds
    const statement = isJsonObject(document) ? document["Statement"] : undefined;
    return Array.isArray(statement) ? statement : statement === undefined ? [] : [statement];
  } catch {
    return []; // the catalog's front refuses what is no JSON; a broken one allows nothing
  }
}

function isEverybody(principal: Json | undefined): boolean {
  if (principal === "*") return true;
  const aws = principal !== undefined && isJsonObject(principal) ? principal["AWS"] : undefined;
  return aws === "*" || (Array.isArray(aws) && aws.includes("*"));
}
