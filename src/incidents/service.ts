import type { Incident, Receipt, Report, Subscriber } from "#api/incidents.ts";
import { background } from "#lib/background.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import { newSecret, type Random } from "#lib/random.ts";
import { bodyOf, emailOf, webhookHeaders } from "./channels/message.ts";
import { concerns, isOvertaken, ownBuckets, planDeliveries, settled, type Delivery } from "./deliveries.ts";
import { renderSite, type Site } from "./pages/site.ts";
import type { Outcome, StatusPorts } from "./ports.ts";
import { reduce, worst } from "./reduce.ts";
import { hear, holding, leave, type Sources } from "./signals.ts";
import { StatusState } from "./state.ts";

/** Messages under way at once. */
const sendingMax = 16;
/** How often everything is looked at; a report that changes something is looked at when it comes. */
const tickMs = 500;
/** Open incidents that a person may have posted at once. */
const manualMax = 20;

export interface StatusServiceOptions {
  readonly ports: StatusPorts;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Of the service, for people. */
  readonly name: string;
  /** Where the page answers, with a slash at its end. */
  readonly url: () => string;
  /** For Web Push; absent: no button. */
  readonly pushPublicKey?: string;
}

/** Hears reports, makes incidents of them, tells subscribers, keeps the pages rendered. One in a data center. */
export class StatusService {
  readonly #options: StatusServiceOptions;
  readonly #state: StatusState;
  readonly #startedAt: string;
  #sources: Sources = new Map();
  #site: Site = new Map();
  readonly #sending = new Set<string>();
  #timer: Disposable | undefined;
  #stopped = false;

  constructor(options: StatusServiceOptions) {
    this.#options = options;
    this.#state = new StatusState(options.ports.documents);
    this.#startedAt = isoTime(options.clock.now());
    this.render();
  }

  start(): void {
    if (this.#stopped) return;
    this.#timer = this.#options.clock.after(tickMs, () => {
      this.tick();
      this.start();
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.[Symbol.dispose]();
  }

  /** A source's signals, and its heartbeat. */
  report(report: Report): void {
    const before = this.#sources.get(report.from);
    this.#sources = hear(this.#sources, report, this.#options.clock.monotonic());
    if (JSON.stringify(before?.signals) !== JSON.stringify(report.signals)) this.tick();
  }

  /** A source that ends on purpose. */
  leave(from: string): void {
    this.#sources = leave(this.#sources, from);
  }

  /** Looks at everything now. */
  tick(): void {
    const { clock, random } = this.#options;
    const now = clock.now();
    const held = holding(this.#sources, clock.monotonic(), now);
    const { incidents, told } = reduce(this.#state.incidents, held, now, () =>
      newSecret(random).slice(0, 16),
    );
    this.#state.saveIncidents(incidents);
    for (const incident of told) this.#tell(incident);
    if (told.length > 0) this.render();
    this.#sendDue(now);
  }

  get incidents(): readonly Incident[] {
    return this.#state.incidents.map(({ incident }) => incident).toReversed();
  }

  /** Newest first. */
  receipts(filter: { readonly project?: string; readonly incident?: string }): readonly Receipt[] {
    return [...this.#state.deliveries.values()]
      .filter(
        ({ project, incident }) =>
          (filter.project ?? project) === project && (filter.incident ?? incident) === incident,
      )
      .map(({ id: _, dueAt: __, ...receipt }) => receipt)
      .toReversed();
  }

  /** Control's whole list of subscriptions. */
  setSubscribers(list: readonly Subscriber[]): void {
    this.#state.replaceSubscribers(list);
    for (const { project } of list) this.pageOf(project);
  }

  /** The address of the public page. */
  get url(): string {
    return this.#options.url();
  }

  /** The address of a project's own page. */
  pageOf(project: string): string {
    const known = this.#state.pages.length;
    const token = this.#state.tokenOf(project, () => newSecret(this.#options.random));
    if (this.#state.pages.length > known) this.render();
    return `${this.#options.url()}p/${token}/`;
  }

  /** A browser that asked on a project's page; false: no such page. */
  addPush(
    token: string,
    keys: { readonly endpoint: string; readonly p256dh: string; readonly auth: string },
  ): boolean {
    const page = this.#state.pages.find((one) => one.token === token);
    if (page === undefined) return false;
    const id = `push-${newSecret(this.#options.random).slice(0, 16)}`;
    this.#state.addFromPage({
      id,
      project: page.project,
      buckets: [],
      minimumImpact: "none",
      channel: { type: "web-push", ...keys },
    });
    return true;
  }

  unsubscribe(id: string): boolean {
    return this.#state.removeSubscriber(id);
  }

  /** What people say themselves: a new incident, or an update of one of theirs. Undefined: no such incident, or too many. */
  say(said: {
    readonly id?: string;
    readonly incident: Omit<Incident, "id" | "startedAt" | "openedAt" | "updates" | "cause" | "details">;
    readonly text: string;
  }): Incident | undefined {
    const now = isoTime(this.#options.clock.now());
    const update = { at: now, status: said.incident.status, text: said.text };
    const before = this.#state.incidents.find(({ incident }) => incident.id === said.id);
    const open = this.#state.incidents.filter(
      ({ incident }) => incident.cause === "manual" && incident.status !== "resolved",
    );
    if (said.id === undefined ? open.length >= manualMax : before?.incident.cause !== "manual")
      return undefined;
    const incident: Incident = {
      ...said.incident,
      impact:
        before === undefined ? said.incident.impact : worst(before.incident.impact, said.incident.impact),
      id: before?.incident.id ?? newSecret(this.#options.random).slice(0, 16),
      cause: "manual",
      details: [],
      startedAt: before?.incident.startedAt ?? now,
      openedAt: before?.incident.openedAt ?? now,
      updates: [...(before?.incident.updates ?? []), update],
      ...(said.incident.status === "resolved" ? { resolvedAt: now } : {}),
    };
    const others = this.#state.incidents.filter((one) => one !== before);
    this.#state.saveIncidents([...others, { incident, signals: [] }]);
    this.#tell(incident);
    this.render();
    this.#sendDue(this.#options.clock.now());
    return incident;
  }

  /** A page, feed or document by its path, such as `api/v2/summary.json`. */
  file(path: string): { readonly type: string; readonly body: string } | undefined {
    return this.#site.get(path);
  }

  /** Sends one message to try a subscription; nothing is kept of it. */
  async test(id: string): Promise<Outcome | undefined> {
    const subscriber = this.#state.subscriber(id);
    if (subscriber === undefined) return undefined;
    const now = isoTime(this.#options.clock.now());
    const incident: Incident = {
      id: "test",
      title: "A test: nothing is wrong",
      component: "objects",
      cause: "manual",
      effects: [],
      impact: "none",
      status: "resolved",
      startedAt: now,
      openedAt: now,
      resolvedAt: now,
      affected: { everyone: false, projects: [] },
      updates: [
        { at: now, status: "resolved", text: "Somebody asked for this message to see whether it arrives." },
      ],
      details: [],
    };
    return await this.#send(incident, 0, subscriber, `test.${newSecret(this.#options.random).slice(0, 8)}`);
  }

  #tell(incident: Incident): void {
    const { clock, log } = this.#options;
    const made = planDeliveries(incident, this.#state.subscribers, this.#state.deliveries, clock.now());
    if (made.length > 0) this.#state.saveDeliveries(made);
    const { status, cause, impact } = incident;
    log.warn("incident.told", { incident: incident.id, cause, impact, status, notices: made.length });
  }

  #sendDue(now: number): void {
    for (const delivery of this.#state.deliveries.values()) {
      if (this.#sending.size >= sendingMax) return;
      if (delivery.state !== "due" || delivery.dueAt > now || this.#sending.has(delivery.id)) continue;
      if (isOvertaken(delivery, this.#state.deliveries.values())) {
        this.#state.dropDelivery(delivery.id);
        continue;
      }
      this.#sending.add(delivery.id);
      background(
        this.#deliver(delivery).finally(() => this.#sending.delete(delivery.id)),
        "incident.deliver",
        this.#options.log,
      );
    }
  }

  async #deliver(delivery: Delivery): Promise<void> {
    const incident = this.#state.incidents.find((open) => open.incident.id === delivery.incident)?.incident;
    const subscriber = this.#state.subscriber(delivery.subscription);
    if (incident === undefined || subscriber === undefined) return this.#state.dropDelivery(delivery.id);
    const outcome = await this.#send(incident, delivery.update, subscriber, delivery.id);
    this.#state.saveDeliveries([settled(delivery, outcome, this.#options.clock.now())]);
  }

  async #send(incident: Incident, update: number, subscriber: Subscriber, id: string): Promise<Outcome> {
    const { ports, clock, name } = this.#options;
    const told = { incident, update, subscriber, name, url: this.pageOf(subscriber.project), id };
    const { channel } = subscriber;
    if (channel.type === "email") return await ports.send.email(emailOf(told));
    const body = JSON.stringify(bodyOf(told));
    if (channel.type === "web-push") {
      const { data } = bodyOf(told);
      return await ports.send.push(channel, JSON.stringify(data));
    }
    const headers = webhookHeaders({ id, body, atMs: clock.now(), secret: channel.secret });
    return await ports.send.webhook({ url: channel.url, headers, body });
  }

  /** Writes all pages anew. */
  render(): void {
    const { clock, name, ports, log, pushPublicKey } = this.#options;
    const incidents = this.incidents;
    const pages = this.#state.pages.map(({ project, token }) => {
      const own = {
        id: "",
        project,
        buckets: [],
        minimumImpact: "none" as const,
        channel: { type: "email" as const, to: "" },
      };
      const theirs = incidents.filter((incident) => concerns(incident, own));
      return {
        token,
        incidents: theirs,
        buckets: new Map(theirs.map((incident) => [incident.id, ownBuckets(incident, own)])),
      };
    });
    this.#site = renderSite({
      name,
      url: this.#options.url(),
      updatedAt: isoTime(clock.now()),
      startedAt: this.#startedAt,
      incidents,
      pages,
      ...(pushPublicKey === undefined ? {} : { pushPublicKey }),
    });
    const files = new Map([...this.#site].map(([path, { body }]) => [path, body]));
    background(ports.publish(files), "incident.publish", log);
  }
}
