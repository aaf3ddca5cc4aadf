import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { commentLimits, Comments } from "./comments.ts";
import { html } from "./html.ts";
import { deskPage } from "./pages/desk.ts";
import { frontPage, sectionPage } from "./pages/front.ts";
import { page } from "./pages/layout.ts";
import { resultsPage } from "./pages/results-page.ts";
import { storyPage } from "./pages/story.ts";
import { hangPictures, pictureOf } from "./pictures.ts";
import { resultsAt } from "./results.ts";
import { settings } from "./settings.ts";
import { stories, storyBySlug } from "./stories.ts";

/** The newspaper: a plain Node server, packaged as anybody would package theirs. */
const comments = new Comments(settings.commentsFile);
const files = {
  "/style.css": {
    type: "text/css; charset=utf-8",
    body: readFileSync(new URL("public/style.css", import.meta.url)),
  },
  "/live.js": {
    type: "text/javascript; charset=utf-8",
    body: readFileSync(new URL("public/live.js", import.meta.url)),
  },
  "/icon.svg": { type: "image/svg+xml", body: readFileSync(new URL("../icon.svg", import.meta.url)) },
} as const;
const maxFormBytes = 16_384;
const maxReaders = 5_000;
const readers = new Set<ServerResponse>();

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    console.error("request failed", request.method, request.url, error);
    if (!response.headersSent)
      send(response, 500, plainPage("Something broke", "The press has jammed. It was written down."));
    else response.destroy();
  });
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? "/", "http://newsroom");
  const now = Date.now();
  const [, first, second, third] = pathname.split("/");
  if (request.method === "POST") return await post(request, response, pathname);
  if (request.method !== "GET" && request.method !== "HEAD")
    return send(response, 405, plainPage("Not like that", "This page can only be read."));
  const file = Object.hasOwn(files, pathname) ? files[pathname as keyof typeof files] : undefined; // the line before asked whether it is a key
  if (file !== undefined) return sendFile(request, response, file);
  if (pathname === "/") return send(response, 200, frontPage(now));
  if (pathname === "/healthz")
    return void response.writeHead(200, { "content-type": "text/plain" }).end("ok\n");
  if (pathname === "/results") return send(response, 200, resultsPage(now));
  if (pathname === "/results/stream") return stream(response);
  if (pathname === "/feed.xml")
    return void response.writeHead(200, { "content-type": "application/rss+xml; charset=utf-8" }).end(feed());
  if (pathname === "/desk") return await desk(request, response);
  const section = first === "section" && third === undefined ? sectionPage(second ?? "", now) : undefined;
  if (section !== undefined) return send(response, 200, section);
  const drawn =
    first === "picture" && third === undefined
      ? storyBySlug((second ?? "").replace(/\.svg$/, ""))
      : undefined;
  if (drawn !== undefined) return sendFile(request, response, await pictureOf(drawn));
  const story = first === "story" && third === undefined ? storyBySlug(second ?? "") : undefined;
  if (story !== undefined)
    return send(response, 200, storyPage(story, await comments.of(story.slug), { now }));
  send(
    response,
    404,
    plainPage("Not in this edition", "There is no such page. The front page has everything that there is."),
  );
}

async function post(request: IncomingMessage, response: ServerResponse, pathname: string): Promise<void> {
  // A browser that is signed in to the desk must not be made to send this by another site.
  if (request.headers["sec-fetch-site"] === "cross-site")
    return send(response, 403, plainPage("Not from there", "Please use our own pages."));
  const form = await readForm(request);
  if (form === undefined)
    return send(response, 413, plainPage("Too long", "That is more than we can print."));
  if (pathname === "/desk/remove") {
    if (!isEditor(request)) return askForPassword(response);
    await comments.remove(form.get("id") ?? "");
    return redirect(response, "/desk");
  }
  const [, first, slug, third] = pathname.split("/");
  const story = first === "story" && third === "comments" ? storyBySlug(slug ?? "") : undefined;
  if (story === undefined || !settings.commentsOpen)
    return send(response, 404, plainPage("Not here", "Nothing can be sent to this address."));
  const name = (form.get("name") ?? "").trim().slice(0, commentLimits.name);
  const text = (form.get("text") ?? "").trim().slice(0, commentLimits.text);
  const problem = name === "" || text === "" ? "A comment needs a name and a text." : undefined;
  if (problem === undefined && (await comments.add(story.slug, name, text, Date.now())))
    return redirect(response, `/story/${story.slug}#comments`);
  const why = problem ?? "The comment book is full. Please come back tomorrow.";
  send(
    response,
    problem === undefined ? 507 : 422,
    storyPage(story, await comments.of(story.slug), { now: Date.now(), problem: why }),
  );
}

/** Undefined when it is too long. */
async function readForm(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length; // no encoding is set, so chunks are buffers
    if (bytes > maxFormBytes) return undefined;
    chunks.push(chunk as Buffer); // as above
  }
  return new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
}

async function desk(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!isEditor(request)) return askForPassword(response);
  send(response, 200, deskPage(await comments.all(), Date.now()));
}

function isEditor(request: IncomingMessage): boolean {
  if (settings.deskPassword === undefined) return false;
  const given = request.headers.authorization?.match(/^Basic ([A-Za-z0-9+/=]+)$/)?.[1];
  if (given === undefined) return false;
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(
    hash(Buffer.from(given, "base64").toString("utf8")),
    hash(`editor:${settings.deskPassword}`),
  );
}

function askForPassword(response: ServerResponse): void {
  response.setHeader("www-authenticate", 'Basic realm="The desk", charset="UTF-8"');
  send(response, 401, plainPage("Editors only", "The desk needs the editor's password."));
}

function stream(response: ServerResponse): void {
  if (readers.size >= maxReaders)
    return send(response, 503, plainPage("Too many readers", "Please try again in a minute."));
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  response.write(`retry: 1000\n${countEvent()}`);
  readers.add(response);
  response.on("close", () => readers.delete(response));
}

function countEvent(): string {
  return `event: count\ndata: ${JSON.stringify(resultsAt(Date.now()))}\n\n`;
}

function feed(): string {
  const items = stories.map(
    (story) =>
      html`<item><title>${story.headline}</title><link>/story/${story.slug}</link><guid isPermaLink="false">${story.slug}</guid><description>${story.lead}</description></item>`,
  );
  return html`<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><title>${settings.title}</title><link>/</link><description>${settings.tagline}</description>${items}</channel></rss>
`.text;
}

function plainPage(title: string, text: string): string {
  return page(
    title,
    html`<h1>${title}</h1>
      <p>${text}</p>`,
    { now: Date.now() },
  );
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-cache",
    "content-security-policy":
      "default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
  });
  response.end(body);
}

function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  file: { readonly type: string; readonly body: Buffer },
): void {
  const etag = `"${createHash("sha256").update(file.body).digest("base64url").slice(0, 22)}"`;
  const headers = {
    etag,
    "cache-control": "public, max-age=60",
    "x-content-type-options": "nosniff",
    // A picture that somebody put into the bucket may be a document with a script in it.
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
  };
  if (request.headers["if-none-match"] === etag) return void response.writeHead(304, headers).end();
  response
    .writeHead(200, { ...headers, "content-type": file.type, "content-length": file.body.length })
    .end(file.body);
}

function redirect(response: ServerResponse, to: string): void {
  response.writeHead(303, { location: to }).end();
}

const ticking = setInterval(() => {
  const event = countEvent();
  for (const reader of readers) if (!reader.writableNeedDrain) reader.write(event);
}, 1000);

/** Readers of the stream come back by themselves; requests that are being answered are finished. */
process.on("SIGTERM", () => {
  clearInterval(ticking);
  server.close(() => process.exit(0));
  for (const reader of readers) reader.end();
  server.closeIdleConnections();
});

hangPictures().catch((error: unknown) =>
  console.error("the pictures could not be put into the bucket", error),
);

server.keepAliveTimeout = 65_000;
server.listen(settings.port, settings.host, () => {
  console.log(`${settings.title} is printed at http://${settings.host}:${settings.port}/`);
});
