import type { Server, Socket } from "node:net";
import { identify } from "#drivers/process/identity.ts";
import { canSharePorts, listenTcp, type TcpListener } from "#drivers/tcp/listen.ts";
import { assert } from "#lib/assert.ts";
import { background } from "#lib/background.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { DataDirectory } from "#main/data-directory.ts";
import type { AccessEntry, GatewayStatus } from "#traffic/gateway-api.ts";
import type { ConnectionFacts, Gateway } from "#traffic/gateway/gateway-contract.ts";
import type { SnapshotContent } from "#traffic/snapshot.ts";
import { accessLine } from "./access-line.ts";
import { AccessLog } from "./access-log.ts";
import { AccessStream } from "./access-stream.ts";
import { adminHandler } from "./admin-routes.ts";
import { serveAdmin } from "./admin-socket.ts";
import type { GatewayConfig } from "./config.ts";
import { removeIdentity, socketPath, writeIdentity, type GatewayIdentity } from "./identity.ts";
import { SnapshotSource } from "./snapshot-source.ts";
import { startSuccessor, type SuccessorProgram } from "./successor.ts";

/** How long connections may go on after a successor took over, and after an order to stop. */
const drainLimits = { succeededMs: 30_000, stoppedMs: 2_000 } as const;

const emptyPollMs = 200;
/** From the last connection that is accepted to the beginning of the drain. */
const settleMs = 500;
/** For answers on the admin socket that are on their way at the end. */
const answersWithinMs = 500;

/** What ends TLS: hands decrypted connections to the gateway. */
export interface SecureFront {
  apply(content: SnapshotContent): void | Promise<void>;
  accept(socket: Socket, facts: ConnectionFacts): void;
}

export interface GatewayProcessOptions {
  readonly config: GatewayConfig;
  readonly directory: DataDirectory;
  readonly gateway: Gateway;
  readonly secure: SecureFront;
  readonly version: string;
  /** What a successor runs unless it is told otherwise. */
  readonly program: SuccessorProgram;
  readonly clock: Clock;
  readonly log: Log;
  /** Called once, when nothing is left to do. */
  readonly onEnd: () => void;
}

/**
 * One gateway process around the data path: its listening sockets, its snapshot, its admin socket, its access log, and how it gives
 * way to the next one. It serves from its last snapshot; nothing here asks control or a database for anything.
 */
export class GatewayProcess {
  readonly #options: GatewayProcessOptions;
  readonly #snapshots: SnapshotSource;
  readonly #accessLog: AccessLog;
  readonly #watchers = new AccessStream();
  #identity: GatewayIdentity;
  #listeners: { readonly http: TcpListener; readonly https: TcpListener } | undefined;
  #admin: Server | undefined;
  /** By route, which pools it leads to. */
  #poolsOf: ReadonlyMap<string, readonly string[]> = new Map();
  #succession: Promise<GatewayIdentity> | undefined;
  #ending: Promise<void> | undefined;

  constructor(options: GatewayProcessOptions) {
    this.#options = options;
    const { config, directory, clock, log, gateway, version } = options;
    const self = identify(process.pid);
    assert(self !== undefined, "a running process can identify itself");
    this.#identity = {
      ...self,
      name: config.name,
      version,
      startedAt: isoTime(clock.now()),
      state: "starting",
      host: config.host,
      httpPort: 0,
      httpsPort: 0,
    };
    this.#accessLog = new AccessLog({ file: directory.accessLog(config.name), clock, log });
    const apply = async (content: SnapshotContent) => await this.#apply(content);
    this.#snapshots = new SnapshotSource({ file: directory.gatewaySnapshot, apply, clock, log });
    gateway.onAccess = (entry) => this.#ended(entry);
  }

  /** Serves when it resolves. Rejects with the system's error when it cannot listen. */
  async start(): Promise<void> {
    const { config, directory, log } = this.#options;
    this.#say({});
    // The snapshot first: a request that finds no route would get an answer that is wrong.
    await this.#snapshots.start();
    this.#listeners = await this.#listen();
    const { http, https } = this.#listeners;
    this.#admin = await serveAdmin(socketPath(directory.gatewayRun, this.#identity), adminHandler(this));
    this.#say({ state: "ready", httpPort: http.port, httpsPort: https.port });
    log.info("gateway.start.done", {
      http: http.port,
      https: https.port,
      inherited: config.inherits,
      snapshot: this.#snapshots.state.version,
    });
  }

  /** For those who could not start us: why. */
  failed(failure: NonNullable<GatewayIdentity["failure"]>): void {
    this.#say({ state: "failed", failure });
  }

  status(): GatewayStatus {
    const { name, pid, version, startedAt, state } = this.#identity;
    const { version: snapshotVersion, error } = this.#snapshots.state;
    const { members, routes, connections, pools, refused } = this.#options.gateway.status();
    const listening = state === "draining" ? [] : Object.values(this.#listeners ?? {});
    return {
      name,
      pid,
      version,
      startedAt,
      snapshotVersion,
      ...(error === undefined ? {} : { snapshotError: error }),
      draining: state === "draining",
      listeners: listening.map(({ address, port }) => ({
        address,
        port,
        tls: port === this.#identity.httpsPort,
      })),
      connections,
      members,
      ...(pools === undefined ? {} : { pools }),
      ...(refused === undefined ? {} : { refused }),
      routes: routes.map((route) => ({ ...route, pools: [...(this.#poolsOf.get(route.id) ?? [])] })),
      linesDropped: this.#accessLog.dropped,
      watchersDropped: this.#watchers.dropped,
    };
  }

  async refresh(): Promise<{ readonly version: number; readonly error?: string }> {
    return await this.#snapshots.refresh();
  }

  watch(prefix: string, signal: AbortSignal): AsyncIterable<string> | undefined {
    return this.#watchers.watch(prefix, signal);
  }

  /** Starts a successor, stops accepting, begins to drain. Once; further callers get the same successor. Rejects with us still serving. */
  async succeed(program: SuccessorProgram | undefined): Promise<GatewayIdentity> {
    if (this.#succession === undefined) {
      this.#succession = this.#handOver(program ?? this.#options.program);
      this.#succession.catch(() => (this.#succession = undefined)); // it may be tried again
    }
    return await this.#succession;
  }

  /** Accepts nothing more, drains and ends; a second call does not wait any longer. */
  stop(): void {
    if (this.#ending !== undefined) return this.#options.onEnd();
    this.#end(drainLimits.stoppedMs);
  }

  /** The last act of the process, whatever ended it. */
  cleanUp(): void {
    this.#accessLog.flushSync();
    removeIdentity(this.#options.directory.gatewayRun, this.#identity);
  }

  async #handOver(program: SuccessorProgram): Promise<GatewayIdentity> {
    const { config, directory, clock, log } = this.#options;
    assert(this.#listeners !== undefined, "a gateway that answers listens");
    if (this.#ending !== undefined) throw new Error("it is ending");
    const successor = await startSuccessor({
      program,
      config: { ...config, httpPort: this.#identity.httpPort, httpsPort: this.#identity.httpsPort },
      listeners: this.#listeners,
      runFolder: directory.gatewayRun,
      logFile: directory.partLog(config.name),
      clock,
    });
    log.info("gateway.succession.done", { successor: successor.pid });
    this.#end(drainLimits.succeededMs);
    return successor;
  }

  #end(deadlineMs: number): void {
    this.#listeners?.http.close();
    this.#listeners?.https.close();
    this.#say({ state: "draining" });
    const drained = async () => {
      // A connection that was accepted a moment ago is about to send its first request; closing it now would fail that request.
      if (deadlineMs > drainLimits.stoppedMs) await this.#options.clock.sleep(settleMs);
      await Promise.race([this.#options.gateway.drain({ deadlineMs }), this.#untilEmpty()]);
      await this.#accessLog.close();
      await this.#closeAdmin();
      this.#options.log.info("gateway.drain.done");
    };
    this.#ending = drained().finally(this.#options.onEnd);
    background(this.#ending, "gateway.drain", this.#options.log);
  }

  /** Until the last connection has ended, whatever protocol it spoke. Bounded by the drain, whose deadline cuts what is left. */
  async #untilEmpty(): Promise<void> {
    const { gateway, clock } = this.#options;
    while (gateway.status().connections > 0) await clock.sleep(emptyPollMs);
  }

  /** Whoever asked us to give way still has to hear the answer. */
  async #closeAdmin(): Promise<void> {
    this.#snapshots.stop();
    this.#watchers.end();
    const admin = this.#admin;
    if (admin === undefined) return;
    const closed = new Promise<void>((resolve) => void admin.close(() => resolve()));
    await Promise.race([closed, this.#options.clock.sleep(answersWithinMs)]);
  }

  async #listen(): Promise<{ readonly http: TcpListener; readonly https: TcpListener }> {
    const { config, gateway, secure } = this.#options;
    const { host } = config;
    if (!config.inherits && !(await canSharePorts(host))) {
      throw new Error("processes cannot share a port on this system (SO_REUSEPORT)");
    }
    const place = (port: number, descriptor: number) =>
      config.inherits ? { descriptor } : { host, port, shared: true };
    const http = await listenTcp(place(config.httpPort, 3), (socket) => {
      gateway.accept(socket, factsOf(socket, false));
    });
    try {
      const https = await listenTcp(place(config.httpsPort, 4), (socket) => {
        secure.accept(socket, factsOf(socket, true));
      });
      return { http, https };
    } catch (error) {
      http.close();
      throw error;
    }
  }

  async #apply(content: SnapshotContent): Promise<void> {
    this.#options.gateway.apply(content);
    this.#poolsOf = new Map(
      content.routes.map((route) => [route.id, route.backends.map(({ pool }) => pool)]),
    );
    await this.#options.secure.apply(content);
  }

  #ended(entry: AccessEntry): void {
    const line = accessLine(entry);
    this.#accessLog.write(line);
    if (!this.#watchers.isWatched) return;
    this.#watchers.publish(entry.pool, Math.floor(this.#options.clock.monotonic() / 1000), () => line);
  }

  #say(change: Partial<GatewayIdentity>): void {
    this.#identity = { ...this.#identity, ...change };
    writeIdentity(this.#options.directory.gatewayRun, this.#identity);
  }
}

function factsOf(socket: Socket, tls: boolean): ConnectionFacts {
  const address = socket.remoteAddress ?? "";
  return {
    tls,
    clientAddress: address.startsWith("::ffff:") ? address.slice("::ffff:".length) : address,
    clientPort: socket.remotePort ?? 0,
    localPort: socket.localPort ?? 0,
    serverName: "",
    protocol: "http/1",
  };
}
