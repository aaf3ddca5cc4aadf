import type { NotificationRule } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { ObjectStore, S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { malformed, parseXml, type XmlElement } from "../xml/parse.ts";
import { childrenOf, only, optionalChild, optionalText, requiredText, requiredWord } from "../xml/read.ts";
import { branch, leaf, xmlDocument } from "../xml/write.ts";
import { xmlAnswer } from "./answer.ts";
import { changeBucket } from "./change-bucket.ts";
import { bucketOf, newCallId } from "./request.ts";
import { xmlMaxBytes } from "#objects/limits.ts";

const rulesMax = 100;

/** What notifications can tell of; a family with `*` or one of its events. */
const events: Readonly<Record<string, readonly string[]>> = {
  "s3:ObjectCreated": ["*", "Put", "Post", "Copy", "CompleteMultipartUpload"],
  "s3:ObjectRemoved": ["*", "Delete", "DeleteMarkerCreated"],
  "s3:ObjectTagging": ["*", "Put", "Delete"],
  "s3:LifecycleExpiration": ["*", "Delete", "DeleteMarkerCreated"],
};

export async function getBucketNotification(request: VerifiedRequest): Promise<S3Response> {
  const bucket = bucketOf(request);
  const rules = (bucket.notifications ?? []).map((rule) => ruleElement(rule, bucket.project));
  return xmlAnswer(xmlDocument("NotificationConfiguration", ...rules));
}

/** An empty document turns notifications off. */
export async function putBucketNotification(
  request: VerifiedRequest,
  store: ObjectStore,
): Promise<S3Response> {
  const bucket = bucketOf(request);
  const bytes = await request.body.bytes(xmlMaxBytes);
  const root = parseXml(bytes, "NotificationConfiguration");
  refuseOthers(root);
  only(root, ["QueueConfiguration", "TopicConfiguration"]);
  if (root.children.length > rulesMax) throw malformed(`There are at most ${rulesMax} configurations.`);
  const notifications = root.children.map((element) =>
    ruleOf(element, bucket.project, () => newCallId(store)),
  );
  if (new Set(notifications.map((rule) => rule.id)).size < notifications.length)
    throw new S3Error("InvalidArgument", "Configuration ids must be unique.");
  return changeBucket(request, store, { notifications: notifications.length === 0 ? null : notifications });
}

function refuseOthers(root: XmlElement): void {
  for (const name of [
    "CloudFunctionConfiguration",
    "LambdaFunctionConfiguration",
    "EventBridgeConfiguration",
  ])
    if (optionalChild(root, name) !== undefined)
      throw new S3Error("NotImplemented", `${name} is not supported; use a webhook endpoint.`);
}

function ruleOf(element: XmlElement, project: string, newId: () => string): NotificationRule {
  const target = element.name === "QueueConfiguration" ? "Queue" : "Topic";
  only(element, ["Id", target, "Event", "Filter"]);
  const names = childrenOf(element, "Event").map((event) => event.text.trim());
  if (names.length === 0) throw malformed("A configuration needs an Event.");
  for (const name of names) checkEvent(name);
  const id = optionalText(element, "Id")?.trim() ?? "";
  if (id.length > 255) throw new S3Error("InvalidArgument", "An Id has at most 255 characters.");
  return {
    id: id === "" ? newId() : id,
    endpoint: endpointOf(requiredText(element, target).trim(), project),
    events: names,
    ...(element.name === "TopicConfiguration" ? { form: "topic" as const } : {}),
    ...filterOf(optionalChild(element, "Filter")),
  };
}

function checkEvent(name: string): void {
  const end = name.lastIndexOf(":");
  if (events[name.slice(0, end)]?.includes(name.slice(end + 1)) !== true)
    throw new S3Error("InvalidArgument", `The event ${name} is not supported for notifications.`);
}

/** `arn:vdc:webhook::PROJECT:NAME`; only endpoints of the bucket's own project. */
function endpointOf(arn: string, project: string): string {
  const match = /^arn:vdc:webhook::([^:]+):([^:]+)$/.exec(arn);
  if (match?.[2] === undefined || match[1] !== project)
    throw new S3Error("InvalidArgument", "Unable to validate the following destination configurations", {
      details: { ArgumentName: arn, ArgumentValue: `Use arn:vdc:webhook::${project}:NAME.` },
    });
  return match[2];
}

function filterOf(filter: XmlElement | undefined): Pick<NotificationRule, "prefix" | "suffix"> {
  if (filter === undefined) return {};
  only(filter, ["S3Key"]);
  const s3Key = optionalChild(filter, "S3Key");
  const rules = s3Key === undefined ? [] : childrenOf(s3Key, "FilterRule");
  const parts: { prefix?: string; suffix?: string } = {};
  for (const rule of rules) {
    const name = requiredWord(rule, "Name", ["prefix", "suffix", "Prefix", "Suffix"]).toLowerCase();
    const field = name === "prefix" ? "prefix" : "suffix";
    if (parts[field] !== undefined)
      throw new S3Error("InvalidArgument", `A filter has one ${field} at most.`);
    parts[field] = requiredText(rule, "Value");
  }
  return parts;
}

function ruleElement(rule: NotificationRule, project: string): string {
  const [name, target] =
    rule.form === "topic" ? ["TopicConfiguration", "Topic"] : ["QueueConfiguration", "Queue"];
  const filters = [filterRule("prefix", rule.prefix), filterRule("suffix", rule.suffix)].join("");
  return branch(
    name ?? "",
    leaf("Id", rule.id),
    leaf(target ?? "", `arn:vdc:webhook::${project}:${rule.endpoint}`),
    ...rule.events.map((event) => leaf("Event", event)),
    filters === "" ? "" : branch("Filter", branch("S3Key", filters)),
  );
}

function filterRule(name: string, value: string | undefined): string {
  return value === undefined ? "" : branch("FilterRule", leaf("Name", name), leaf("Value", value));
}
