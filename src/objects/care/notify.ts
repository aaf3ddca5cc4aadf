import { createHmac } from "node:crypto";
import { backoffMs } from "#lib/backoff.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";
import type { CatalogCare, EndpointRow } from "#objects/catalog/care.ts";
import type { OutboxRow } from "#objects/catalog/outbox.ts";

/** After this an event is dropped, and counted. */
export const triedForMs = 24 * 3_600_000;
const firstPauseMs = 1_000;
const longestPauseMs = 10 * 60_000;
/** Events to one endpoint in one go. */
const atOnce = 20;

export interface NotifyPorts {
  readonly rows: Pick<CatalogCare, "endpoints" | "outbox" | "forgetEvents">;
  /** The endpoint's secret, `whsec_…`. */
  readonly open: (sealedSecret: string) => string;
  /** Answers the status; throws when there is no answer in time, or when it leads into a private network and must not. Follows no redirect. */
  readonly post: (
    endpoint: EndpointRow,
    headers: Readonly<Record<string, string>>,
    body: string,
  ) => Promise<number>;
  readonly clock: Clock;
  readonly random: Random;
  readonly dropped: (events: number) => void;
}

/** Sends what lies in the outbox, each event at least once: it is forgotten when its receiver said yes. A receiver that fails is waited for, and holds up no other. */
export class Notifier {
  readonly #ports: NotifyPorts;
  readonly #failing = new Map<string, { readonly attempts: number; readonly until: number }>();
  readonly #sending = new Set<string>();

  constructor(ports: NotifyPorts) {
    this.#ports = ports;
  }

  /** One turn for each endpoint; those that still have one under way are left alone. */
  async turn(): Promise<void> {
    await Promise.all(this.#ports.rows.endpoints().map(async (endpoint) => await this.#serve(endpoint)));
  }

  async #serve(endpoint: EndpointRow): Promise<void> {
    const name = `${endpoint.project}/${endpoint.name}`;
    if (this.#sending.has(name) || this.#isPaused(name)) return;
    this.#sending.add(name);
    try {
      const rows = this.#ports.rows.outbox(endpoint.project, endpoint.name, atOnce);
      const done: Uint8Array[] = [];
      await Promise.all(
        rows.map(async ({ key, event }) => {
          if (await this.#isSettled(endpoint, event)) done.push(key);
        }),
      );
      if (done.length > 0) await this.#ports.rows.forgetEvents(done);
      if (done.length === rows.length) this.#failing.delete(name);
      else this.#pause(name);
    } finally {
      this.#sending.delete(name);
    }
  }

  #isPaused(name: string): boolean {
    return this.#ports.clock.monotonic() < (this.#failing.get(name)?.until ?? 0);
  }

  #pause(name: string): void {
    const { clock, random } = this.#ports;
    const attempts = (this.#failing.get(name)?.attempts ?? -1) + 1;
    const ms = backoffMs(attempts, { baseMs: firstPauseMs, maxMs: longestPauseMs }, random);
    this.#failing.set(name, { attempts, until: clock.monotonic() + ms });
  }

  async #isSettled(endpoint: EndpointRow, event: OutboxRow): Promise<boolean> {
    const { clock, open, post, dropped } = this.#ports;
    const body = JSON.stringify(cloudEvent(event));
    try {
      const headers = signedHeaders(
        event.id,
        Math.floor(clock.now() / 1000),
        body,
        open(endpoint.sealedSecret),
      );
      const status = await post(endpoint, headers, body);
      if (status >= 200 && status < 300) return true;
    } catch {
      // as good as a refusal
    }
    if (clock.now() - event.at < triedForMs) return false;
    dropped(1);
    return true;
  }
}

/** Standard Webhooks 1.0, symmetric signatures. */
export function signedHeaders(
  id: string,
  seconds: number,
  body: string,
  secret: string,
): Readonly<Record<string, string>> {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${seconds}.${body}`).digest("base64");
  return {
    "content-type": "application/cloudevents+json",
    "webhook-id": id,
    "webhook-timestamp": String(seconds),
    "webhook-signature": `v1,${signature}`,
  };
}

/** CloudEvents 1.0 in structured JSON; its data is the record of S3's event message, version 2.1. */
export function cloudEvent({ id, event, at, bucket, ruleId, version, project }: OutboxRow) {
  const eventName = event.slice("s3:".length);
  const time = isoTime(at);
  return {
    specversion: "1.0",
    id,
    source: `urn:vdc:bucket:${bucket}`,
    type: `vdc.s3.${eventName.replace(":", ".")}`,
    subject: version.key,
    time,
    datacontenttype: "application/json",
    data: {
      eventVersion: "2.1",
      eventSource: "vdc:s3",
      eventTime: time,
      eventName,
      userIdentity: { principalId: version.writer },
      s3: {
        s3SchemaVersion: "1.0",
        configurationId: ruleId,
        bucket: { name: bucket, ownerIdentity: { principalId: project }, arn: `arn:aws:s3:::${bucket}` },
        object: {
          key: encodeURIComponent(version.key).replaceAll("%20", "+"),
          ...(eventName.startsWith("ObjectCreated") ? { size: version.size, eTag: version.etag } : {}),
          ...(version.versionId === "null" ? {} : { versionId: version.versionId }),
          sequencer: version.sequence.toString(16).padStart(16, "0").toUpperCase(),
        },
      },
    },
  };
}
