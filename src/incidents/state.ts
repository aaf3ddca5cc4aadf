import { incidentSchema, receiptSchema, subscriberSchema, type Subscriber } from "#api/incidents.ts";
import { z } from "zod";
import { deliveriesMax, type Delivery } from "./deliveries.ts";
import type { Documents } from "./ports.ts";
import type { OpenIncident } from "./reduce.ts";

/** What the status process remembers, in memory and in its own store. Every change is written before anybody is told of it. */

const openIncidentSchema = z.object({
  incident: incidentSchema,
  signals: z.array(z.string()),
  clearSince: z.number().optional(),
});
const deliverySchema = receiptSchema.extend({ id: z.string(), dueAt: z.number() });
const ownerSchema = z.object({ subscriber: subscriberSchema, origin: z.enum(["control", "page"]) });
const pageSchema = z.object({ project: z.string(), token: z.string() });

type Owned = z.infer<typeof ownerSchema>;

export class StatusState {
  readonly #documents: Documents;
  incidents: readonly OpenIncident[];
  readonly deliveries: Map<string, Delivery>;
  readonly #subscribers: Map<string, Owned>;
  /** By project, the secret part of its page's address. */
  readonly #pages: Map<string, string>;

  constructor(documents: Documents) {
    this.#documents = documents;
    const read = <T>(kind: string, schema: z.ZodType<T>) =>
      documents.all(kind).flatMap(({ body }) => {
        const parsed = schema.safeParse(JSON.parse(body));
        return parsed.success ? [parsed.data] : []; // of an older version: better forgotten than in the way
      });
    this.incidents = read("incident", openIncidentSchema)
      .map(({ clearSince, ...open }) => (clearSince === undefined ? open : { ...open, clearSince }))
      .toSorted((a, b) => a.incident.openedAt.localeCompare(b.incident.openedAt));
    this.deliveries = new Map(
      read("delivery", deliverySchema).map(({ answer, ...delivery }) => [
        delivery.id,
        answer === undefined ? delivery : { ...delivery, answer },
      ]),
    );
    this.#subscribers = new Map(read("subscriber", ownerSchema).map((owned) => [owned.subscriber.id, owned]));
    this.#pages = new Map(read("page", pageSchema).map(({ project, token }) => [project, token]));
  }

  get subscribers(): readonly Subscriber[] {
    return [...this.#subscribers.values()].map(({ subscriber }) => subscriber);
  }

  subscriber(id: string): Subscriber | undefined {
    return this.#subscribers.get(id)?.subscriber;
  }

  saveIncidents(next: readonly OpenIncident[]): void {
    const before = new Map(this.incidents.map((open) => [open.incident.id, open]));
    const changed = next.filter((open) => before.get(open.incident.id) !== open);
    const kept = new Set(next.map(({ incident }) => incident.id));
    const gone = [...before.keys()].filter((id) => !kept.has(id));
    this.incidents = next;
    if (changed.length + gone.length === 0) return;
    this.#documents.write([
      ...changed.map((open) => ({ kind: "incident", id: open.incident.id, body: JSON.stringify(open) })),
      ...gone.map((id) => ({ kind: "incident", id })),
    ]);
  }

  saveDeliveries(changed: readonly Delivery[]): void {
    for (const delivery of changed) this.deliveries.set(delivery.id, delivery);
    const settledOnes = [...this.deliveries.values()].filter(({ state }) => state !== "due");
    const spare = settledOnes.slice(0, Math.max(0, this.deliveries.size - deliveriesMax));
    for (const { id } of spare) this.deliveries.delete(id);
    this.#documents.write([
      ...changed.map((delivery) => ({ kind: "delivery", id: delivery.id, body: JSON.stringify(delivery) })),
      ...spare.map(({ id }) => ({ kind: "delivery", id })),
    ]);
  }

  /** One that need not be sent any more. */
  dropDelivery(id: string): void {
    this.deliveries.delete(id);
    this.#documents.write([{ kind: "delivery", id }]);
  }

  /** Takes control's whole list; what pages added stays. */
  replaceSubscribers(list: readonly Subscriber[]): void {
    const kept = new Set(list.map(({ id }) => id));
    const gone = [...this.#subscribers.values()].filter(
      ({ origin, subscriber }) => origin === "control" && !kept.has(subscriber.id),
    );
    for (const { subscriber } of gone) this.#subscribers.delete(subscriber.id);
    const changed = list.filter((one) => JSON.stringify(this.subscriber(one.id)) !== JSON.stringify(one));
    for (const subscriber of changed) this.#subscribers.set(subscriber.id, { subscriber, origin: "control" });
    this.#documents.write([
      ...gone.map(({ subscriber }) => ({ kind: "subscriber", id: subscriber.id })),
      ...changed.map((subscriber) => ({
        kind: "subscriber",
        id: subscriber.id,
        body: JSON.stringify({ subscriber, origin: "control" } satisfies Owned),
      })),
    ]);
  }

  addFromPage(subscriber: Subscriber): void {
    this.#subscribers.set(subscriber.id, { subscriber, origin: "page" });
    this.#documents.write([
      {
        kind: "subscriber",
        id: subscriber.id,
        body: JSON.stringify({ subscriber, origin: "page" } satisfies Owned),
      },
    ]);
  }

  removeSubscriber(id: string): boolean {
    if (!this.#subscribers.delete(id)) return false;
    this.#documents.write([{ kind: "subscriber", id }]);
    return true;
  }

  /** The secret part of a project's page; made when first asked for. */
  tokenOf(project: string, newToken: () => string): string {
    const known = this.#pages.get(project);
    if (known !== undefined) return known;
    const token = newToken();
    this.#pages.set(project, token);
    this.#documents.write([{ kind: "page", id: project, body: JSON.stringify({ project, token }) }]);
    return token;
  }

  get pages(): readonly { readonly project: string; readonly token: string }[] {
    return [...this.#pages].map(([project, token]) => ({ project, token }));
  }
}
