import type { Socket } from "node:net";
import { background } from "#lib/background.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { CatalogAdmin, CatalogAdminCall } from "#objects/admin.ts";
import type { Catalog, CatalogCall } from "#objects/catalog.ts";
import { callsInFlightMax } from "#objects/limits.ts";
import type { AccessKeyRecord, BucketRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import { FrameChannel, type Later } from "./channel.ts";
import { faultOf } from "./faults.ts";
import type { ConfigurationFeed, Subscriber } from "./feed.ts";
import { FrameFault, type Frame } from "./frame.ts";
import type { ClientMessage, FeedChange, ServerMessage } from "./messages.ts";
import { invoke, isAdminCall, isCatalogCall } from "./methods.ts";

/** A store that is open: its calls, and the truth about what fronts must know. */
export interface ServedStore {
  readonly catalog: Catalog;
  bucket(name: string): BucketRecord | undefined;
  key(accessKeyId: string): AccessKeyRecord | undefined;
}

export interface CatalogServerPorts {
  readonly feed: ConfigurationFeed;
  /** Answers also while the store is not open. */
  readonly admin: CatalogAdmin;
  readonly clock: Clock;
  readonly log: Log;
  readonly later: Later;
}

interface Call {
  readonly id: number;
  readonly method: CatalogCall;
  readonly input: unknown;
  readonly blob?: Uint8Array;
}

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
  #store: ServedStore | undefined;

  constructor(ports: CatalogServerPorts) {
    this.#ports = ports;
  }

  /** Begins with the calls that wait. */
  open(store: ServedStore): void {
    this.#store = store;
    for (const connection of this.#connections) connection.begin();
  }

  /** Calls wait from now on. Those that were begun go on. */
  close(): void {
    this.#store = undefined;
  }

  get store(): ServedStore | undefined {
    return this.#store;
  }

  get connections(): number {
    return this.#connections.size;
  }

  accept(socket: Socket): void {
    if (this.#connections.size >= connectionsMax) return void socket.destroy();
    const connection = new Connection(socket, this.#ports, {
      store: () => this.#store,
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
  readonly #store: () => ServedStore | undefined;
  /** In the order of their arrival, for the store to open. */
  readonly #waiting = new Map<number, Call>();
  #begun = 0;
  #name = "unnamed";

  constructor(
    socket: Socket,
    ports: CatalogServerPorts,
    around: { readonly store: () => ServedStore | undefined; readonly onEnd: () => void },
  ) {
    this.#ports = ports;
    this.#store = around.store;
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
    const store = this.#store();
    if (store === undefined) return void this.#waiting.set(call.id, call);
    const { id, method, input, blob } = call;
    this.#answer(id, method, this.#perform(store, call, invoke(store.catalog, method, input, blob)));
  }

  /** What fronts must know is known to all of them before it is answered; read from the truth, because an answer that is sent again may be old. */
  async #perform(store: ServedStore, { method, input }: Call, doing: Promise<unknown>): Promise<unknown> {
    const value = await doing;
    const change = changeBy(store, method, input);
    if (change !== undefined) await this.#ports.feed.publishEverywhere(change);
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

/** The rows that a command may have changed, as they are now. */
function changeBy(store: ServedStore, method: CatalogCall, input: unknown): FeedChange | undefined {
  switch (method) {
    case "createBucket":
      return bucketChange(store, (input as Parameters<Catalog["createBucket"]>[0]).bucket.name); // the method's own input, as everywhere here
    case "updateBucket":
    case "deleteBucket":
      return bucketChange(store, (input as Parameters<Catalog["deleteBucket"]>[0]).name); // both name it alike
    case "putKey":
      return keyChange(store, (input as Parameters<Catalog["putKey"]>[0]).key.accessKeyId); // as above
    case "removeKey":
      return keyChange(store, (input as Parameters<Catalog["removeKey"]>[0]).accessKeyId); // as above
    default:
      return undefined;
  }
}

function bucketChange(store: ServedStore, name: string): FeedChange {
  const bucket = store.bucket(name);
  return bucket === undefined ? { removedBuckets: [name] } : { buckets: [bucket] };
}

function keyChange(store: ServedStore, accessKeyId: string): FeedChange {
  const key = store.key(accessKeyId);
  return key === undefined ? { removedKeys: [accessKeyId] } : { keys: [key] };
}
