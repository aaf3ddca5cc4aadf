import { createServer } from "node:http";
import { once } from "node:events";
import assert from "node:assert/strict";
import { test } from "node:test";
import { visit, visitLimits } from "./visitors.ts";

async function site(answer: Parameters<typeof createServer>[1]) {
  const server = createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert(address !== null && typeof address === "object");
  return {
    url: `http://news.localhost:${address.port}/`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test("visitors follow the links of a page and name the host that they were sent to", async () => {
  const seen = new Set<string>();
  await using shop = await site((request, response) => {
    seen.add(`${request.headers.host?.split(":")[0]}${request.url}`);
    response.setHeader("content-type", "text/html");
    response.end(request.url === "/" ? '<a href="/about">About</a><img src="/p.svg"><a href="/desk">' : "ok");
  });
  const samples = [];
  for await (const sample of visit(
    { url: shop.url, requestsPerSecond: 40, durationMs: 1_000, streams: 0 },
    AbortSignal.timeout(10_000),
  ))
    samples.push(sample);
  assert(seen.has("news.localhost/about") && seen.has("news.localhost/p.svg"));
  assert(!seen.has("news.localhost/desk"));
  assert.equal(samples.length, 1);
  assert((samples[0]?.requests ?? 0) >= 10 && (samples[0]?.requests ?? 0) <= 60);
});

test("visitors count a failed answer and do not bury a site that never answers", async () => {
  let open = 0;
  await using broken = await site((_, response) => {
    open += 1;
    if (open <= 3) response.writeHead(503).end();
  });
  let last;
  for await (const sample of visit(
    { url: broken.url, requestsPerSecond: 1_000, durationMs: 1_000, streams: 0 },
    AbortSignal.timeout(10_000),
  ))
    last = sample;
  assert.equal(last?.failures, 3);
  assert.match(last?.lastFailure ?? "", /503/);
  assert((last?.waiting ?? 0) <= visitLimits.waiting);
});

test("visitors stop at once when they are told to", async () => {
  await using quiet = await site((_, response) => response.end("ok"));
  const stop = new AbortController();
  let samples = 0;
  for await (const _ of visit(
    { url: quiet.url, requestsPerSecond: 10, durationMs: 60_000, streams: 0 },
    stop.signal,
  )) {
    samples += 1;
    stop.abort();
  }
  assert.equal(samples, 1);
});
