import type { LifecycleRule, ObjectFilter } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";

import { malformed, type XmlElement } from "../xml/parse.ts";
import {
  childrenOf,
  only,
  optionalBoolean,
  optionalChild,
  optionalInteger,
  optionalText,
  optionalTime,
  requiredText,
  requiredWord,
} from "../xml/read.ts";
import { checkedTags } from "./tags.ts";

const rulesMax = 1000;
const dayMs = 86_400_000;
/** S3: at most ten tags in a filter. */
const filterTagsMax = 10;

/** Reads and checks a lifecycle configuration as S3 does. `newId` names rules that have no name. */
export function lifecycleRulesOf(root: XmlElement, newId: () => string): readonly LifecycleRule[] {
  only(root, ["Rule"]);
  if (root.children.length === 0 || root.children.length > rulesMax)
    throw malformed(`There are 1 to ${rulesMax} rules.`);
  const rules = root.children.map((element) => ruleOf(element, newId));
  if (new Set(rules.map((rule) => rule.id)).size < rules.length)
    throw new S3Error("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule.");
  return rules;
}

function ruleOf(element: XmlElement, newId: () => string): LifecycleRule {
  if (
    childrenOf(element, "Transition").length + childrenOf(element, "NoncurrentVersionTransition").length >
    0
  )
    throw new S3Error("NotImplemented", "Transitions are not supported: there is one storage class.");
  only(element, [
    "ID",
    "Prefix",
    "Filter",
    "Status",
    "Expiration",
    "NoncurrentVersionExpiration",
    "AbortIncompleteMultipartUpload",
  ]);
  const id = optionalText(element, "ID") ?? "";
  if (id.length > 255)
    throw new S3Error("InvalidArgument", "ID length should not exceed allowed limit of 255.");
  const rule = {
    id: id === "" ? newId() : id,
    enabled: requiredWord(element, "Status", ["Enabled", "Disabled"]) === "Enabled",
    ...selectorOf(element),
    ...actionsOf(element),
  };
  checkTogether(rule);
  return rule;
}

/** Either `Filter`, or the old `Prefix` beside it. */
function selectorOf(element: XmlElement): Pick<LifecycleRule, "filter" | "legacyPrefix"> {
  const filter = optionalChild(element, "Filter");
  const prefix = optionalText(element, "Prefix");
  if (filter === undefined && prefix === undefined) throw malformed("A rule needs Filter or Prefix.");
  if (filter !== undefined && prefix !== undefined) throw malformed("Filter and Prefix exclude each other.");
  return filter === undefined
    ? { filter: { prefix: prefix ?? "" }, legacyPrefix: true }
    : { filter: filterOf(filter) };
}

const conditionNames = ["Prefix", "Tag", "ObjectSizeGreaterThan", "ObjectSizeLessThan"];

function filterOf(filter: XmlElement): ObjectFilter {
  only(filter, [...conditionNames, "And"]);
  const and = optionalChild(filter, "And");
  if (and === undefined) {
    if (filter.children.length > 1) throw malformed("A Filter with several conditions needs And.");
    return conditionsOf(filter);
  }
  if (filter.children.length > 1) throw malformed("And stands alone in a Filter.");
  only(and, conditionNames);
  if (and.children.length < 2) throw malformed("And needs two conditions.");
  return conditionsOf(and);
}

function conditionsOf(element: XmlElement): ObjectFilter {
  const prefix = optionalText(element, "Prefix");
  const pairs = childrenOf(element, "Tag").map(
    (tag) => [requiredText(tag, "Key"), requiredText(tag, "Value")] as const,
  );
  const sizeGreaterThan = optionalInteger(element, "ObjectSizeGreaterThan");
  const sizeLessThan = optionalInteger(element, "ObjectSizeLessThan");
  for (const size of [sizeGreaterThan, sizeLessThan])
    if (size !== undefined && size < 0) throw new S3Error("InvalidRequest", "A size is not negative.");
  if (sizeGreaterThan !== undefined && sizeLessThan !== undefined && sizeGreaterThan >= sizeLessThan)
    throw new S3Error("InvalidRequest", "ObjectSizeLessThan must be greater than ObjectSizeGreaterThan.");
  return {
    ...(prefix === undefined ? {} : { prefix }),
    ...(pairs.length === 0 ? {} : { tags: checkedTags(pairs, filterTagsMax) }),
    ...(sizeGreaterThan === undefined ? {} : { sizeGreaterThan }),
    ...(sizeLessThan === undefined ? {} : { sizeLessThan }),
  };
}

type Actions = Pick<LifecycleRule, "expiration" | "noncurrentExpiration" | "abortIncompleteUploadDays">;

function actionsOf(element: XmlElement): Actions {
  const expiration = optionalChild(element, "Expiration");
  const noncurrent = optionalChild(element, "NoncurrentVersionExpiration");
  const abort = optionalChild(element, "AbortIncompleteMultipartUpload");
  if (expiration === undefined && noncurrent === undefined && abort === undefined)
    throw new S3Error("InvalidRequest", "At least one action needs to be specified in a rule.");
  return {
    ...(expiration === undefined ? {} : { expiration: expirationOf(expiration) }),
    ...(noncurrent === undefined ? {} : { noncurrentExpiration: noncurrentOf(noncurrent) }),
    ...(abort === undefined ? {} : { abortIncompleteUploadDays: daysOf(abort, "DaysAfterInitiation") }),
  };
}

function expirationOf(element: XmlElement): NonNullable<LifecycleRule["expiration"]> {
  only(element, ["Days", "Date", "ExpiredObjectDeleteMarker"]);
  if (element.children.length !== 1)
    throw malformed("Expiration holds one of Days, Date and ExpiredObjectDeleteMarker.");
  const marker = optionalBoolean(element, "ExpiredObjectDeleteMarker");
  if (marker === true) return { expiredObjectDeleteMarker: true };
  if (marker === false) throw malformed("ExpiredObjectDeleteMarker can only be true.");
  const date = optionalTime(element, "Date");
  if (date === undefined) return { days: daysOf(element, "Days") };
  if (date % dayMs !== 0) throw new S3Error("InvalidArgument", "'Date' must be at midnight GMT");
  return { date };
}

function noncurrentOf(element: XmlElement): NonNullable<LifecycleRule["noncurrentExpiration"]> {
  only(element, ["NoncurrentDays", "NewerNoncurrentVersions"]);
  const newerVersions = optionalInteger(element, "NewerNoncurrentVersions");
  if (newerVersions !== undefined && (newerVersions < 1 || newerVersions > 100))
    throw new S3Error("InvalidArgument", "NewerNoncurrentVersions must be from 1 to 100.");
  const days = daysOf(element, "NoncurrentDays");
  return { days, ...(newerVersions === undefined ? {} : { newerVersions }) };
}

function daysOf(element: XmlElement, name: string): number {
  const days = optionalInteger(element, name);
  if (days === undefined) throw malformed(`${element.name} lacks ${name}.`);
  if (days <= 0 || days > 2 ** 31 - 1)
    throw new S3Error("InvalidArgument", `'${name}' for ${element.name} action must be a positive integer`);
  return days;
}

/** Actions that work on something else than single objects cannot look at what single objects have. */
function checkTogether(rule: LifecycleRule): void {
  const { filter } = rule;
  const isMarker = rule.expiration !== undefined && "expiredObjectDeleteMarker" in rule.expiration;
  const bySize = filter.sizeGreaterThan !== undefined || filter.sizeLessThan !== undefined;
  if (filter.tags === undefined && !bySize) return;
  if (rule.abortIncompleteUploadDays !== undefined)
    throw new S3Error(
      "InvalidRequest",
      "AbortIncompleteMultipartUpload cannot be specified with tags or object sizes.",
    );
  if (isMarker)
    throw new S3Error(
      "InvalidRequest",
      "ExpiredObjectDeleteMarker cannot be specified with tags or object sizes.",
    );
}
