import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { background } from "#lib/background.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Principal } from "#control/auth/principal.ts";
import type { ServerLimits } from "../limits.ts";
import { createPlaces, type Places } from "../places.ts";

/** One reader of server-sent events (WHATWG HTML section 9.2). */
export interface EventStream {
  /** Aborts when the reader leaves, the server stops, or the caller's sign-in ends. */
  readonly signal: AbortSignal;
  /** The caller as it is now: a role that was taken away a moment ago is gone. */
  readonly principal: Principal;
  /** Writes whole events; waits while the reader is slower than we are. */
  send(text: string): Promise<void>;
}

/** Every event stream that is open: bounded, checked, and ended when the server stops. */
export interface EventStreams extends Places {
  run(options: RunOptions): Promise<void>;
  /** Ends every stream with a `closing` event. */
  closeAll(): void;
  readonly open: number;
}

export interface RunOptions {
  readonly response: ServerResponse;
  readonly headers: OutgoingHttpHeaders;
  readonly principal: Principal;
  /** The caller now; undefined when the session or token has ended. */
  readonly recheck: () => Promise<Principal | undefined>;
  readonly write: (stream: EventStream) => Promise<void>;
}

type Ending = "reader-left" | "sign-in-ended" | "shutdown" | "finished";

export function createEventStreams(options: {
  readonly limits: ServerLimits;
  readonly clock: Clock;
  readonly log: Log;
}): EventStreams {
  const { limits } = options;
  const places = createPlaces({
    what: "event streams",
    all: limits.streams,
    perCaller: limits.streamsPerCaller,
  });
  const running = new Set<RunningStream>();
  let isClosed = false;
  return {
    reserve: (caller) => places.reserve(caller),
    async run(given) {
      const stream = new RunningStream(given, options);
      running.add(stream);
      try {
        if (isClosed) stream.end("shutdown");
        await stream.run();
      } finally {
        running.delete(stream);
      }
    },
    closeAll() {
      isClosed = true;
      for (const stream of running) stream.end("shutdown");
    },
    get open() {
      return running.size;
    },
  };
}

class RunningStream implements EventStream {
  principal: Principal;
  readonly #given: RunOptions;
  readonly #limits: ServerLimits;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #controller = new AbortController();
  #ending: Ending | undefined;
  #lastWriteMs: number;
  #timers: Disposable[] = [];

  constructor(
    given: RunOptions,
    options: { readonly limits: ServerLimits; readonly clock: Clock; readonly log: Log },
  ) {
    this.#given = given;
    this.principal = given.principal;
    this.#limits = options.limits;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#lastWriteMs = options.clock.monotonic();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  end(why: Ending): void {
    this.#ending ??= why;
    this.#controller.abort();
  }

  async run(): Promise<void> {
    const { response, headers, write } = this.#given;
    response.on("close", () => this.end("reader-left"));
    response.on("error", () => this.end("reader-left"));
    response.writeHead(200, { ...headers, "content-type": "text/event-stream; charset=utf-8" });
    response.flushHeaders();
    this.#keepAlive();
    this.#keepChecked();
    try {
      if (!this.signal.aborted) await write(this);
    } catch (error) {
      // The header is out, so the reader can only be told by the end of the stream; it resumes where it was.
      if (!this.signal.aborted) this.#log.error("server.stream.failed", { error });
    } finally {
      this.end("finished");
      for (const timer of this.#timers) timer[Symbol.dispose]();
      this.#close();
    }
  }

  async send(text: string): Promise<void> {
    const { response } = this.#given;
    if (this.signal.aborted || text === "") return;
    this.#lastWriteMs = this.#clock.monotonic();
    if (response.write(text)) return;
    await this.#drained();
  }

  #drained(): Promise<void> {
    const { response } = this.#given;
    return new Promise((resolve) => {
      const done = () => {
        stalled[Symbol.dispose]();
        response.off("drain", done);
        this.signal.removeEventListener("abort", done);
        resolve();
      };
      const stalled = this.#clock.after(this.#limits.streamStallMs, () => response.destroy());
      response.once("drain", done);
      this.signal.addEventListener("abort", done, { once: true });
    });
  }

  #close(): void {
    const { response } = this.#given;
    if (response.destroyed || response.writableEnded) return;
    // A reader that stopped reading gets no last words: they would wait in memory for it.
    if (response.writableNeedDrain) response.destroy();
    else if (this.#ending === "finished") response.end();
    else response.end(`event: closing\ndata: {"reason":"${this.#ending}"}\n\n`);
  }

  #keepAlive(): void {
    this.#repeat(this.#limits.streamPingMs, () => {
      const isSilent = this.#clock.monotonic() - this.#lastWriteMs >= this.#limits.streamPingMs / 2;
      if (isSilent && !this.#given.response.writableNeedDrain) this.#given.response.write(": ping\n\n");
      return Promise.resolve();
    });
  }

  #keepChecked(): void {
    this.#repeat(this.#limits.streamRecheckMs, async () => {
      try {
        const principal = await this.#given.recheck();
        if (principal === undefined) this.end("sign-in-ended");
        else this.principal = principal;
      } catch (error) {
        // The store does not answer: a sign-in that cannot be checked ends, and the reader comes back.
        this.#log.warn("server.stream.recheck.failed", { error });
        this.end("sign-in-ended");
      }
    });
  }

  /** Runs again and again until the stream ends, each time `everyMs` after the time before was done. */
  #repeat(everyMs: number, run: () => Promise<void>): void {
    const at = this.#timers.length;
    const runThenWait = async () => {
      await run();
      if (!this.signal.aborted) wait();
    };
    const wait = () => {
      this.#timers[at] = this.#clock.after(everyMs, () =>
        background(runThenWait(), "server.stream.timer", this.#log),
      );
    };
    wait();
  }
}
