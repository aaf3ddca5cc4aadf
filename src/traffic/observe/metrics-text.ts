import type { GatewayStatus } from "../gateway-api.ts";

type Type = "counter" | "gauge" | "histogram";
type Labels = Readonly<Record<string, string>>;

/**
 * The gateways' numbers in Prometheus' text format (0.0.4). Each process has its own series: `gateway` and `pid` name it, because
 * two processes of one name live while one hands over to the next.
 */
export function gatewayMetrics(statuses: readonly GatewayStatus[]): string {
  const text = new MetricsText();
  for (const status of statuses) {
    const own = { gateway: status.name, pid: String(status.pid) };
    text.add("connections", "gauge", "Open connections of clients", own, status.connections);
    text.add("draining", "gauge", "1 while it gives way to its successor", own, Number(status.draining));
    text.add(
      "snapshot_version",
      "gauge",
      "Version of the snapshot that it serves from",
      own,
      status.snapshotVersion,
    );
    text.add(
      "snapshot_refused",
      "gauge",
      "1 while a newer snapshot cannot be used",
      own,
      Number(status.snapshotError !== undefined),
    );
    text.add(
      "access_lines_dropped_total",
      "counter",
      "Lines of the access log that the disk could not take",
      own,
      status.linesDropped ?? 0,
    );
    for (const [why, count] of Object.entries(status.refused ?? {}))
      text.add(
        "unrouted_total",
        "counter",
        "Requests that were answered without a route",
        { ...own, why },
        count,
      );
    for (const pool of status.pools ?? []) addPool(text, { ...own, pool: pool.id }, pool);
    for (const route of status.routes) addRoute(text, { ...own, route: route.id }, route);
    for (const member of status.members) {
      const labels = { ...own, pool: member.pool, instance: member.id };
      text.add(
        "instance_requests_total",
        "counter",
        "Requests that an instance was given",
        labels,
        member.requests,
      );
      text.add(
        "instance_failures_total",
        "counter",
        "5xx answers of an instance, and requests without an answer",
        labels,
        member.failures,
      );
      text.add("instance_in_flight", "gauge", "Requests in an instance now", labels, member.inFlight);
      text.add(
        "instance_healthy",
        "gauge",
        "0 while an instance is ejected or fails its checks",
        labels,
        Number(member.health !== "unhealthy" && member.health !== "ejected"),
      );
    }
  }
  return text.toString();
}

type Pool = NonNullable<GatewayStatus["pools"]>[number];

function addPool(text: MetricsText, labels: Labels, pool: Pool): void {
  text.add("pool_holding", "gauge", "Requests that wait for an instance of a pool now", labels, pool.holding);
  text.add("pool_held_total", "counter", "Requests that ever waited in a pool", labels, pool.held);
  for (const [why, count] of Object.entries(pool.denied))
    text.add("pool_denied_total", "counter", "Requests that got no instance", { ...labels, why }, count);
  text.add("pool_ejections_total", "counter", "Instances that were left out", labels, pool.ejections);
  text.add("pool_retries_total", "counter", "Retries that the budget allowed", labels, pool.retries);
  text.add("pool_retries_refused_total", "counter", "Retries beyond the budget", labels, pool.retriesRefused);
  text.add("pool_panicked_total", "counter", "Requests to unhealthy instances", labels, pool.panicked);
}

function addRoute(text: MetricsText, labels: Labels, route: GatewayStatus["routes"][number]): void {
  for (const [status, count] of [
    ["2xx", route.status2xx],
    ["3xx", route.status3xx],
    ["4xx", route.status4xx],
    ["5xx", route.status5xx],
  ] as const)
    text.add("requests_total", "counter", "Requests answered, by class", { ...labels, status }, count);
  for (const [why, count] of Object.entries(route.refused))
    text.add(
      "refused_total",
      "counter",
      "Requests that the gateway answered itself",
      { ...labels, why },
      count,
    );
  text.add("held_total", "counter", "Requests that ever waited for an instance", labels, route.held);
  text.add("holding", "gauge", "Requests that wait for an instance now", labels, route.holding);
  text.add("retries_total", "counter", "Attempts beyond the first", labels, route.retries);
  text.add("request_bytes_total", "counter", "Bytes of requests", labels, route.requestBytes);
  text.add("response_bytes_total", "counter", "Bytes of answers", labels, route.responseBytes);
  text.addHistogram(
    "request_seconds",
    "Time of a request from its head to its answer's end",
    labels,
    route.latency,
  );
}

/** Collects samples by metric: all of one name must stand together, under one HELP and one TYPE. */
class MetricsText {
  readonly #metrics = new Map<string, { readonly head: string; readonly lines: string[] }>();

  add(name: string, type: Type, help: string, labels: Labels, value: number): void {
    this.#lines(name, type, help).push(sample(name, labels, value));
  }

  /** `buckets` are upper bounds in milliseconds and counts, not cumulative. The sum is taken at the bounds, so it is an upper one. */
  addHistogram(
    name: string,
    help: string,
    labels: Labels,
    buckets: readonly (readonly [number, number])[],
  ): void {
    const lines = this.#lines(name, "histogram", help);
    let count = 0;
    let sum = 0;
    for (const [upperMs, inBucket] of buckets.toSorted(([a], [b]) => a - b)) {
      count += inBucket;
      if (!Number.isFinite(upperMs)) continue;
      sum += inBucket * (upperMs / 1000);
      lines.push(sample(`${name}_bucket`, { ...labels, le: String(upperMs / 1000) }, count));
    }
    lines.push(sample(`${name}_bucket`, { ...labels, le: "+Inf" }, count));
    lines.push(sample(`${name}_sum`, labels, sum), sample(`${name}_count`, labels, count));
  }

  toString(): string {
    return [...this.#metrics.values()].map(({ head, lines }) => `${head}${lines.join("")}`).join("");
  }

  #lines(name: string, type: Type, help: string): string[] {
    const known = this.#metrics.get(name);
    if (known !== undefined) return known.lines;
    const full = `vdc_gateway_${name}`;
    const metric = { head: `# HELP ${full} ${help}.\n# TYPE ${full} ${type}\n`, lines: [] };
    this.#metrics.set(name, metric);
    return metric.lines;
  }
}

function sample(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
  return `vdc_gateway_${name}{${pairs.join(",")}} ${value}\n`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
