import type { Server } from "node:http";
import { connect, type Server as NetServer } from "node:net";
import { identify } from "#drivers/process/identity.ts";
import { canSharePorts } from "#drivers/tcp/listen.ts";
import { assert } from "#lib/assert.ts";
import { background } from "#lib/background.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import type { DataDirectory } from "#main/data-directory.ts";
import { serveAdmin, type AdminAnswer, type AdminRequest } from "#main/gateway/admin-socket.ts";
import { RequestSignals } from "#objects/signals/request-signals.ts";
import { CatalogConnection } from "#objects/wire/client.ts";
import { FedConfiguration } from "#objects/wire/configuration.ts";
import type { FeedFacts } from "#objects/wire/messages.ts";
import type { FrontConfig } from "./config.ts";
import { FrontMetrics } from "./front-metrics.ts";
import { createFrontServer, type RequestHandler } from "./front-server.ts";
import { adminSocketPath, removeIdentity, writeIdentity, type ObjectsIdentity } from "./identity.ts";
import { startFrontReporter } from "./front-reporter.ts";
import { listenHttp, type HttpListener } from "./listen-http.ts";
import { startSuccessor, type SuccessorProgram } from "./successor.ts";

/** How long connections may go on after a successor took over, and after an order to stop. */
const drainLimits = { succeededMs: 30_000, stoppedMs: 2_000 } as const;
/** A connection that has waited this long for its next request will hardly have one on its way. */
const idleGraceMs = 3_000;
const drainPollMs = 50;

/** What answers requests, made when the catalog has said what the store is. */
export interface FrontHandler {
  readonly handle: RequestHandler;
  /** What the catalog says of the store, at first and whenever it is new. */
  onFacts(facts: FeedFacts): void;
}

export interface FrontPorts {
  readonly config: FrontConfig;
  readonly directory: DataDirectory;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** What a front's handler is made of. */
export interface FrontWorld extends FrontPorts {
  readonly connection: CatalogConnection;
  readonly configuration: FedConfiguration;
  readonly metrics: FrontMetrics;
  readonly requests: RequestSignals;
}

export interface FrontProcessOptions extends FrontPorts {
  readonly version: string;
  /** What a successor runs unless it is told otherwise. */
  readonly program: SuccessorProgram;
  /** Called once, when the catalog first tells what the store is. */
  readonly createHandler: (world: FrontWorld) => FrontHandler;
  /** Called once, when nothing is left to do. */
  readonly onEnd: () => void;
}

/** One front: its listening socket, its connection to the catalog, its admin socket, and how it gives way to the next one. */
export class FrontProcess {
  readonly #options: FrontProcessOptions;
  readonly #world: FrontWorld;
  readonly #server: Server;
  #handler: FrontHandler | undefined;
  #identity: ObjectsIdentity;
  #listener: HttpListener | undefined;
  #admin: NetServer | undefined;
  #succession: Promise<ObjectsIdentity> | undefined;
  #ending: Promise<void> | undefined;
  #reporting: { stop(isLeaving: boolean): Promise<void> } | undefined;

  constructor(options: FrontProcessOptions) {
    this.#options = options;
    const { config, directory, clock, random, log, version } = options;
    const self = identify(process.pid);
    assert(self !== undefined, "a running process can identify itself");
    const { name, host } = config;
    this.#identity = {
      ...self,
      name,
      version,
      startedAt: isoTime(clock.now()),
      state: "starting",
      host,
      port: 0,
    };
    const configuration = new FedConfiguration(clock);
    const metrics = new FrontMetrics(name);
    const connection = new CatalogConnection({
      name,
      connect: () => connect({ path: directory.catalogSocket }),
      configuration,
      takeCounts: () => metrics.takeCounters(),
      clock,
      random,
      later: (run) => void setImmediate(run),
    });
    const requests = new RequestSignals(clock, name);
    this.#world = { config, directory, clock, random, log, connection, configuration, metrics, requests };
    configuration.onFacts = (facts) => {
      this.#handler ??= options.createHandler(this.#world);
      this.#handler.onFacts(facts);
    };
    this.#server = createFrontServer({
      handler: () => this.#handler?.handle,
      configuration,
      metrics,
      log,
      isDraining: () => this.#ending !== undefined,
    });
  }

  /** Serves when it resolves. Rejects with the system's error when it cannot listen. */
  async start(): Promise<void> {
    const { config, directory, log } = this.#options;
    this.#say({});
    if (!config.inherits && !(await canSharePorts(config.host)))
      throw new Error("processes cannot share a port on this system (SO_REUSEPORT)");
    const place = config.inherits
      ? { descriptor: 3 }
      : { host: config.host, port: config.port, shared: true };
    this.#listener = await listenHttp(this.#server, place);
    const path = adminSocketPath(directory.objectsRun, this.#identity);
    this.#admin = await serveAdmin(path, async (request) => await this.#answer(request));
    this.#say({ state: "ready", port: this.#listener.port });
    const { requests, connection } = this.#world;
    const isConnected = () => connection.isConnected;
    const { clock } = this.#options;
    const reporting = {
      name: config.name,
      socket: directory.statusSocket,
      requests,
      isConnected,
      clock,
      log,
    };
    this.#reporting = startFrontReporter(reporting);
    log.info("objects.start.done", { port: this.#listener.port, inherited: config.inherits });
  }

  /** For those who could not start us: why. */
  failed(failure: NonNullable<ObjectsIdentity["failure"]>): void {
    this.#say({ state: "failed", failure });
  }

  /** Accepts nothing more, drains and ends; a second call does not wait any longer. */
  stop(): void {
    if (this.#ending !== undefined) return this.#options.onEnd();
    this.#end(drainLimits.stoppedMs);
  }

  /** The last act of the process, whatever ended it. */
  cleanUp(): void {
    removeIdentity(this.#options.directory.objectsRun, this.#identity);
  }

  async #answer({ method, path, body }: AdminRequest): Promise<AdminAnswer> {
    switch (`${method} ${path}`) {
      case "GET /v1/status":
        return json(200, { ...this.#identity, ...this.#gauges() });
      case "GET /metrics":
        return {
          status: 200,
          type: "text/plain; version=0.0.4",
          body: this.#world.metrics.text(this.#gauges()),
        };
      case "POST /v1/succeed": {
        // Whoever can open the socket is our own user, who may run any program anyway.
        const program = JSON.parse(body) as SuccessorProgram; // the supervisor's own words
        return json(200, await this.#succeed(program));
      }
      default:
        return json(404, { detail: "no such route" });
    }
  }

  #gauges(): Readonly<Record<string, number>> {
    const { connection, configuration, metrics } = this.#world;
    return {
      connections: metrics.connections,
      requests: metrics.responses.size,
      catalog_connected: Number(connection.isConnected),
      configuration_current: Number(configuration.isCurrent),
      catalog_calls_waiting: connection.waiting,
      catalog_calls_held_total: connection.counts.held,
      catalog_calls_broken_total: connection.counts.broken,
    };
  }

  /** Starts a successor, stops accepting, begins to drain. Once; further callers get the same successor. Rejects with us still serving. */
  async #succeed(program: SuccessorProgram): Promise<ObjectsIdentity> {
    if (this.#succession === undefined) {
      this.#succession = this.#handOver(program);
      this.#succession.catch(() => (this.#succession = undefined)); // it may be tried again
    }
    return await this.#succession;
  }

  async #handOver(program: SuccessorProgram): Promise<ObjectsIdentity> {
    const { config, directory, clock, log } = this.#options;
    assert(this.#listener !== undefined, "a front that answers listens");
    if (this.#ending !== undefined) throw new Error("it is ending");
    const successor = await startSuccessor({
      program,
      config: { ...config, port: this.#identity.port },
      descriptor: this.#listener.descriptor,
      runFolder: directory.objectsRun,
      logFile: directory.partLog(config.name),
      clock,
    });
    log.info("objects.succession.done", { successor: successor.pid });
    this.#end(drainLimits.succeededMs);
    return successor;
  }

  #end(deadlineMs: number): void {
    const { log, onEnd } = this.#options;
    this.#listener?.close();
    // A successor goes on under the same name.
    const isLeaving = this.#succession === undefined;
    background(this.#reporting?.stop(isLeaving) ?? Promise.resolve(), "objects.leave", log);
    this.#say({ state: "draining" });
    this.#ending = this.#drain(deadlineMs).finally(onEnd);
    background(this.#ending, "objects.drain", log);
  }

  /** The answer of every request that comes or is under way says that its connection ends; idle ones are given some time to have another. */
  async #drain(deadlineMs: number): Promise<void> {
    const { clock, log } = this.#options;
    const { metrics, connection } = this.#world;
    for (const response of metrics.responses) if (!response.headersSent) response.shouldKeepAlive = false;
    const begun = clock.monotonic();
    const graceMs = Math.min(idleGraceMs, deadlineMs / 2);
    while (metrics.connections > 0 && clock.monotonic() < begun + deadlineMs) {
      if (clock.monotonic() > begun + graceMs) this.#server.closeIdleConnections();
      await clock.sleep(drainPollMs);
    }
    this.#server.closeAllConnections();
    connection.close();
    log.info("objects.drain.done");
    // Whoever asked us to give way was answered long before.
    this.#admin?.close();
  }

  #say(change: Partial<ObjectsIdentity>): void {
    this.#identity = { ...this.#identity, ...change };
    writeIdentity(this.#options.directory.objectsRun, this.#identity);
  }
}

function json(status: AdminAnswer["status"], body: unknown): AdminAnswer {
  return { status, type: "application/json", body: JSON.stringify(body) };
}
