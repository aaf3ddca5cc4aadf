import { once } from "node:events";
import { chmodSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { z } from "zod";
import {
  affectedSchema,
  componentSchema,
  effectSchema,
  impactSchema,
  incidentStatusSchema,
  reportSchema,
  subscriberSchema,
} from "#api/incidents.ts";
import type { StatusService } from "#incidents/service.ts";

/** A report of a busy data center names thousands of buckets. */
const bodyMaxBytes = 8 * 1024 * 1024;
const limits = { headersTimeout: 5_000, requestTimeout: 10_000, keepAliveTimeout: 30_000 };
const maxConnections = 64;
/** Newest first; the console shows no more. */
const incidentsShown = 100;
const receiptsShown = 500;

export const saidSchema = z.strictObject({
  id: z.string().max(100).optional(),
  incident: z.strictObject({
    title: z.string().min(1).max(200),
    component: componentSchema,
    effects: z.array(effectSchema).max(5),
    impact: impactSchema,
    status: incidentStatusSchema,
    affected: affectedSchema,
  }),
  text: z.string().min(1).max(2000),
});

const leaveSchema = z.strictObject({ from: z.string().max(50) });
const idSchema = z.strictObject({ id: z.string().max(100) });
const subscribersSchema = z.strictObject({ subscribers: z.array(subscriberSchema).max(10_000) });

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** What our own processes say and ask, on a unix socket that only their user may open. */
export async function serveStatusAdmin(path: string, service: StatusService): Promise<Server> {
  rmSync(path, { force: true }); // a predecessor's: the lock of the documents says that it is gone
  const server = createServer(limits, (request, response) => {
    answer(service, request, response).catch(() => response.destroy());
  });
  server.maxConnections = maxConnections;
  const before = process.umask(0o177); // for its user alone from the first moment on
  try {
    server.listen(path);
    await once(server, "listening");
  } finally {
    process.umask(before);
  }
  chmodSync(path, 0o600);
  return server;
}

async function answer(
  service: StatusService,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, body } = await answerTo(service, request);
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    connection: "close", // its end is the answer's, for our small client
  });
  response.end(text);
}

async function answerTo(service: StatusService, request: IncomingMessage): Promise<Answer> {
  const address = new URL(request.url ?? "/", "http://status");
  const project = address.searchParams.get("project") ?? undefined;
  const incident = address.searchParams.get("incident") ?? undefined;
  switch (`${request.method} ${address.pathname}`) {
    case "GET /v1/incidents":
      return ok({ items: service.incidents.slice(0, incidentsShown) });
    case "GET /v1/receipts": {
      const filter = {
        ...(project === undefined ? {} : { project }),
        ...(incident === undefined ? {} : { incident }),
      };
      return ok({ items: service.receipts(filter).slice(0, receiptsShown) });
    }
    case "GET /v1/page":
      return ok({ url: project === undefined ? service.url : service.pageOf(project) });
    case "POST /v1/report":
      return await take(request, reportSchema, (report) => service.report(report));
    case "POST /v1/leave":
      return await take(request, leaveSchema, ({ from }) => service.leave(from));
    case "POST /v1/subscribers":
      return await take(request, subscribersSchema, ({ subscribers }) => service.setSubscribers(subscribers));
    case "POST /v1/say":
      return await take(request, saidSchema, ({ id, ...said }) =>
        service.say(id === undefined ? said : { id, ...said }),
      );
    case "POST /v1/test":
      return await take(request, idSchema, async ({ id }) => await service.test(id));
    default:
      return { status: 404, body: { detail: "there is no such call" } };
  }
}

const ok = (body: unknown): Answer => ({ status: 200, body });

async function take<T>(
  request: IncomingMessage,
  schema: z.ZodType<T>,
  act: (value: T) => unknown,
): Promise<Answer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    // no encoding is set
    length += chunk.length;
    if (length > bodyMaxBytes) return { status: 413, body: { detail: "that is too long" } };
    chunks.push(chunk);
  }
  const parsed = schema.safeParse(readJson(Buffer.concat(chunks).toString()));
  if (!parsed.success) return { status: 400, body: { detail: z.prettifyError(parsed.error) } };
  const done = await act(parsed.data);
  return ok(done === undefined ? {} : done);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the schema refuses it, and says so
  }
}
