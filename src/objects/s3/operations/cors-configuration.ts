import type { CorsRule } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { ObjectStore, S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { malformed, type XmlElement } from "../xml/parse.ts";
import { childrenOf, only, optionalInteger, optionalText } from "../xml/read.ts";
import { branch, leaf, xmlDocument } from "../xml/write.ts";
import { xmlAnswer } from "./answer.ts";
import { changeBucket } from "./change-bucket.ts";
import { bucketOf, documentOf } from "./request.ts";

const rulesMax = 100;
const methods = ["GET", "PUT", "HEAD", "POST", "DELETE"];

export async function getBucketCors(request: VerifiedRequest): Promise<S3Response> {
  const { cors } = bucketOf(request);
  if (cors === undefined) throw new S3Error("NoSuchCORSConfiguration");
  return xmlAnswer(xmlDocument("CORSConfiguration", ...cors.map(ruleElement)));
}

export async function putBucketCors(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  const root = await documentOf(request, "CORSConfiguration");
  only(root, ["CORSRule"]);
  if (root.children.length === 0 || root.children.length > rulesMax)
    throw malformed(`There are 1 to ${rulesMax} rules.`);
  return changeBucket(request, store, { cors: root.children.map(ruleOf) });
}

export async function deleteBucketCors(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  return changeBucket(request, store, { cors: null }, 204);
}

function ruleOf(element: XmlElement): CorsRule {
  only(element, ["ID", "AllowedOrigin", "AllowedMethod", "AllowedHeader", "ExposeHeader", "MaxAgeSeconds"]);
  const texts = (name: string) => childrenOf(element, name).map((child) => child.text.trim());
  const id = optionalText(element, "ID");
  const maxAgeSeconds = optionalInteger(element, "MaxAgeSeconds");
  const rule = {
    allowedOrigins: texts("AllowedOrigin"),
    allowedMethods: texts("AllowedMethod"),
    allowedHeaders: texts("AllowedHeader"),
    exposeHeaders: texts("ExposeHeader"),
  };
  checkRule(rule, id, maxAgeSeconds);
  return {
    ...rule,
    ...(id === undefined ? {} : { id }),
    ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }),
  };
}

function checkRule(rule: CorsRule, id: string | undefined, maxAgeSeconds: number | undefined): void {
  if (rule.allowedOrigins.length === 0 || rule.allowedMethods.length === 0)
    throw malformed("A rule needs AllowedOrigin and AllowedMethod.");
  if ((id?.length ?? 0) > 255)
    throw new S3Error("InvalidArgument", "A rule's ID has at most 255 characters.");
  if (maxAgeSeconds !== undefined && maxAgeSeconds < 0) throw malformed("MaxAgeSeconds is not negative.");
  const method = rule.allowedMethods.find((candidate) => !methods.includes(candidate));
  if (method !== undefined)
    throw new S3Error(
      "InvalidRequest",
      `Found unsupported HTTP method in CORS config. Unsupported method is ${method}`,
    );
  const wild = [...rule.allowedOrigins, ...rule.allowedHeaders].find((text) => text.split("*").length > 2);
  if (wild !== undefined) throw new S3Error("InvalidRequest", `${wild} can not have more than one wildcard.`);
  if (rule.exposeHeaders.some((name) => name.includes("*")))
    throw new S3Error("InvalidRequest", "ExposeHeader must not contain a wildcard.");
  // They go into headers of answers.
  if ([...rule.exposeHeaders, ...rule.allowedHeaders].some((name) => !/^[\w!#$%&'*+.^`|~-]*$/.test(name)))
    throw new S3Error("InvalidRequest", "A header's name has a character that is not allowed.");
}

function ruleElement(rule: CorsRule): string {
  const many = (name: string, values: readonly string[]) => values.map((value) => leaf(name, value)).join("");
  return branch(
    "CORSRule",
    leaf("ID", rule.id),
    many("AllowedMethod", rule.allowedMethods),
    many("AllowedOrigin", rule.allowedOrigins),
    many("AllowedHeader", rule.allowedHeaders),
    many("ExposeHeader", rule.exposeHeaders),
    leaf("MaxAgeSeconds", rule.maxAgeSeconds),
  );
}
