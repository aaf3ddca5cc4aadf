import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { Api } from "./api.ts";
import { Center } from "./center.ts";
import { Files } from "./files.ts";
import { redirect, Refusal, sendJson } from "./reply.ts";
import { readSettings } from "./settings.ts";
import { SignIn } from "./sign-in.ts";
import { Store } from "./store.ts";

/** Darkroom's server: the shell, the albums, and the way to the data center. It lies beside what it serves: `page/`, `kernels/`, `album/`. */
const settings = readSettings(process.env);
const here = import.meta.dirname;
const page = new Files(join(here, "page"));
const kernels = new Files(join(here, "kernels"));
const sample = new Files(join(here, "album"));
const signIn = new SignIn(settings);
const api = new Api(settings, new Store(settings));
const center = new Center(settings);

/**
 * Nothing from elsewhere: scripts and workers are ours, pictures are ours or made in the page, connections go to this server and to the object store.
 * `wasm-unsafe-eval` lets kernels be compiled, and nothing else be evaluated.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  `img-src 'self' blob: ${settings.s3.endpoint.origin}`,
  `connect-src 'self' blob: ${settings.s3.endpoint.origin}`,
  "worker-src 'self'",
  "manifest-src 'self'",
  "font-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");
const headers = {
  "content-security-policy": contentSecurityPolicy,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  // Isolated from other origins' pages: the RAW decoder's threads share memory.
  "cross-origin-embedder-policy": "credentialless",
  "permissions-policy": "camera=(), microphone=(), geolocation=(), compute-pressure=(self)",
};

/** The RAW decoder's glue makes functions of texts. It may in its own worker, which reaches nothing but its own files. */
const decoderHeaders = {
  ...headers,
  "content-security-policy":
    "default-src 'none'; script-src 'self' 'unsafe-eval' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'",
};
const decoderScript = /^assets\/(worker|libraw)-[\w-]+\.js$/;

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    if (response.headersSent) return void response.destroy();
    if (error instanceof Refusal) return sendJson(response, error.status, { title: error.message });
    console.error(
      "request failed",
      request.method,
      new URL(request.url ?? "/", settings.url).pathname,
      error,
    );
    sendJson(response, 500, { title: "Darkroom's server failed; it was written to its log." });
  });
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams, search } = new URL(request.url ?? "/", settings.url);
  if (pathname === "/healthz")
    return void response.writeHead(200, { "content-type": "text/plain" }).end("ok\n");
  if (pathname.startsWith("/api/")) return await answerApi(request, response, pathname, search);
  if (request.method !== "GET" && request.method !== "HEAD") throw new Refusal(405, "This can only be read.");
  if (pathname === "/sign-in") return signIn.begin(response, searchParams.get("to") ?? "/");
  if (pathname === "/sign-in/return") return await signIn.end(request, response, searchParams);
  const [files, name] = fileFor(pathname);
  if (files.has(name))
    return files.send(request, response, name, decoderScript.test(name) ? decoderHeaders : headers);
  // An address of the page's own: the shell decides.
  if (!pathname.includes(".") && page.has("index.html"))
    return page.send(request, response, "index.html", headers);
  throw new Refusal(404, "There is no such address.");
}

function fileFor(pathname: string): readonly [Files, string] {
  if (pathname.startsWith("/kernels/")) return [kernels, pathname.slice("/kernels/".length)];
  if (pathname.startsWith("/album/")) return [sample, pathname.slice("/album/".length)];
  return [page, pathname === "/" ? "index.html" : pathname.slice(1)];
}

async function answerApi(
  request: IncomingMessage,
  response: ServerResponse,
  pathname: string,
  search: string,
): Promise<void> {
  refuseOtherOrigins(request);
  if (pathname === "/api/sign-out" && request.method === "POST")
    return redirect(response, "/", [signIn.out()]);
  const session = signIn.sessionOf(request);
  if (session === undefined) throw new Refusal(401, "Sign in first.");
  if (pathname.startsWith("/api/center/"))
    return center.forward(request, response, pathname.slice("/api/center/".length) + search, session);
  await api.answer(request, response, pathname, session);
}

/** A page of another origin can neither change anything with the user's cookie nor open the workers' socket with it. */
function refuseOtherOrigins(request: IncomingMessage): void {
  const { origin } = request.headers;
  const site = request.headers["sec-fetch-site"];
  const isOurs =
    origin === undefined
      ? site === undefined || site === "same-origin" || site === "none"
      : origin === settings.url.origin;
  if (!isOurs) throw new Refusal(403, "Only Darkroom's own page may ask this.");
}

server.on("upgrade", (request, socket, head) => {
  try {
    const { pathname, search } = new URL(request.url ?? "/", settings.url);
    refuseOtherOrigins(request);
    const session = signIn.sessionOf(request);
    if (session === undefined || pathname !== "/api/center/burst/connect")
      throw new Refusal(401, "Sign in first.");
    center.connect(request, socket, head, pathname.slice("/api/center/".length) + search, session);
  } catch (error) {
    const status = error instanceof Refusal ? error.status : 500;
    socket.end(`HTTP/1.1 ${status} Refused\r\nconnection: close\r\n\r\n`);
  }
});

server.listen(settings.port, settings.host);
process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
