import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import fc from "fast-check";
import { createClient } from "./client.ts";
import { VdcError } from "./errors.ts";
import { machineKind } from "./kinds/machine.ts";
import { problemOf } from "./problem.ts";
import { resourceRoutes } from "./resource-routes.ts";
import { fixedRoutes } from "./routes.ts";
import { routeAddress, type ClientOptions } from "./transport.ts";

const machines = resourceRoutes(machineKind);

/** A real server on a free port, and a client's options for it. */
async function serving(answer: RequestListener, timeoutMs = 10_000) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a server that listens on TCP has one
  const options: ClientOptions = { baseUrl: `http://127.0.0.1:${port}`, fetch, timeoutMs };
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { options, client: createClient(options), close, [Symbol.asyncDispose]: close };
}

/** Sends a beginning and lets the caller wait for the rest. */
const stalling =
  (contentType: string, beginning: string): RequestListener =>
  (_, response) => {
    response.writeHead(200, { "content-type": contentType });
    response.write(beginning);
  };

const isError = (code: string) => (error: unknown) => error instanceof VdcError && error.code === code;

describe("a call over a real connection", () => {
  test("answers with what the server sent, and sends what it was given", async () => {
    const seen: unknown[] = [];
    await using server = await serving((request, response) => {
      const { method, url, headers } = request;
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        seen.push({
          method,
          url,
          type: headers["content-type"],
          accept: headers.accept,
          mine: headers["x-mine"],
          body,
        });
        response.end(JSON.stringify({ outcome: "created" }));
      });
    });
    const client = createClient({ ...server.options, headers: () => ({ "x-mine": "1" }) });
    const answer = await client.patch(machineKind, { name: "a" }, { spec: { title: "é" } }, { dryRun: true });
    assert.deepEqual(answer, { outcome: "created" });
    assert.deepEqual(seen, [
      {
        method: "PATCH",
        url: "/v1/machines/a?dryRun=true",
        type: "application/merge-patch+json",
        accept: "application/json",
        mine: "1",
        body: '{"spec":{"title":"é"}}',
      },
    ]);
  });

  test("throws the error that a problem document tells of", async () => {
    const fields = [{ path: "name", message: "too long" }];
    const problem = problemOf(new VdcError("quota-exceeded", "20 of 20 instances.", { fields }), "req_9");
    await using server = await serving((_, response) => {
      response.writeHead(403, { "content-type": "application/problem+json" }).end(JSON.stringify(problem));
    });
    await assert.rejects(server.client.call(fixedRoutes["system.version"]), {
      code: "quota-exceeded",
      message: "20 of 20 instances.",
      fields,
      extra: { requestId: "req_9", remedy: problem.remedy },
    });
  });

  test("says that something else answered when the answer is no JSON or no problem document", async () => {
    const answers = [
      [502, "<h1>Bad gateway</h1>"],
      [404, '{"message":"not ours"}'],
      [500, ""],
      [200, "<h1>Welcome</h1>"],
      [200, ""],
    ] as const;
    for (const [status, body] of answers) {
      await using server = await serving((_, response) => response.writeHead(status).end(body));
      await assert.rejects(server.client.call(fixedRoutes["system.version"]), {
        code: "unreachable",
        message: `Something other than a data center answered (HTTP ${status}).`,
      });
    }
  });

  test("gives up after its timeout, whether the server is silent or stops in its answer", async () => {
    for (const answer of [() => undefined, stalling("application/json", '{"name":')]) {
      await using server = await serving(answer, 40);
      await assert.rejects(server.client.call(fixedRoutes["system.version"]), isError("timeout"));
    }
  });

  test("ends with the caller's reason when the caller gives up, at any moment", async () => {
    const reason = new Error("the page was left");
    for (const answer of [() => undefined, stalling("application/json", '{"name":')]) {
      const leaving = new AbortController();
      await using server = await serving((request, response) => {
        answer(request, response);
        setImmediate(() => leaving.abort(reason));
      });
      const call = server.client.call(fixedRoutes["system.version"], { signal: leaving.signal });
      await assert.rejects(call, (error) => error === reason);
    }
  });

  test("is unreachable when nobody listens or the connection breaks, and the cause is attached", async () => {
    const gone = await serving(() => undefined);
    await gone.close();
    await assert.rejects(gone.client.call(fixedRoutes["system.version"]), isError("unreachable"));
    await using breaking = await serving((request, response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write('{"name":', () => request.socket.destroy());
    });
    const failure: unknown = await breaking.client
      .call(fixedRoutes["system.version"])
      .catch((error: unknown) => error);
    assert.ok(
      failure instanceof VdcError && failure.code === "unreachable" && failure.cause instanceof Error,
    );
  });

  test("of a route that answers without a body waits for none", async () => {
    await using server = await serving((_, response) => response.writeHead(204).end());
    assert.equal(await server.client.call(fixedRoutes["auth.sign-out"]), undefined);
  });
});

describe("a stream over a real connection", () => {
  test("is unreachable when it breaks, and outlives the timeout of calls until then", async () => {
    await using server = await serving((request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`event: bookmark\nid: 1\n\n`);
      setTimeout(() => request.socket.destroy(), 80);
    }, 20);
    const seen: unknown[] = [];
    const reading = async () => {
      for await (const message of server.client.watch({}, new AbortController().signal)) seen.push(message);
    };
    await assert.rejects(reading(), isError("unreachable"));
    assert.deepEqual(seen, [{ type: "bookmark", revision: 1 }]);
  });

  test("ends with the reader's reason when the reader gives up", async () => {
    const reason = new Error("the term ended");
    const leaving = new AbortController();
    await using server = await serving(stalling("text/event-stream", "event: bookmark\nid: 1\n\n"));
    const reading = async () => {
      for await (const message of server.client.watch({}, leaving.signal))
        leaving.abort([reason, message][0]);
    };
    await assert.rejects(reading(), (error) => error === reason);
  });

  test("lets go of the connection when the reader leaves early", async () => {
    const closed = Promise.withResolvers<string>();
    await using server = await serving((request, response) => {
      request.socket.once("close", () => closed.resolve("closed"));
      stalling("text/event-stream", "event: bookmark\nid: 1\n\n")(request, response);
    });
    for await (const message of server.client.watch({}, new AbortController().signal)) {
      assert.equal(message.type, "bookmark");
      break;
    }
    assert.equal(await closed.promise, "closed");
  });
});

describe("a route's address", () => {
  test("escapes whatever a name holds, so that it stays one segment of its collection", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (name) => {
        fc.pre(name !== "." && name !== "..");
        const url = new URL(routeAddress(machines.get, { name }, {}), "http://vdc.invalid");
        const segments = url.pathname.split("/");
        assert.deepEqual([segments.length, segments[2], url.search, url.hash], [4, "machines", "", ""]);
        assert.equal(decodeURIComponent(segments[3] ?? ""), name);
      }),
    );
  });

  test("is refused where a name would make it the address of something else", () => {
    for (const name of ["..", ".", "", undefined])
      assert.throws(
        () => routeAddress(machines.delete, { name }, {}),
        (error) => error instanceof VdcError && error.code === "invalid" && error.fields[0]?.path === "name",
      );
  });

  test("leaves absent members of the query out and escapes the others", () => {
    const query = { labelSelector: "app in (a,b)&x=1", limit: 5, continue: undefined };
    assert.equal(
      routeAddress(machines.list, {}, query),
      "/v1/machines?labelSelector=app+in+%28a%2Cb%29%26x%3D1&limit=5",
    );
    assert.equal(routeAddress(fixedRoutes["system.version"], undefined, undefined), "/v1/version");
  });
});
