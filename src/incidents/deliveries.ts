import { impacts, type Incident, type Receipt, type Subscriber } from "#api/incidents.ts";
import { isoTime } from "#lib/clock.ts";

/** Waits before a delivery is tried again, in ms; after the last it has failed. */
export const retryAfterMs: readonly number[] = [
  2_000,
  10_000,
  60_000,
  5 * 60_000,
  30 * 60_000,
  2 * 3_600_000,
  6 * 3_600_000,
];
/** Between two messages of one incident to one subscriber, unless it opens, comes back or ends. */
export const quietMs = 60_000;
/** Deliveries that are kept, receipts included; the oldest settled ones go first. */
export const deliveriesMax = 20_000;

/** One message to one subscriber. */
export interface Delivery extends Receipt {
  /** Receivers tell repeats by it: the same for every attempt. */
  readonly id: string;
  /** Wall clock, ms. */
  readonly dueAt: number;
}

/** The messages that an incident's newest update makes. Pure: asking twice makes none twice. */
export function planDeliveries(
  incident: Incident,
  subscribers: readonly Subscriber[],
  made: ReadonlyMap<string, Delivery>,
  now: number,
): readonly Delivery[] {
  const update = incident.updates.length - 1;
  const last = incident.updates[update];
  if (last === undefined) return [];
  return subscribers.flatMap((subscriber) => {
    const before = [...made.values()].filter(
      (delivery) => delivery.subscription === subscriber.id && delivery.incident === incident.id,
    );
    const wasTold = before.length > 0;
    // Whoever was told of the trouble is told of its end, whatever they asked for since.
    const isEnd = last.status === "resolved" || last.status === "monitoring";
    if (isEnd ? !wasTold || last.status === "monitoring" : !concerns(incident, subscriber)) return [];
    if (before.some((delivery) => delivery.update === update)) return [];
    const heard = incident.updates[Math.max(-1, ...before.map((delivery) => delivery.update))];
    // Who heard last that all is well must not believe it for a minute longer.
    const isNews = isEnd || !wasTold || heard?.status === "resolved";
    const soonest = isNews
      ? now
      : Math.max(now, ...before.map((delivery) => Date.parse(delivery.at) + quietMs));
    return [
      {
        id: `${incident.id}.${update}.${subscriber.id}`,
        subscription: subscriber.id,
        project: subscriber.project,
        channel: subscriber.channel.type,
        incident: incident.id,
        update,
        state: "due" as const,
        attempts: 0,
        at: isoTime(now),
        dueAt: soonest,
      },
    ];
  });
}

/** Whether it is about something of theirs, and bad enough. */
export function concerns(incident: Incident, subscriber: Subscriber): boolean {
  if (impacts.indexOf(incident.impact) < impacts.indexOf(subscriber.minimumImpact)) return false;
  if (incident.affected.everyone) return true;
  const own = incident.affected.projects.find(({ project }) => project === subscriber.project);
  if (own === undefined) return false;
  if (own.buckets.length === 0 || subscriber.buckets.length === 0) return true;
  return own.buckets.some((bucket) => subscriber.buckets.includes(bucket));
}

/** The subscriber's own buckets among those affected. */
export function ownBuckets(
  incident: Incident,
  subscriber: Pick<Subscriber, "project" | "buckets">,
): readonly string[] {
  const own = incident.affected.projects.find(({ project }) => project === subscriber.project)?.buckets ?? [];
  return subscriber.buckets.length === 0 ? own : own.filter((bucket) => subscriber.buckets.includes(bucket));
}

/** A delivery that waits for its time and has been overtaken by a newer update need not be sent. */
export function isOvertaken(delivery: Delivery, all: Iterable<Delivery>): boolean {
  for (const other of all)
    if (
      other.subscription === delivery.subscription &&
      other.incident === delivery.incident &&
      other.update > delivery.update
    )
      return true;
  return false;
}

/** After an attempt. */
export function settled(
  delivery: Delivery,
  outcome: { readonly ok: boolean; readonly permanent?: boolean; readonly answer: string },
  now: number,
): Delivery {
  const attempts = delivery.attempts + 1;
  const wait = retryAfterMs[attempts - 1];
  const done = { ...delivery, attempts, at: isoTime(now), answer: outcome.answer.slice(0, 500) };
  if (outcome.ok) return { ...done, state: "sent" };
  if (wait === undefined || outcome.permanent === true) return { ...done, state: "failed" };
  return { ...done, dueAt: now + wait };
}
