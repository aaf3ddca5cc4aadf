import { Agent, request, type IncomingMessage } from "node:http";
import { systemClock } from "#lib/clock.ts";

/** Readers who walk through a site: each follows links of the pages it gets, and some watch a stream. */
export interface VisitOptions {
  /** `http://news.localhost:8080/`. Names under `localhost` are this machine (RFC 6761 section 6.3). */
  readonly url: string;
  readonly requestsPerSecond: number;
  readonly durationMs: number;
  /** Connections kept open to event streams, beside the requests. */
  readonly streams: number;
}

/** What a second of visiting was like. */
export interface VisitSample {
  readonly elapsedMs: number;
  readonly requests: number;
  readonly failures: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly bytes: number;
  /** Requests that have no answer yet. */
  readonly waiting: number;
  /** Of the last failure, for people. */
  readonly lastFailure?: string;
}

export const visitLimits = {
  requestsPerSecond: 1_000,
  durationMs: 3_600_000,
  streams: 200,
  /** Pages that readers know of. */
  paths: 64,
  /** Requests without an answer, beyond which no further one is sent: a slow site is not buried. */
  waiting: 500,
  /** Of one page that links are looked for in. */
  pageBytes: 262_144,
  requestMs: 90_000,
} as const;

/** One sample a second until the time is over or the signal aborts. */
export async function* visit(options: VisitOptions, signal: AbortSignal): AsyncGenerator<VisitSample> {
  using readers = new Readers(options);
  const begun = systemClock.monotonic();
  let next = begun;
  let second = begun + 1_000;
  const everyMs = 1_000 / Math.min(options.requestsPerSecond, visitLimits.requestsPerSecond);
  readers.watchStreams();
  // Bounded by the duration.
  while (!signal.aborted) {
    const now = systemClock.monotonic();
    const elapsedMs = now - begun;
    for (; next <= now; next += everyMs) readers.readPage();
    if (now >= second) {
      second += 1_000;
      yield readers.sample(elapsedMs);
      if (elapsedMs >= Math.min(options.durationMs, visitLimits.durationMs)) return;
    }
    const pause = Math.max(1, Math.min(next, second) - systemClock.monotonic());
    await systemClock.sleep(pause, signal).catch(() => undefined); // aborted: the loop's condition ends it
  }
}

class Readers implements Disposable {
  readonly #options: VisitOptions;
  readonly #site: URL;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #streamAgent = new Agent({ keepAlive: false });
  readonly #paths = new Set(["/"]);
  #turn = 0;
  #waiting = 0;
  #latencies: number[] = [];
  #failures = 0;
  #bytes = 0;
  #lastFailure: string | undefined;
  #closed = false;

  constructor(options: VisitOptions) {
    this.#options = options;
    this.#site = new URL(options.url);
  }

  readPage(): void {
    if (this.#waiting >= visitLimits.waiting) return;
    const paths = [...this.#paths];
    const path = paths[this.#turn++ % paths.length] ?? "/";
    const begun = systemClock.monotonic();
    this.#waiting += 1;
    let isOver = false;
    const over = (failure?: string) => {
      if (isOver || this.#closed) return;
      isOver = true;
      this.#waiting -= 1;
      if (failure === undefined) this.#latencies.push(systemClock.monotonic() - begun);
      else {
        this.#failures += 1;
        this.#lastFailure = failure;
      }
    };
    const sent = this.#send(path, this.#agent, (answer) => this.#readAnswer(answer, over));
    sent.setTimeout(visitLimits.requestMs, () => sent.destroy(new Error("no answer in time")));
    sent.on("error", (error) => over(`${path}: ${error.message}`));
  }

  #readAnswer(answer: IncomingMessage, over: (failure?: string) => void): void {
    const status = answer.statusCode ?? 0;
    const isPage = (answer.headers["content-type"] ?? "").startsWith("text/html");
    let page = "";
    answer.on("data", (chunk: Buffer) => {
      this.#bytes += chunk.length;
      if (isPage && page.length < visitLimits.pageBytes && this.#paths.size < visitLimits.paths)
        page += chunk.toString("latin1");
    });
    answer.on("end", () => {
      this.#learn(page);
      over(status >= 500 ? `it answered ${status}` : undefined);
    });
    answer.on("error", (error) => over(error.message));
  }

  /** Links and pictures of the same site, by a look at their attributes: enough for visitors. */
  #learn(page: string): void {
    for (const [, path] of page.matchAll(/(?:href|src)="(\/[^"#?\s]*)"/g)) {
      if (this.#paths.size >= visitLimits.paths) return;
      // Streams do not end, and what asks for a password is not for visitors.
      if (path !== undefined && !/stream|desk|login|logout/.test(path)) this.#paths.add(path);
    }
  }

  watchStreams(): void {
    for (let at = 0; at < Math.min(this.#options.streams, visitLimits.streams); at += 1) this.#watchStream();
  }

  #watchStream(): void {
    const again = () => {
      if (!this.#closed) systemClock.after(1_000, () => this.#watchStream());
    };
    const sent = this.#send("/results/stream", this.#streamAgent, (answer) => {
      if (!(answer.headers["content-type"] ?? "").startsWith("text/event-stream")) {
        answer.destroy(); // this site has no such stream
        return;
      }
      answer.on("data", (chunk: Buffer) => (this.#bytes += chunk.length));
      answer.on("close", again);
    });
    sent.on("error", again);
  }

  #send(path: string, agent: Agent, answered: (answer: IncomingMessage) => void) {
    const isLocal = this.#site.hostname === "localhost" || this.#site.hostname.endsWith(".localhost");
    const sent = request(
      {
        host: isLocal ? "127.0.0.1" : this.#site.hostname,
        port: this.#site.port === "" ? 80 : Number(this.#site.port),
        path,
        agent,
        headers: { host: this.#site.host, "user-agent": "vdc-demo" },
      },
      answered,
    );
    sent.end();
    return sent;
  }

  sample(elapsedMs: number): VisitSample {
    const sorted = this.#latencies.toSorted((a, b) => a - b);
    const at = (fraction: number) =>
      sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? 0;
    const sample = {
      elapsedMs,
      requests: sorted.length,
      failures: this.#failures,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      bytes: this.#bytes,
      waiting: this.#waiting,
      ...(this.#lastFailure === undefined ? {} : { lastFailure: this.#lastFailure }),
    };
    this.#latencies = [];
    this.#failures = 0;
    this.#bytes = 0;
    this.#lastFailure = undefined;
    return sample;
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#agent.destroy();
    this.#streamAgent.destroy();
  }
}
