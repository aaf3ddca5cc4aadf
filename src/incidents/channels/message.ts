import { createHmac } from "node:crypto";
import type { Incident, Subscriber } from "#api/incidents.ts";
import { ownBuckets } from "#incidents/deliveries.ts";

/** What is sent to one subscriber, in each channel's form. */
export interface Told {
  readonly incident: Incident;
  readonly update: number;
  readonly subscriber: Subscriber;
  /** Of the service. */
  readonly name: string;
  /** Of the customer's page, with a slash at its end. */
  readonly url: string;
  /** The delivery's id. */
  readonly id: string;
}

export interface Email {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Plain text. One thread for each incident (`References`), so that an all-clear stands beside what it ends. */
export function emailOf(told: Told): Email {
  const { incident, subscriber, name, url, update } = told;
  const now = incident.updates[update];
  const buckets = ownBuckets(incident, subscriber);
  const lines = [
    now?.text ?? "",
    "",
    `Since:    ${incident.startedAt}`,
    ...(incident.resolvedAt === undefined ? [] : [`Until:    ${incident.resolvedAt}`]),
    `Project:  ${subscriber.project}`,
    ...(buckets.length === 0 ? [] : [`Buckets:  ${buckets.join(", ")}`]),
    `Concerns: ${incident.effects.join(", ")}`,
    "",
    `More: ${url}incidents/${incident.id}`,
    "",
    "-- ",
    `You get this because project ${subscriber.project} subscribed to incidents of ${name}.`,
  ];
  const domain = new URL(url).hostname;
  return {
    to: subscriber.channel.type === "email" ? subscriber.channel.to : "",
    subject: `[${name}] ${now?.status === "resolved" ? "Resolved: " : ""}${incident.title}`,
    text: lines.join("\n"),
    headers: {
      "message-id": `<${told.id}@${domain}>`,
      references: `<${incident.id}@${domain}>`,
      "auto-submitted": "auto-generated",
      "list-unsubscribe": `<${url}unsubscribe/${subscriber.id}>`,
      "list-unsubscribe-post": "List-Unsubscribe=One-Click",
    },
  };
}

/** The body of webhooks and of Web Push. A CloudEvents-like envelope would repeat what the headers say already. */
export function bodyOf(told: Told) {
  const { incident, subscriber, update, url } = told;
  const now = incident.updates[update];
  return {
    type: `incident.${now?.status ?? incident.status}`,
    timestamp: now?.at ?? incident.openedAt,
    data: {
      incident: incident.id,
      title: incident.title,
      text: now?.text ?? "",
      status: now?.status ?? incident.status,
      impact: incident.impact,
      effects: incident.effects,
      component: incident.component,
      startedAt: incident.startedAt,
      ...(incident.resolvedAt === undefined ? {} : { resolvedAt: incident.resolvedAt }),
      project: subscriber.project,
      buckets: ownBuckets(incident, subscriber),
      url: `${url}incidents/${incident.id}`,
    },
  };
}

/**
 * Headers of a signed webhook (Standard Webhooks 1.0: `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`). The secret is `whsec_` and base64, or any text.
 */
export function webhookHeaders(message: {
  readonly id: string;
  readonly body: string;
  readonly atMs: number;
  readonly secret: string;
}): Readonly<Record<string, string>> {
  const { id, body, atMs, secret } = message;
  const timestamp = String(Math.floor(atMs / 1000));
  const key = secret.startsWith("whsec_")
    ? Buffer.from(secret.slice("whsec_".length), "base64")
    : Buffer.from(secret);
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return {
    "content-type": "application/json",
    "user-agent": "VDC-Status",
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${signature}`,
  };
}
