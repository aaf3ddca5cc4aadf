import type { LiveRequest, TrafficSample } from "#api/apps.ts";
import { appKey } from "#cli/apps/app-target.ts";
import type { Call } from "#cli/declare.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import { formatOf, printRows } from "#cli/output/print.ts";
import { jsonLine } from "#cli/output/structured.ts";
import { bytesText } from "#cli/output/units.ts";
import { withSession } from "#cli/session.ts";

/** `vdc app traffic NAME`: a line a second, the last minute first, until Ctrl-C. */
export async function appTraffic(call: Call): Promise<void> {
  const params = appKey(call, call.words[0]);
  await withSession(call, async ({ client }) => {
    const samples = client.events(client.routes["app.traffic"], { params, signal: call.io.signal });
    for await (const sample of samples)
      call.io.stdout(formatOf(call) === "json" ? jsonLine(sample) : `${sampleLine(sample)}\n`);
  });
}

/** `vdc app requests NAME`: requests as they end, until Ctrl-C. */
export async function appRequests(call: Call): Promise<void> {
  const params = appKey(call, call.words[0]);
  await withSession(call, async ({ client }) => {
    const requests = client.events(client.routes["app.requests"], { params, signal: call.io.signal });
    for await (const request of requests)
      call.io.stdout(formatOf(call) === "json" ? jsonLine(request) : `${requestLine(request)}\n`);
  });
}

export function sampleLine(sample: TrafficSample): string {
  const held = sample.holding > 0 || sample.heldPerSecond > 0 ? `   holding ${sample.holding}` : "";
  return [
    sample.at.slice(11, 19),
    `${sample.requestsPerSecond.toFixed(0)} req/s`.padStart(12),
    `${sample.errorsPerSecond.toFixed(0)} failed/s`.padStart(14),
    `p50 ${sample.p50Ms.toFixed(1)} ms`.padStart(15),
    `p99 ${sample.p99Ms.toFixed(1)} ms`.padStart(15),
    `${bytesText(Math.round(sample.responseBytesPerSecond))}/s${held}`.padStart(14),
  ].join("");
}

export function requestLine(request: LiveRequest): string {
  const held = request.heldMs > 0 ? ` held ${request.heldMs.toFixed(0)} ms` : "";
  const ended = request.ended === undefined ? "" : ` (${request.ended})`;
  const what = `${request.method} ${request.host}${request.path}`;
  const to = request.instance ?? "no instance";
  return harmlessLine(
    `${request.at.slice(11, 23)} ${request.status} ${what} ${request.totalMs.toFixed(1)} ms${held} ${to}${ended}`,
  );
}

/** `vdc machine engines`: what can run instances here, and how well it separates them. */
export async function engines(call: Call): Promise<void> {
  await withSession(call, async ({ client }) => {
    const { items } = await client.call(client.routes["engine.list"], { signal: call.io.signal });
    const rows = items.map((engine) => [
      engine.name,
      engine.available ? "yes" : "no",
      engine.runtimes.map(({ name, version }) => `${name} ${version}`).join(", "),
      engine.protections.flatMap(({ name, active }) => (active ? [name] : [])).join(", "),
      engine.protections.flatMap(({ name, active }) => (active ? [] : [name])).join(", "),
      engine.reason ?? "",
    ]);
    const headers = ["ENGINE", "AVAILABLE", "RUNTIMES", "PROTECTIONS", "MISSING", "WHY"];
    await printRows(call, { items }, { headers, rows }, "no engines");
  });
}

/** `vdc machine gateways`: the processes that serve, and from which snapshot. */
export async function gateways(call: Call): Promise<void> {
  await withSession(call, async ({ client }) => {
    const { items } = await client.call(client.routes["gateway.list"], { signal: call.io.signal });
    const rows = items.map((gateway) => [
      gateway.name,
      String(gateway.pid),
      gateway.draining ? "draining" : "serving",
      String(gateway.connections),
      gateway.listeners
        .map(({ address, port, tls }) => `${address}:${port}${tls ? " (TLS)" : ""}`)
        .join(", "),
      String(gateway.snapshotVersion),
      gateway.snapshotError ?? "",
    ]);
    const headers = ["GATEWAY", "PID", "STATE", "CONNECTIONS", "LISTENS ON", "SNAPSHOT", "WHY"];
    await printRows(call, { items }, { headers, rows }, "no gateway runs");
  });
}
