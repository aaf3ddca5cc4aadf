import type { OnReadOpts, Socket } from "node:net";
import { assert } from "#lib/assert.ts";
import { isoTime } from "#lib/clock.ts";
import type { AccessEntry, GatewayStatus } from "../gateway-api.ts";
import { emptySnapshot, type SnapshotContent, type SnapshotPool } from "../snapshot.ts";
import type { StartExchange } from "./exchange/client-side.ts";
import { compile, type LastingRoute } from "./exchange/compile.ts";
import type { Core, CoreConfig } from "./exchange/core.ts";
import { RefusalCounts } from "./exchange/counters.ts";
import { Exchange } from "./exchange/exchange.ts";
import { KeptConnections } from "./exchange/member-connections.ts";
import { Sweep } from "./exchange/sweep.ts";
import type { ConnectionFacts, Gateway, GatewayPorts } from "./gateway-contract.ts";
import { createHealthChecker, type HealthChecker } from "./health/checker.ts";
import { ClientConnection, connectionLimits, type ClientHost } from "./http1/client-connection.ts";
import type { Member, Pool } from "./pool-contract.ts";
import { createPool } from "./pool/pool.ts";

export interface GatewayOptions {
  readonly ports: GatewayPorts;
  /** Of this gateway, unique in the data center; begins every request's id. */
  readonly name: string;
  /** Where redirects to https lead; 443 when nothing else is said. */
  readonly tlsPort?: number;
  /** Gateways that share the traffic, this one among them; each may use its part of an instance's concurrency. Absent: 1. */
  readonly gateways?: number;
  /** The other protocol that clients speak. Without it such connections are closed. */
  readonly http2?: (host: ProtocolHost) => ClientProtocol;
}

/** What a client protocol needs of the gateway. */
export type ProtocolHost = Pick<ClientHost, "sweep" | "isDraining" | "start" | "date"> & {
  /** Counts and logs a request that was refused before it was an exchange. */
  refused(facts: ConnectionFacts, rule: string, status: number): void;
  /** One of the protocol's connections has ended: a drain may be over. */
  gone(): void;
};

/** A protocol that takes over connections. */
export interface ClientProtocol {
  accept(socket: Socket, facts: ConnectionFacts): void;
  readonly connections: number;
  /** No new requests: idle connections are closed now, others after their last answer. */
  drain(): void;
  /** The deadline is near: what is still open is told so. */
  goAway(): void;
  destroy(): void;
}

/** How often deadlines are looked at, and the pools' timers run. */
const tickMs = 50;
/** How often idle connections to members are looked at, in ticks. */
const idleTicks = 20;
/** How long before the deadline of a drain upgraded connections are told to go, at most. */
const goAwayMs = 2_000;

/** What a route allows an instance is for all gateways together. */
function withShare(pool: SnapshotPool, gateways: number): SnapshotPool {
  const { concurrency } = pool.policy;
  const perInstance = Math.max(1, Math.floor(concurrency.perInstance / gateways));
  return { ...pool, policy: { ...pool.policy, concurrency: { ...concurrency, perInstance } } };
}

export function createGateway(options: GatewayOptions): Gateway {
  return new BuiltinGateway(options);
}

class BuiltinGateway implements Gateway, Core, ClientHost {
  onAccess: ((entry: AccessEntry) => void) | undefined;
  isDraining = false;
  config: CoreConfig;

  readonly ports: GatewayPorts;
  readonly sweep: Sweep;
  readonly via = "1.1 vdc";
  readonly refusals = new RefusalCounts();
  readonly tlsPort: number;
  /** A property and not a method, because client protocols call it for each request. */
  readonly start: StartExchange;

  readonly #gateways: number;
  readonly #checker: HealthChecker;
  readonly #pools = new Map<string, Pool>();
  readonly #lasting = new Map<string, LastingRoute>();
  readonly #connections = new Set<ClientConnection>();
  readonly #kept = new Set<KeptConnections>();
  readonly #http2: ClientProtocol | undefined;
  readonly #idPrefix: string;
  #requestCount = 0;
  #date = "";
  #dateAt = 0;
  #ticks = 0;
  #timer: Disposable | undefined;
  #drained: (() => void) | undefined;

  constructor(options: GatewayOptions) {
    const { ports } = options;
    this.ports = ports;
    this.tlsPort = options.tlsPort ?? 443;
    this.#gateways = options.gateways ?? 1;
    this.sweep = new Sweep(ports.clock.monotonic());
    this.#idPrefix = `${Buffer.from(ports.random.bytes(6)).toString("hex")}-`;
    this.#checker = createHealthChecker(ports);
    this.start = (client, head) => {
      const exchange = new Exchange(this, client, head);
      exchange.start(head);
      return exchange;
    };
    this.config = compile(emptySnapshot, this.#pools, this.#lasting);
    this.#http2 = options.http2?.(this.#protocolHost());
    this.#tickLater();
  }

  apply(content: SnapshotContent): void {
    const now = this.ports.clock.monotonic();
    const ids = new Set(content.pools.map((pool) => pool.id));
    assert(ids.size === content.pools.length, "a snapshot has each pool once");
    // Everything that can fail comes first, so that a snapshot is taken as a whole or not at all.
    const config = compile(content, this.#pools, this.#lasting);
    for (const given of content.pools) {
      const wanted = withShare(given, this.#gateways);
      const pool = this.#pools.get(wanted.id);
      if (pool !== undefined) pool.update(wanted, now);
      else {
        const onChecksWanted = () => this.#checker.wake();
        this.#pools.set(wanted.id, createPool(wanted, { random: this.ports.random, now, onChecksWanted }));
      }
    }
    this.config = config;
    for (const [id, pool] of this.#pools) if (!ids.has(id)) this.#removePool(id, pool, now);
    this.#checker.watch([...this.#pools.values()]);
  }

  accept(socket: Socket, facts: ConnectionFacts): void {
    if (facts.protocol === "h2") {
      if (this.#http2 === undefined) socket.destroy();
      else this.#http2.accept(socket, facts);
      return;
    }
    this.#connections.add(new ClientConnection(socket, facts, this));
  }

  async drain({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> {
    const { clock } = this.ports;
    this.isDraining = true;
    const gone = new Promise<void>((resolve) => (this.#drained = resolve));
    const idleMs = Math.min(connectionLimits.drainIdleMs, deadlineMs / 2);
    for (const connection of this.#connections) connection.drain(idleMs);
    this.#http2?.drain();
    using _goAway = clock.after(Math.max(0, deadlineMs - Math.min(goAwayMs, deadlineMs / 2)), () =>
      this.#goAway(),
    );
    using _cut = clock.after(deadlineMs, () => this.#cut());
    this.#connectionGone();
    await gone;
    this.#timer?.[Symbol.dispose]();
    this.#checker.stop();
    for (const kept of this.#kept) kept.removed();
  }

  status(): ReturnType<Gateway["status"]> {
    const members = [...this.#pools.values()].flatMap((pool) => pool.members.map(memberStatus));
    const routes = [...this.#lasting].map(([id, { counters }]) => counters.status(id));
    const pools = [...this.#pools.values()].map(poolStatus);
    return { members, routes, pools, refused: this.refusals.all(), connections: this.#connectionCount };
  }

  // For exchanges.

  nextRequestId(): string {
    return this.#idPrefix + (++this.#requestCount).toString(36);
  }

  connectionsOf(member: Member): KeptConnections {
    const known = member.connections;
    if (known instanceof KeptConnections) return known;
    const made = new KeptConnections(member, this.ports);
    member.connections = made;
    this.#kept.add(made);
    return made;
  }

  date(): string {
    const now = this.ports.clock.now();
    if (now - this.#dateAt >= 1_000 || now < this.#dateAt) {
      this.#dateAt = now - (now % 1_000);
      this.#date = new Date(now).toUTCString();
    }
    return this.#date;
  }

  // For connections of clients.

  readInto(socket: Socket, onread: OnReadOpts): boolean {
    return this.ports.readInto?.(socket, onread) ?? false;
  }

  refused(connection: ClientConnection, rule: string, status: number): void {
    this.#refused(connection.facts, rule, status);
  }

  closed(connection: ClientConnection): void {
    this.#connections.delete(connection);
    if (this.isDraining) this.#connectionGone();
  }

  #protocolHost(): ProtocolHost {
    const isDraining = () => this.isDraining;
    return {
      sweep: this.sweep,
      start: this.start,
      date: () => this.date(),
      refused: (facts, rule, status) => this.#refused(facts, rule, status),
      gone: () => {
        if (this.isDraining) this.#connectionGone();
      },
      get isDraining() {
        return isDraining();
      },
    };
  }

  /** A request that broke a rule has no route. */
  #refused(facts: ConnectionFacts, rule: string, status: number): void {
    this.refusals.refused(rule);
    this.onAccess?.({
      at: isoTime(this.ports.clock.now()),
      id: this.nextRequestId(),
      client: facts.clientAddress,
      protocol: facts.protocol === "h2" ? "HTTP/2" : "HTTP/1.1",
      tls: facts.tls,
      method: "",
      host: "",
      path: "",
      status,
      requestBytes: 0,
      responseBytes: 0,
      attempts: 0,
      totalMs: 0,
      heldMs: 0,
      connectMs: 0,
      responseMs: 0,
      ended: rule,
    });
  }

  #tickLater(): void {
    this.#timer = this.ports.clock.after(tickMs, () => this.#tick());
  }

  #tick(): void {
    const now = this.ports.clock.monotonic();
    this.#tickLater();
    for (const pool of this.#pools.values()) pool.tick(now);
    this.sweep.run(now);
    this.#ticks++;
    if (this.#ticks % idleTicks === 0)
      for (const kept of this.#kept) if (kept.sweep(now)) this.#kept.delete(kept);
  }

  /** Nothing leads to it any more: who waits is told so, and what is in its members ends by itself. */
  #removePool(id: string, pool: Pool, now: number): void {
    pool.update({ ...pool.wanted, members: [], stopped: true }, now);
    this.#pools.delete(id);
  }

  get #connectionCount(): number {
    return this.#connections.size + (this.#http2?.connections ?? 0);
  }

  #connectionGone(): void {
    if (this.#connectionCount === 0) this.#drained?.();
  }

  #goAway(): void {
    for (const connection of this.#connections) connection.goAway();
    this.#http2?.goAway();
  }

  #cut(): void {
    for (const connection of this.#connections) connection.destroy();
    this.#http2?.destroy();
    this.#drained?.();
  }
}

function poolStatus({ id, holding, holdCause, counters }: Pool): NonNullable<GatewayStatus["pools"]>[number] {
  return {
    id,
    holding,
    ...(holdCause === undefined ? {} : { holdCause }),
    ...counters,
    denied: { ...counters.denied },
  };
}

function memberStatus(member: Member): GatewayStatus["members"][number] {
  return {
    id: member.id,
    pool: member.pool.id,
    state: member.wanted.state,
    health: member.health,
    inFlight: member.inFlight,
    upgraded: member.upgraded,
    requests: member.requests,
    failures: member.failures,
    concurrencyLimit: member.concurrencyLimit,
  };
}
