import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createConnection } from "node:net";
import { createClient } from "#api/client.ts";
import { VdcError } from "#api/errors.ts";
import type { Problem } from "#api/problem.ts";
import { fixedRoutes } from "#api/routes.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import { localPrincipal } from "#control/auth/principals.ts";
import { boundFetch } from "#drivers/bound-fetch/bound-fetch.ts";
import type { Bytes, BytesHandler, Call, Handler } from "#server/handler.ts";
import type { ServerLimits } from "#server/limits.ts";
import { createApiServer } from "#server/server.ts";
import { rawRequest } from "#test/support/raw-request.ts";
import { waitFor } from "#test/support/wait-for.ts";

/** The whole server with the routes that take and give files; what their handlers do is the test's. */
const servers = new AsyncDisposableStack();
after(async () => await servers.disposeAsync());

type Upload = (typeof fixedRoutes)["package.upload"];
const digest = `sha256:${"0".repeat(64)}`;

async function serve(
  given: {
    readonly upload?: (call: Call<Upload>) => Promise<unknown>;
    readonly blob?: Bytes;
  },
  limits: Partial<ServerLimits> = {},
): Promise<number> {
  const upload = (given.upload ?? (() => Promise.resolve({}))) as Handler; // answers are the test's own
  const blob: BytesHandler = () =>
    Promise.resolve(given.blob ?? { mediaType: "image/png", bytes: Uint8Array.of(1) });
  const server = servers.use(
    await createApiServer({
      routes: [
        { route: fixedRoutes["package.upload"], run: upload },
        { route: fixedRoutes["package.blob"], run: blob },
        { route: fixedRoutes["secret.set"], run: () => Promise.resolve({ version: 1 }) },
      ],
      authenticate: (facts) => Promise.resolve(facts.bearer === "good" ? localPrincipal(0) : undefined),
      observe: () => undefined,
      listen: { host: "127.0.0.1", port: 0 },
      hosts: [],
      limits,
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
    }),
  );
  return await server.listen();
}

const uploadPath = "/v1/projects/shop/packages/upload";
const headers = { authorization: "Bearer good", "content-type": "application/octet-stream" };

async function problemOf(response: Response): Promise<string> {
  const { code, detail } = (await response.json()) as Problem; // every refusal is one
  return `${response.status} ${code}: ${detail}`;
}

/** So many bytes, made as they are asked for. */
function stream(chunks: number, chunk = new Uint8Array(64 * 1024)): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      if (sent === chunks) return controller.close();
      sent += 1;
      controller.enqueue(chunk);
    },
  });
}

async function bytesOf(upload: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const chunk of upload) bytes += chunk.byteLength;
  return bytes;
}

test("a file is read by its handler as it comes, far past the limit of other bodies", async () => {
  const port = await serve({ upload: async ({ upload }) => ({ bytes: await bytesOf(upload) }) });
  const bound = boundFetch({ via: "address" }, { idleMs: 10_000 });
  for (const fetch of [globalThis.fetch, bound.fetch]) {
    const client = createClient({
      baseUrl: `http://127.0.0.1:${port}`,
      fetch,
      headers: () => headers,
      timeoutMs: 5_000,
    });
    const params = { project: "shop" };
    const made: unknown = await client.call(fixedRoutes["package.upload"], { params, file: stream(200) });
    assert.deepEqual(made, { bytes: 200 * 64 * 1024 });
    const blob = new Blob([new Uint8Array(3_000_000)]);
    assert.deepEqual(await client.call(fixedRoutes["package.upload"], { params, file: blob }), {
      bytes: 3_000_000,
    });
  }
  bound.close();
});

test("the sender of a file waits while its handler does not read", async () => {
  const go = Promise.withResolvers<void>();
  const port = await serve({
    upload: async ({ upload }) => {
      await go.promise;
      return { bytes: await bytesOf(upload) };
    },
  });
  let taken = 0;
  const chunk = new Uint8Array(256 * 1024);
  const all = 256;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (taken === all) return controller.close();
      taken += 1;
      controller.enqueue(chunk);
    },
  });
  const answer = fetch(`http://127.0.0.1:${port}${uploadPath}`, {
    method: "POST",
    headers,
    body,
    duplex: "half",
  });
  const still = { at: -1 };
  await waitFor(
    () => {
      const before = still.at;
      still.at = taken;
      return taken > 0 && before === taken ? true : undefined;
    },
    { withinMs: 10_000, what: "the sender stands still" },
  );
  assert.ok(taken < all / 2, `only what sockets hold was taken, not ${taken} chunks`);
  go.resolve();
  assert.deepEqual(await (await answer).json(), { bytes: all * chunk.byteLength });
});

test("a file that is too large is refused, whether it says so or not", async () => {
  const port = await serve(
    { upload: async ({ upload }) => ({ bytes: await bytesOf(upload) }) },
    { uploadBytes: 1_000_000 },
  );
  const send = async (body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>) =>
    await problemOf(
      await fetch(`http://127.0.0.1:${port}${uploadPath}`, {
        method: "POST",
        headers,
        body,
        duplex: "half",
      }),
    );
  assert.match(await send(new Uint8Array(1_000_001)), /^413 too-large: An upload may have at most/);
  assert.match(await send(stream(40)), /^413 too-large: /);
});

test("a handler that refuses before it has read everything is heard, and the connection serves on", async () => {
  const port = await serve({
    upload: async ({ upload }) => {
      for await (const _ of upload) throw new VdcError("invalid", "entry ../x: leaves the package.");
      return {};
    },
  });
  const bound = boundFetch({ via: "address" }, { idleMs: 10_000 });
  for (let at = 0; at < 3; at += 1) {
    const response = await bound.fetch(`http://127.0.0.1:${port}${uploadPath}`, {
      method: "POST",
      headers,
      body: stream(50),
    });
    assert.equal(await problemOf(response), "422 invalid: entry ../x: leaves the package.");
  }
  bound.close();
});

test("an upload that breaks off, or falls silent, ends its handler", async () => {
  const ends: string[] = [];
  const port = await serve(
    {
      upload: async ({ upload, signal }) => {
        try {
          return { bytes: await bytesOf(upload) };
        } catch (error) {
          assert.ok(error instanceof VdcError);
          await waitFor(() => (signal.aborted ? true : undefined), { withinMs: 5_000, what: "the signal" });
          ends.push(error.message);
          throw error;
        }
      },
    },
    { uploadIdleMs: 100 },
  );
  const head = `POST ${uploadPath} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer good\r\ncontent-type: application/octet-stream\r\ncontent-length: 1000\r\n\r\n`;
  const socket = createConnection({ host: "127.0.0.1", port });
  socket.write(`${head}abc`, () => socket.destroy());
  await waitFor(() => (ends.length === 1 ? true : undefined), { withinMs: 5_000, what: "the first ended" });
  await rawRequest(port, `${head}abc`);
  await waitFor(() => (ends.length === 2 ? true : undefined), { withinMs: 5_000, what: "the second ended" });
  assert.deepEqual(ends, ["The upload broke off.", "Nothing came for 0.1 s."]);
});

test("a file is sent as application/octet-stream and as nothing else, and only where one is taken", async () => {
  const port = await serve({});
  const send = async (path: string, method: string, type: string) =>
    await problemOf(
      await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        headers: { ...headers, "content-type": type },
        body: "{}",
      }),
    );
  assert.match(
    await send(uploadPath, "POST", "application/json"),
    /^415 unsupported-media-type: .*octet-stream/,
  );
  assert.match(await send(uploadPath, "POST", "multipart/form-data"), /^415 unsupported-media-type: /);
  assert.match(
    await send("/v1/projects/shop/secrets/key/value", "PUT", "application/octet-stream"),
    /^415 unsupported-media-type: /,
  );
  const none = await fetch(`http://127.0.0.1:${port}${uploadPath}`, {
    method: "POST",
    headers: { authorization: "Bearer good" },
  });
  assert.match(await problemOf(none), /^400 bad-request: This needs a file/);
});

test("an upload that is refused before it is read is told so, and its handler does not run", async () => {
  let runs = 0;
  const port = await serve({
    upload: () => {
      runs += 1;
      return Promise.resolve({});
    },
  });
  const refused = await fetch(`http://127.0.0.1:${port}${uploadPath}`, {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
    body: new Uint8Array(2_000_000),
  });
  assert.match(await problemOf(refused), /^401 unauthenticated/);
  assert.equal(runs, 0);
});

const blobPath = `/v1/projects/shop/packages/news/blobs/${digest}`;

test("a file of a package is shown in a sandbox, by its own type, and may be kept by its reader alone", async () => {
  const svg = new TextEncoder().encode(
    "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
  );
  const port = await serve({ blob: { mediaType: "image/svg+xml", bytes: svg } });
  const response = await fetch(`http://127.0.0.1:${port}${blobPath}`, { headers });
  assert.equal(response.status, 200);
  assert.deepEqual(new Uint8Array(await response.arrayBuffer()), svg);
  const got = (name: string) => response.headers.get(name);
  assert.equal(got("content-type"), "image/svg+xml");
  assert.equal(got("x-content-type-options"), "nosniff");
  assert.match(got("content-security-policy") ?? "", /^sandbox; default-src 'none'/);
  assert.equal(got("content-disposition"), 'attachment; filename="file.svg"');
  assert.equal(got("cache-control"), "private, max-age=31536000, immutable");
  assert.equal(got("cross-origin-resource-policy"), "same-origin");
});

test("a file of a type that is not on the list is not answered", async () => {
  for (const mediaType of ["text/html", "application/javascript", "image/png, text/html", "__proto__", ""]) {
    const port = await serve({ blob: { mediaType, bytes: Uint8Array.of(60) } });
    const response = await fetch(`http://127.0.0.1:${port}${blobPath}`, { headers });
    assert.match(await problemOf(response), /^404 not-found: Files of the type/, mediaType);
  }
});

test("the client gives a file with its type", async () => {
  const port = await serve({ blob: { mediaType: "image/png", bytes: Uint8Array.of(1, 2, 3) } });
  const client = createClient({
    baseUrl: `http://127.0.0.1:${port}`,
    fetch,
    headers: () => headers,
    timeoutMs: 5_000,
  });
  const file: unknown = await client.call(fixedRoutes["package.blob"], {
    params: { project: "shop", name: "news", digest },
  });
  assert.deepEqual(file, { mediaType: "image/png", bytes: Uint8Array.of(1, 2, 3) });
});
