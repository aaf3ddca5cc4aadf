import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { StoreCounter } from "#objects/admin.ts";

/** Upper bounds of the latency histogram, milliseconds. */
const boundsMs = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000] as const;
/** A status that says that a promise was broken. */
const slowDown = 503;

interface Series {
  count: number;
  sumMs: number;
  readonly atMost: number[];
}

/** What a front counts of the requests that it answered, since its start. */
export class FrontMetrics {
  readonly #labels: string;
  /** By operation and status; operations are of the table, so they are few. */
  readonly #series = new Map<string, Series>();
  readonly #sockets = new Set<Socket>();
  readonly #responses = new Set<ServerResponse>();
  readonly #counters = new Map<StoreCounter, number>();
  /** Not yet told to the catalog. */
  #untold = new Map<StoreCounter, number>();
  #bytesIn = 0;
  #bytesOut = 0;

  constructor(name: string) {
    this.#labels = `front="${name}",pid="${process.pid}"`;
  }

  count(counter: StoreCounter, by = 1): void {
    this.#counters.set(counter, (this.#counters.get(counter) ?? 0) + by);
    this.#untold.set(counter, (this.#untold.get(counter) ?? 0) + by);
  }

  /** What was counted since the last call. */
  takeCounters(): Readonly<Partial<Record<StoreCounter, number>>> {
    const taken = Object.fromEntries(this.#untold);
    this.#untold = new Map();
    return taken;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** Those that are being answered. */
  get responses(): ReadonlySet<ServerResponse> {
    return this.#responses;
  }

  connected(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => {
      this.#sockets.delete(socket);
      this.#bytesIn += socket.bytesRead;
      this.#bytesOut += socket.bytesWritten;
    });
  }

  begun(response: ServerResponse): void {
    this.#responses.add(response);
    response.once("close", () => this.#responses.delete(response));
  }

  /** `operation` is a name of S3's table, or `none`. */
  answered(operation: string, status: number, ms: number): void {
    if (status === slowDown) this.count("brokenPromises");
    const labels = `operation="${operation}",status="${status}"`;
    let series = this.#series.get(labels);
    if (series === undefined) {
      series = { count: 0, sumMs: 0, atMost: boundsMs.map(() => 0) };
      this.#series.set(labels, series);
    }
    series.count += 1;
    series.sumMs += ms;
    const bucket = boundsMs.findIndex((bound) => ms <= bound);
    if (bucket >= 0) series.atMost[bucket] = (series.atMost[bucket] ?? 0) + 1;
  }

  /** In Prometheus' text format 0.0.4. */
  text(gauges: Readonly<Record<string, number>>): string {
    const lines = Object.entries(gauges).map(([name, value]) => this.#line(`vdc_objects_${name}`, "", value));
    let received = this.#bytesIn;
    let sent = this.#bytesOut;
    for (const { bytesRead, bytesWritten } of this.#sockets) {
      received += bytesRead;
      sent += bytesWritten;
    }
    lines.push(
      this.#line("vdc_objects_received_bytes_total", "", received),
      this.#line("vdc_objects_sent_bytes_total", "", sent),
    );
    for (const [counter, value] of this.#counters)
      lines.push(this.#line("vdc_objects_masked_total", `,what="${counter}"`, value));
    for (const [labels, series] of this.#series) lines.push(...this.#histogram(labels, series));
    return `${lines.join("\n")}\n`;
  }

  #histogram(labels: string, { count, sumMs, atMost }: Series): readonly string[] {
    const name = "vdc_objects_request_seconds";
    let sum = 0;
    const buckets = atMost.map((value, index) => {
      sum += value;
      return this.#line(`${name}_bucket`, `,${labels},le="${(boundsMs[index] ?? 0) / 1000}"`, sum);
    });
    return [
      ...buckets,
      this.#line(`${name}_bucket`, `,${labels},le="+Inf"`, count),
      this.#line(`${name}_sum`, `,${labels}`, sumMs / 1000),
      this.#line(`${name}_count`, `,${labels}`, count),
    ];
  }

  #line(name: string, labels: string, value: number): string {
    return `${name}{${this.#labels}${labels}} ${value}`;
  }
}
