import { z } from "zod";

/**
 * What a gateway process answers on its own unix socket (`run/gateway/NAME-PID.sock`, mode 0600), to control and to nobody else:
 *
 * - `GET /v1/status` gives `gatewayStatusSchema`;
 * - `POST /v1/snapshot` reads the published snapshot now, and answers with the version in use;
 * - `GET /v1/requests` streams requests that ended, as JSON lines of `accessEntrySchema`; with `?pool=PREFIX` those of such pools;
 * - `GET /metrics` gives Prometheus text;
 * - `POST /v1/succeed` starts a successor with our listeners and begins to drain; answers with the successor's identity.
 */

/** Where the time of one request went, in milliseconds. */
const timings = z.strictObject({
  totalMs: z.number(),
  heldMs: z.number(),
  connectMs: z.number(),
  /** From the request sent to the first byte of the answer. */
  responseMs: z.number(),
});

export const accessEntrySchema = z.strictObject({
  at: z.iso.datetime(),
  id: z.string(),
  route: z.string().optional().describe("PROJECT/NAME; absent when none matched"),
  pool: z.string().optional(),
  instance: z.string().optional().describe("Id of the instance that answered"),
  client: z.string(),
  protocol: z.enum(["HTTP/1.0", "HTTP/1.1", "HTTP/2"]),
  tls: z.boolean(),
  method: z.string(),
  host: z.string(),
  /** Without the query, which may hold secrets. At most 512 characters. */
  path: z.string(),
  status: z.int(),
  requestBytes: z.int(),
  responseBytes: z.int(),
  attempts: z.int(),
  ...timings.shape,
  heldFor: z.string().optional().describe("Why it was held: no-instance, concurrency"),
  /** How it ended when it did not end well: client-closed, upstream-closed, timeout-response, rule:NAME, … */
  ended: z.string().optional(),
});
export type AccessEntry = z.infer<typeof accessEntrySchema>;

const memberStatus = z.strictObject({
  id: z.string(),
  pool: z.string(),
  state: z.enum(["active", "draining"]),
  health: z.enum(["unknown", "healthy", "unhealthy", "ejected"]),
  inFlight: z.int(),
  upgraded: z.int(),
  requests: z.int(),
  failures: z.int().describe("5xx answers of the instance, and requests that it did not answer"),
  concurrencyLimit: z.int(),
});

const routeStatus = z.strictObject({
  id: z.string(),
  pools: z.array(z.string()).optional().describe("Pools that it leads to; added by the process"),
  requests: z.int(),
  status2xx: z.int(),
  status3xx: z.int(),
  status4xx: z.int(),
  status5xx: z.int(),
  /** Answered by the gateway itself, by why: hold-deadline, rate-limit, … */
  refused: z.record(z.string(), z.int()),
  held: z.int().describe("Requests that ever waited"),
  holding: z.int().describe("Requests that wait now"),
  retries: z.int(),
  requestBytes: z.int(),
  responseBytes: z.int(),
  /** Upper bounds in milliseconds and counts, not cumulative. */
  latency: z.array(z.tuple([z.number(), z.int()])),
});

const poolStatus = z.strictObject({
  id: z.string(),
  holding: z.int().describe("Requests that wait now"),
  holdCause: z.string().optional().describe("Why they wait: no-instance, concurrency"),
  held: z.int().describe("Requests that ever waited"),
  denied: z.record(z.string(), z.int()).describe("Requests that got no instance, by why"),
  ejections: z.int(),
  retries: z.int(),
  retriesRefused: z.int().describe("Retries that the budget did not allow"),
  panicked: z.int().describe("Requests that went to an unhealthy instance by the panic rule"),
});

export const gatewayStatusSchema = z.strictObject({
  name: z.string(),
  pid: z.int(),
  version: z.string().describe("Of the program"),
  startedAt: z.iso.datetime(),
  snapshotVersion: z.int().describe("0 before the first"),
  snapshotError: z.string().optional().describe("Why a newer snapshot was refused; the older one is in use"),
  draining: z.boolean(),
  listeners: z.array(z.strictObject({ address: z.string(), port: z.int(), tls: z.boolean() })),
  connections: z.int(),
  members: z.array(memberStatus),
  routes: z.array(routeStatus),
  pools: z.array(poolStatus).optional().describe("Absent: of an older program"),
  refused: z
    .record(z.string(), z.int())
    .optional()
    .describe("Requests that were answered without a route, by why: rule:NAME, unknown-host, …"),
  linesDropped: z.int().optional().describe("Lines of the access log that the disk could not take"),
  watchersDropped: z.int().optional().describe("Requests that those who watched could not take"),
});
export type GatewayStatus = z.infer<typeof gatewayStatusSchema>;
