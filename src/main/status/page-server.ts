import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { z } from "zod";
import type { StatusService } from "#incidents/service.ts";
import { activeFile } from "#incidents/pages/active-file.ts";

const bodyMaxBytes = 8_192;
const limits = {
  maxConnections: 1_000,
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
};

const headers = {
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-cache",
};

const pushSchema = z.object({
  endpoint: z.url({ protocol: /^https?$/ }).max(2000),
  keys: z.object({ p256dh: z.string().max(200), auth: z.string().max(100) }),
});

/** The public page: answers from what is rendered already, so that a crowd costs next to nothing. */
export async function servePages(
  service: StatusService,
  where: { readonly host: string; readonly port: number },
): Promise<Server> {
  const server = createServer(limits, (request, response) => {
    respond(service, request, response).catch(() => response.destroy());
  });
  server.maxConnections = limits.maxConnections;
  server.listen(where.port, where.host);
  await once(server, "listening");
  return server;
}

async function respond(
  service: StatusService,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = pathOf(request.url ?? "/");
  const send = (status: number, type: string, body: string, more: Readonly<Record<string, string>> = {}) => {
    const bytes = Buffer.from(body);
    response.writeHead(status, { ...headers, "content-type": type, "content-length": bytes.length, ...more });
    response.end(request.method === "HEAD" ? undefined : bytes);
  };
  const text = (status: number, body: string) => send(status, "text/plain; charset=utf-8", `${body}\n`);
  if (request.method === "POST") return await take(service, path, request, text);
  if (request.method !== "GET" && request.method !== "HEAD")
    return text(405, "Only reading is possible here.");
  if (/^unsubscribe\/[\w.-]{1,100}$/.test(path))
    return send(200, "text/html; charset=utf-8", unsubscribePage);
  const file = path === activeFile ? undefined : service.file(path);
  if (file === undefined) return text(404, "There is no such page.");
  // Readers of other origins: the JSON is public, and a customer's address is its own key.
  const shared = file.type === "application/json" ? { "access-control-allow-origin": "*" } : {};
  send(200, file.type, file.body, shared);
}

const pathOf = (target: string) => target.split("?", 1)[0]?.replace(/^\/+/, "") ?? "";

/** Mail programs may post here by themselves (RFC 8058); a link alone changes nothing, because scanners follow links. */
const unsubscribePage =
  '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Unsubscribe</title><body style="font:16px system-ui;margin:2rem"><form method="post"><p>No more messages for this subscription?</p><button>Unsubscribe</button></form></body></html>';

async function take(
  service: StatusService,
  path: string,
  request: IncomingMessage,
  text: (status: number, body: string) => void,
): Promise<void> {
  const [, unsubscribed] = /^(?:p\/[\w-]+\/)?unsubscribe\/([\w.-]{1,100})$/.exec(path) ?? [];
  const body = await readBody(request);
  if (body === undefined) return text(413, "That is too long.");
  if (unsubscribed !== undefined)
    return service.unsubscribe(unsubscribed)
      ? text(200, "You will get no more messages.")
      : text(404, "There is no such subscription.");
  const [, token] = /^p\/([\w-]{10,100})\/push$/.exec(path) ?? [];
  if (token === undefined) return text(404, "There is nothing to post to.");
  const given = pushSchema.safeParse(parsed(body));
  if (!given.success) return text(400, "That is not a push subscription.");
  const { endpoint, keys } = given.data;
  return service.addPush(token, { endpoint, ...keys })
    ? text(201, "This browser is told.")
    : text(404, "There is no such page.");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the schema says no to it
  }
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    // no encoding is set
    length += chunk.length;
    if (length > bodyMaxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
