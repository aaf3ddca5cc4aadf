import webPush from "web-push";
import type { Sent } from "./smtp.ts";

export interface PushKeys {
  readonly publicKey: string;
  readonly privateKey: string;
}

/** A pair for this data center, made once (RFC 8292); browsers bind subscriptions to the public half. */
export function newPushKeys(): PushKeys {
  return webPush.generateVAPIDKeys();
}

const timeToLiveSeconds = 3_600;
const withinMs = 10_000;

/** Sends to a browser's push service (RFC 8030, sealed by RFC 8291). `contact` is a `mailto:` or https address of the operator. Never rejects. */
export function pushSender(keys: PushKeys, contact: string) {
  return async (
    channel: { readonly endpoint: string; readonly p256dh: string; readonly auth: string },
    payload: string,
  ): Promise<Sent> => {
    try {
      const subscription = {
        endpoint: channel.endpoint,
        keys: { p256dh: channel.p256dh, auth: channel.auth },
      };
      const { statusCode } = await webPush.sendNotification(subscription, payload, {
        vapidDetails: { subject: contact, ...keys },
        TTL: timeToLiveSeconds,
        urgency: "high",
        timeout: withinMs,
      });
      return { ok: true, answer: `answered ${statusCode}` };
    } catch (error) {
      const { statusCode } = error as { readonly statusCode?: number }; // web-push's own error carries it
      // RFC 8030 section 7.3: a subscription that has ended.
      const isGone = statusCode === 404 || statusCode === 410;
      return {
        ok: false,
        permanent: isGone,
        answer: statusCode === undefined ? "not reached" : `answered ${statusCode}`,
      };
    }
  };
}
