import type { Socket } from "node:net";
import { background } from "#lib/background.ts";
import type { Log } from "#lib/log.ts";
import type { CatalogAdmin, CatalogAdminCall } from "#objects/admin.ts";
import type { Catalog, CatalogCall } from "#objects/catalog.ts";
import { callsInFlightMax } from "#objects/limits.ts";
import { S3Error } from "#objects/s3-error.ts";
import { FrameChannel, type Later } from "./channel.ts";
import { faultOf } from "./faults.ts";
import type { ConfigurationFeed, Subscriber } from "./feed.ts";
import { FrameFault, type Frame } from "./frame.ts";
import type { ClientMessage, ServerMessage, StoreCounts } from "./messages.ts";
import { invoke, isAdminCall, isCatalogCall } from "./methods.ts";

export interface CatalogServerPorts {
  readonly feed: ConfigurationFeed;
  /** Answers also while the store is not open. */
  readonly admin: CatalogAdmin;
  /** What fronts counted. */
  readonly onCounts: (counts: StoreCounts) => void;
  readonly log: Log;
  readonly later: Later;
}

interface Call {
  readonly id: number;
  readonly method: CatalogCall;
  readonly input: unknown;
  readonly blob?: Uint8Array;
}

/** Commands that take something away from somebody who may be using it. */
const narrowing: ReadonlySet<string> = new Set<CatalogCall>([
  "deleteBucket",
  "updateBucket",
  "putKey",
  "removeKey",
]);
/** More than a client has under way: what it gave up may still be done here. */
const callsOfOneMax = 2 * callsInFlightMax;
/** Connections of fronts and control, with room for those that drain. */
const connectionsMax = 256;

/**
 * The catalog's side of the socket. While the store is not open, calls wait here: whoever sent them decides how long. Only the data center's own user can open the
 * socket, so a message that makes no sense is a fault of ours and ends the connection.
 */
export class CatalogServer {
  readonly #ports: CatalogServerPorts;
  readonly #connections = new Set<Connection>();
  #catalog: Catalog | undefined;

  constructor(ports: CatalogServerPorts) {
    this.#ports = ports;
  }

  /** Begins with the calls that wait. */
  open(catalog: Catalog): void {
    this.#catalog = catalog;
    for (const connection of this.#connections) connection.begin();
  }

  /** Calls wait from now on. Those that were begun go on. */
  close(): void {
    this.#catalog = undefined;
  }

  get connections(): number {
    return this.#connections.size;
  }

  accept(socket: Socket): void {
    if (this.#connections.size >= connectionsMax) return void socket.destroy();
    const connection = new Connection(socket, this.#ports, {
      catalog: () => this.#catalog,
      onEnd: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
  }

  /** Ends all connections; their calls are sent again to whoever serves next. */
  end(): void {
    for (const connection of this.#connections) connection.drop("the catalog ends");
  }
}

class Connection implements Subscriber {
  readonly #ports: CatalogServerPorts;
  readonly #channel: FrameChannel;
  readonly #catalog: () => Catalog | undefined;
  /** In the order of their arrival, for the store to open. */
  readonly #waiting = new Map<number, Call>();
  #begun = 0;
  #name = "unnamed";

  constructor(
    socket: Socket,
    ports: CatalogServerPorts,
    around: { readonly catalog: () => Catalog | undefined; readonly onEnd: () => void },
  ) {
    this.#ports = ports;
    this.#catalog = around.catalog;
    this.#channel = new FrameChannel(socket, ports.later, {
      slowsDown: true,
      onFrame: (frame) => this.#receive(frame),
      onEnd: (cause) => {
        this.#waiting.clear();
        around.onEnd();
        ports.feed.unsubscribe(this);
        if (cause !== undefined)
          ports.log.warn("catalog.connection.lost", { name: this.#name, error: cause });
      },
    });
  }

  send(message: ServerMessage): void {
    this.#channel.send(message);
  }

  drop(why: string): void {
    this.#channel.end(new Error(why));
  }

  /** The store is open. */
  begin(): void {
    const calls = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const call of calls) this.#receiveCall(call);
  }

  #receive({ header, blob }: Frame): void {
    const message = header as ClientMessage; // from our own program of the same version; what it decides about is checked
    switch (message.type) {
      case "call":
        return this.#dispatch(message, blob);
      case "forget":
        return void this.#waiting.delete(message.id);
      case "ack":
        return this.#ports.feed.acknowledge(this, message.version);
      case "ping":
        this.#ports.onCounts(message.counts);
        return this.send({ type: "pong", at: message.at });
      case "hello":
        this.#name = message.name;
        if (message.wantsFeed) this.#ports.feed.subscribe(this);
        return;
      default:
        throw new FrameFault("a message of no known type");
    }
  }

  #dispatch(
    { id, method, input }: ClientMessage & { readonly type: "call" },
    blob: Uint8Array | undefined,
  ): void {
    if (this.#begun + this.#waiting.size >= callsOfOneMax) throw new FrameFault("too many calls at once");
    if (isCatalogCall(method)) {
      this.#receiveCall({ id, method, input, ...(blob === undefined ? {} : { blob }) });
    } else if (isAdminCall(method)) {
      this.#answer(id, method, invoke(this.#ports.admin, method, input, undefined));
    } else {
      throw new FrameFault("a call of no known method");
    }
  }

  #receiveCall(call: Call): void {
    const catalog = this.#catalog();
    if (catalog === undefined) return void this.#waiting.set(call.id, call);
    const { id, method, input, blob } = call;
    const doing = invoke(catalog, method, input, blob);
    this.#answer(id, method, narrowing.has(method) ? this.#whenQuiet(doing) : doing);
  }

  /** The catalog has told the fronts that it can reach; those that it lost may act on the old state for a moment. */
  async #whenQuiet(doing: Promise<unknown>): Promise<unknown> {
    const value = await doing;
    await this.#ports.feed.quiet();
    return value;
  }

  #answer(id: number, method: CatalogCall | CatalogAdminCall, doing: Promise<unknown>): void {
    this.#begun += 1;
    const answered = doing
      .then(
        (value) => this.#channel.send({ type: "answer", id, value } satisfies ServerMessage),
        (error: unknown) => this.#refuse(id, method, error),
      )
      .finally(() => (this.#begun -= 1));
    background(answered, "catalog.answer", this.#ports.log);
  }

  #refuse(id: number, method: string, error: unknown): void {
    const fault = faultOf(error);
    const isOurs = fault.kind === "fault" || (error instanceof S3Error && error.code === "InternalError");
    if (isOurs) this.#ports.log.error("catalog.call.failed", { method, error });
    this.send({ type: "refusal", id, fault });
  }
}
