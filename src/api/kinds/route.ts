import { z } from "zod";
import { projectAccess, type KindDefinition } from "#api/kind.ts";
import { nameSchema } from "#api/names.ts";

/** A DNS name, or `*.` and a DNS name. Lower case, ASCII (RFC 1035; international names in their A-label form). */
export const hostPatternSchema = z
  .string()
  .max(253)
  .regex(
    /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/,
    "use a host name in lower case, such as news.example.org, or *.example.org",
  );

const headerName = z.string().regex(/^[a-z0-9!#$%&'*+.^_`|~-]{1,64}$/, "use a header's name in lower case");
/** What may stand in a header line: no control character, so no line can be added through it. */
const headerValue = z
  .string()
  .max(2048)
  .regex(/^[\t\x20-\x7e]*$/, "use printable ASCII");
const pathText = z
  .string()
  .max(1024)
  .regex(/^\/[\x21-\x22\x24-\x3e\x40-\x7e]*$/, "use a path that begins with '/', without '?' and '#'");
const ms = z.int().min(1).max(3_600_000);
const method = z.string().regex(/^[A-Z]{1,20}$/, "use a method in upper case");

export const trafficPolicySchema = z.strictObject({
  timeouts: z
    .strictObject({
      connectMs: ms.default(1_000).describe("For a connection to an instance"),
      responseMs: ms.default(60_000).describe("From the end of the request to the first byte of the answer"),
      idleMs: ms.default(60_000).describe("Without a byte in either direction while a body is on its way"),
      upgradedIdleMs: ms.default(3_600_000).describe("Without a byte on an upgraded connection (WebSocket)"),
    })
    .prefault({})
    .describe("How long each phase may take"),
  retry: z
    .strictObject({
      attempts: z
        .int()
        .min(0)
        .max(5)
        .default(2)
        .describe("Further attempts, only where it is safe to repeat"),
      budgetPercent: z
        .int()
        .min(0)
        .max(100)
        .default(20)
        .describe("Retries among all requests of the last 10 s"),
    })
    .prefault({})
    .describe("What is tried again"),
  hold: z
    .strictObject({
      maxMs: z
        .int()
        .min(0)
        .max(600_000)
        .default(60_000)
        .describe("How long a request waits when no instance is ready"),
      maxRequests: z.int().min(0).max(100_000).default(1_000).describe("Requests that wait at once"),
      maxBytes: z
        .int()
        .min(0)
        .default(67_108_864)
        .describe("Bytes of waiting requests that are kept in memory"),
    })
    .prefault({})
    .describe("How requests wait when no instance can take them"),
  balance: z
    .enum(["least-load", "round-robin", "hash"])
    .default("least-load")
    .describe("least-load: the better of two random choices; hash: consistent, by `hashOn`"),
  hashOn: z
    .union([z.literal("address"), z.literal("path"), z.templateLiteral(["header:", headerName])])
    .default("address")
    .describe("What is hashed"),
  sticky: z
    .strictObject({
      cookie: z
        .string()
        .regex(/^[A-Za-z0-9_-]{1,64}$/)
        .default("vdc_instance")
        .describe("Name of the cookie"),
      maxAgeSeconds: z.int().min(0).default(0).describe("Its life; 0: until the browser is closed"),
    })
    .optional()
    .describe("Requests of one browser stay with one instance, by a cookie"),
  concurrency: z
    .strictObject({
      perInstance: z
        .int()
        .min(1)
        .max(100_000)
        .default(200)
        .describe("Requests at once in one instance, at most"),
      learn: z.boolean().default(true).describe("Find a lower limit from how the answers' times grow"),
    })
    .prefault({})
    .describe("How many requests an instance gets at once"),
  slowStartMs: z
    .int()
    .min(0)
    .max(600_000)
    .default(5_000)
    .describe("A new instance gets its full share after this"),
  rateLimit: z
    .strictObject({
      requestsPerSecond: z.number().positive().optional().describe("Of the whole route"),
      perClientPerSecond: z.number().positive().optional().describe("Of one client address"),
      burst: z.int().min(1).max(100_000).default(50).describe("Requests that may come at once"),
    })
    .optional()
    .describe("How many requests are let in; the others are answered 429"),
  maxBodyBytes: z.int().min(0).optional().describe("A larger request body is answered 413; absent: no limit"),
  compression: z.boolean().default(false).describe("Compress text answers that the app left uncompressed"),
  redirectToTls: z.boolean().default(false).describe("Answer plain HTTP with a redirect to https"),
  health: z
    .strictObject({
      path: pathText.optional().describe("Asked of each instance; absent: a connection is enough"),
      intervalMs: z.int().min(100).max(600_000).default(5_000).describe("From one check to the next"),
      timeoutMs: z.int().min(10).max(60_000).default(2_000).describe("Longest wait for a check"),
      unhealthyAfter: z.int().min(1).max(100).default(3).describe("Failed checks in a row"),
      healthyAfter: z.int().min(1).max(100).default(1).describe("Passed checks in a row"),
      panicPercent: z
        .int()
        .min(0)
        .max(100)
        .default(50)
        .describe("With a smaller share of healthy instances than this, requests go to all of them"),
      ejectAfterFailures: z
        .int()
        .min(1)
        .max(1_000)
        .default(5)
        .describe("Failures in a row that eject an instance"),
      ejectMs: z.int().min(100).max(3_600_000).default(10_000).describe("First ejection; doubles each time"),
    })
    .prefault({})
    .describe("How broken instances are found"),
});
export type TrafficPolicy = z.infer<typeof trafficPolicySchema>;

const headerEdit = z.strictObject({
  set: z.record(headerName, headerValue).default({}).describe("Lines that replace those of the same name"),
  remove: z.array(headerName).max(32).default([]).describe("Names of lines that are left out"),
});

export const routeSpecSchema = z.strictObject({
  hosts: z.array(hostPatternSchema).min(1).max(32).describe("Host names; the most specific one wins"),
  path: z
    .strictObject({
      prefix: pathText.optional().describe("Beginning of the path"),
      exact: pathText.optional().describe("The whole path"),
    })
    .refine((path) => (path.prefix === undefined) !== (path.exact === undefined), "give prefix or exact")
    .default({ prefix: "/" })
    .describe("A prefix ends at a '/': /shop matches /shop and /shop/cart, not /shopping"),
  headers: z
    .array(
      z.strictObject({
        name: headerName.describe("Name of the header"),
        value: headerValue.optional().describe("Absent: any value"),
      }),
    )
    .max(16)
    .default([])
    .describe("Headers that a request must have"),
  methods: z.array(method).max(16).default([]).describe("Empty: all"),
  backends: z
    .array(
      z.strictObject({
        app: nameSchema.describe("Name of the app"),
        component: nameSchema.describe("Name of its component"),
        weight: z
          .int()
          .min(0)
          .max(1_000)
          .default(100)
          .describe("Share of the requests, against the other weights"),
      }),
    )
    .max(16)
    .default([])
    .describe("Where requests go, by weight; empty only with a redirect"),
  redirect: z
    .strictObject({
      to: z
        .string()
        .max(2048)
        .regex(/^(https?:\/\/[\x21-\x7e]+|\/[\x21-\x7e]*)$/)
        .describe("{path} and {query} stand for the request's"),
      status: z
        .union([z.literal(301), z.literal(302), z.literal(303), z.literal(307), z.literal(308)])
        .default(308)
        .describe("Status of the answer"),
    })
    .optional()
    .describe("Answers with another address instead"),
  rewrite: z
    .strictObject({
      stripPrefix: pathText.optional().describe("Taken from the beginning of the path"),
      addPrefix: pathText.optional().describe("Put before the path"),
      host: hostPatternSchema.optional().describe("Host that the instance sees"),
    })
    .optional()
    .describe("What the instance sees instead"),
  requestHeaders: headerEdit.prefault({}).describe("Changes to what the instance gets"),
  responseHeaders: headerEdit.prefault({}).describe("Changes to what the client gets"),
  policy: trafficPolicySchema.prefault({}).describe("Traffic policy"),
});

export const routeStatusSchema = z.strictObject({
  phase: z.enum(["active", "conflict", "no-backend"]).optional().describe("Whether it serves"),
  reason: z.string().optional().describe("Why it does not serve as asked"),
  urls: z.array(z.string()).optional().describe("Where it answers"),
  observedGeneration: z.int().optional().describe("Generation this status was made from"),
});

export type RouteSpec = z.infer<typeof routeSpecSchema>;
export type RouteStatus = z.infer<typeof routeStatusSchema>;

export const routeKind: KindDefinition = {
  kind: "route",
  plural: "routes",
  shortNames: [],
  title: "Route",
  description: "Host and path patterns that lead to a component, with its traffic policy",
  scope: "project",
  spec: routeSpecSchema,
  status: routeStatusSchema,
  access: projectAccess({ view: "viewer", write: "operator" }),
  guarded: [],
  columns: [
    { header: "HOSTS", path: "spec.hosts" },
    { header: "PATH", path: "spec.path.prefix" },
    { header: "PHASE", path: "status.phase" },
    { header: "AGE", path: "createdAt", format: "age" },
  ],
  finalized: false,
  example: {
    name: "news",
    project: "default",
    spec: { hosts: ["news.example.org"], backends: [{ app: "news", component: "web" }] },
  },
};
