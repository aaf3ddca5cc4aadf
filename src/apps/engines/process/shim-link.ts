import { VdcError } from "#api/errors.ts";
import type { InstanceObservation } from "#apps/engine.ts";
import type { ShimMessage, ShimPlace, ShimRequest } from "#apps/engines/process/protocol.ts";
import { connectLines } from "#drivers/line-socket/client.ts";
import type { Clock } from "#lib/clock.ts";

type LineConnection = NonNullable<Awaited<ReturnType<typeof connectLines>>>;
type Request =
  | { readonly do: "observe" | "restart" | "place" }
  | { readonly do: "stop"; readonly graceMs: number };

/** Requests that wait for one shim; more are refused. */
const maxWaiting = 256;

/** The connection to one living shim. It is over when the shim is: a new shim is a new link. */
export class ShimLink {
  readonly closed: Promise<void>;
  readonly #clock: Clock;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #closing = Promise.withResolvers<void>();
  #connection: LineConnection | undefined;
  #isOpen = true;
  #lastRequest = 0;

  private constructor(clock: Clock) {
    this.#clock = clock;
    this.closed = this.#closing.promise;
  }

  /** Undefined when no shim listens there. */
  static async open(
    socket: string,
    clock: Clock,
    onChange: (observation: InstanceObservation) => void,
  ): Promise<ShimLink | undefined> {
    const link = new ShimLink(clock);
    link.#connection = await connectLines(socket, {
      line: (value) => {
        const message = value as ShimMessage; // a shim's, on a socket of ours
        if ("changed" in message) onChange(message.changed);
        else link.#waiting.get(message.request)?.resolve(message.result);
      },
      closed: () => link.#close(),
    });
    return link.#connection === undefined ? undefined : link;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  async observe(): Promise<InstanceObservation> {
    return (await this.#ask({ do: "observe" }, 5_000)) as InstanceObservation; // what the shim answers to it
  }

  async place(): Promise<ShimPlace> {
    return (await this.#ask({ do: "place" }, 5_000)) as ShimPlace; // what the shim answers to it
  }

  async stop(graceMs: number): Promise<void> {
    await this.#ask({ do: "stop", graceMs }, graceMs + 15_000);
  }

  async restart(withinMs: number): Promise<void> {
    await this.#ask({ do: "restart" }, withinMs);
  }

  /** Lets go; the shim goes on. */
  close(): void {
    this.#connection?.close();
    this.#close();
  }

  /** Throws `unavailable` when the shim goes before it answers, `timeout` when it does not answer. */
  async #ask(body: Request, withinMs: number): Promise<unknown> {
    if (!this.#isOpen) throw gone();
    if (this.#waiting.size >= maxWaiting)
      throw new VdcError("busy", "too many requests wait for the instance");
    this.#lastRequest += 1;
    const request = this.#lastRequest;
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(request, answer);
    using _timer = this.#clock.after(withinMs, () =>
      answer.reject(new VdcError("timeout", "the instance's shim does not answer")),
    );
    try {
      this.#connection?.send({ request, ...body } satisfies ShimRequest);
      return await answer.promise;
    } finally {
      this.#waiting.delete(request);
    }
  }

  #close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const { reject } of this.#waiting.values()) reject(gone());
    this.#closing.resolve();
  }
}

function gone(): VdcError {
  return new VdcError("unavailable", "the instance's shim is gone");
}
