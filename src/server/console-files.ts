import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { VdcError } from "#api/errors.ts";
import { consolePolicy } from "./http/security-headers.ts";
import { methodsOf } from "./not-found.ts";
import type { ServerSettings } from "./ports.ts";

/** Vite puts a hash of the content into the names of these: they never change. */
const hashed = /[/\\]assets[/\\][^/\\]+-[\w-]{8,}\.\w+$/;

/**
 * Serves the built console: its files, `index.html` for deep links, and a page that says how to build it when it is
 * not there. What is neither a file nor of the contract ends here too.
 */
export async function registerConsole(app: FastifyInstance, settings: ServerSettings): Promise<void> {
  const { consoleDirectory } = settings;
  if (consoleDirectory !== undefined) {
    const policy = consolePolicy(settings.objectOrigin);
    await app.register(fastifyStatic, {
      root: consoleDirectory,
      preCompressed: true,
      dotfiles: "ignore",
      index: ["index.html"],
      redirect: false,
      cacheControl: false,
      setHeaders: (reply, path) => {
        reply.header("content-security-policy", policy);
        const isHashed = hashed.test(path.replace(/\.(?:br|gz)$/, ""));
        reply.header("cache-control", isHashed ? "public, max-age=31536000, immutable" : "no-cache");
      },
    });
  }
  const contract = settings.routes.map((served) => served.route);
  app.setNotFoundHandler(async (request, reply) => {
    const path = (request.raw.url ?? "").split("?", 1)[0] ?? "";
    const allowed = methodsOf(contract, path);
    if (allowed.length > 0) {
      reply.header("allow", allowed.join(", "));
      throw new VdcError("method-not-allowed", `${request.method} is not one of ${allowed.join(", ")}.`);
    }
    if (!wantsPage(request, path)) throw new VdcError("not-found", "There is nothing at this address.");
    return consoleDirectory === undefined ? noConsole(reply) : reply.sendFile("index.html");
  });
}

/** A browser that opens a place in the console by its address. */
function wantsPage(request: FastifyRequest, path: string): boolean {
  const isRead = request.method === "GET" || request.method === "HEAD";
  const isData = /^\/(?:v\d+|assets)(?:\/|$)/.test(path) || /\.\w{1,8}$/.test(path);
  return isRead && !isData && (request.headers.accept ?? "").includes("text/html");
}

function noConsole(reply: FastifyReply): FastifyReply {
  const text = [
    "<!doctype html>",
    '<html lang="en"><meta charset="utf-8"><title>VDC: the console is not built</title>',
    "<h1>The console is not built</h1>",
    "<p>The data center runs; only its web pages are missing.",
    "Build them with <code>npm run console:build</code>, then restart the part <code>control</code>",
    "(<code>./vdc restart control</code>). The command line works meanwhile: <code>./vdc get projects</code>.</p></html>",
  ].join("\n");
  return reply
    .code(503)
    .headers({ "content-type": "text/html; charset=utf-8", "cache-control": "no-store" })
    .send(text);
}
