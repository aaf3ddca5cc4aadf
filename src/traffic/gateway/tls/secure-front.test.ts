import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect as connectPlain } from "node:net";
import { after, before, describe, it } from "node:test";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { listenTcp, type TcpListener } from "#drivers/tcp/listen.ts";
import { createContext, createTlsServer } from "#drivers/tls/server.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { selfSignedPem, type TestPem } from "#test/support/certificates.ts";
import { waitFor } from "#test/support/wait-for.ts";
import { emptySnapshot } from "../../snapshot.ts";
import type { ConnectionFacts } from "../gateway-contract.ts";
import { createSecureFront, type SecureFront } from "./secure-front.ts";

describe("the secure front", () => {
  const files = new Map<string, TestPem>();
  const reads: string[] = [];
  const accepted: ConnectionFacts[] = [];
  let front: SecureFront;
  let listener: TcpListener;
  let made: Record<"news" | "newer" | "wild" | "fallback", TestPem>;

  before(async () => {
    made = {
      news: await selfSignedPem(["news.example.org"]),
      newer: await selfSignedPem(["news.example.org"]),
      wild: await selfSignedPem(["*.example.org"]),
      fallback: await selfSignedPem(["*.localhost"]),
    };
    for (const pem of Object.values(made)) files.set(pem.fingerprint, pem);
    const ports = {
      readPem: async (fingerprint: string) => {
        reads.push(fingerprint);
        const pem = files.get(fingerprint);
        return pem === undefined
          ? await Promise.reject(new Error("no such file"))
          : await Promise.resolve(pem);
      },
      createContext,
      createServer: createTlsServer<ConnectionFacts>,
      clock: systemClock,
      log: silentLog,
    };
    front = createSecureFront(ports, {
      accept: (socket, facts) => {
        accepted.push(facts);
        socket.end("hello");
      },
    });
    listener = await listenTcp({ host: "127.0.0.1", port: 0, shared: false }, (socket) =>
      front.accept(socket, {
        tls: true,
        clientAddress: socket.remoteAddress ?? "",
        clientPort: socket.remotePort ?? 0,
        localPort: socket.localPort ?? 0,
        serverName: "",
        protocol: "http/1",
      }),
    );
    await apply({ news: ["news.example.org"], wild: ["*.example.org"], fallback: ["*.localhost"] });
  });
  after(() => listener.close());

  it("serves each name the certificate of its own, then of its wildcard, then the fallback", async () => {
    assert.equal(await served("news.example.org"), made.news.fingerprint);
    assert.equal(await served("NEWS.example.ORG"), made.news.fingerprint);
    assert.equal(await served("other.example.org"), made.wild.fingerprint);
    assert.equal(await served("deep.other.example.org"), made.fallback.fingerprint);
    assert.equal(await served("news.localhost"), made.fallback.fingerprint);
    assert.equal(await served(undefined), made.fallback.fingerprint);
  });

  it("hands over the server name, the protocol and where the client came from", async () => {
    accepted.length = 0;
    const socket = await shaken({ servername: "News.Example.org", ALPNProtocols: ["h2", "http/1.1"] });
    const { localPort } = socket;
    assert.equal(socket.alpnProtocol, "h2");
    await closed(socket);
    assert.deepEqual(accepted, [
      {
        tls: true,
        clientAddress: "127.0.0.1",
        clientPort: localPort,
        localPort: listener.port,
        serverName: "news.example.org",
        protocol: "h2",
      },
    ]);
    await closed(await shaken({ servername: "news.example.org", ALPNProtocols: ["http/1.1"] }));
    assert.equal(accepted[1]?.protocol, "http/1");
  });

  it("swaps a certificate without touching connections, and reads each one's files once", async () => {
    reads.length = 0;
    const standing = await shaken({ servername: "news.example.org" });
    await apply({ newer: ["news.example.org"], wild: ["*.example.org"], fallback: ["*.localhost"] });
    assert.equal(await served("news.example.org"), made.newer.fingerprint);
    assert.equal(await served("news.example.org"), made.newer.fingerprint);
    await closed(standing);
    assert.deepEqual(reads, [made.newer.fingerprint]);
  });

  it("serves the fallback when a certificate's files are gone", async () => {
    files.delete(made.news.fingerprint);
    await apply({ news: ["news.example.org"], fallback: ["*.localhost"] });
    assert.equal(await served("news.example.org"), made.fallback.fingerprint);
    files.set(made.news.fingerprint, made.news);
  });

  it("refuses old versions, foreign protocols, plain requests, and names without any certificate", async () => {
    const { failures } = front.counts;
    await assert.rejects(
      shaken({ servername: "news.localhost", maxVersion: "TLSv1.1", minVersion: "TLSv1" }),
    );
    await assert.rejects(shaken({ servername: "news.localhost", ALPNProtocols: ["spdy/3"] }), {
      code: "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL",
    });
    const plain = connectPlain(listener.port, "127.0.0.1");
    plain.end("GET / HTTP/1.1\r\nHost: news.localhost\r\n\r\n");
    plain.on("error", () => undefined).resume();
    await once(plain, "close");
    await apply({});
    await assert.rejects(shaken({ servername: "news.localhost" }), {
      code: "ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE",
    });
    await assert.rejects(shaken({}));
    await waitFor(() => (front.counts.failures - failures >= 4 ? true : undefined), {
      withinMs: 5_000,
      what: "the failures are counted",
    });
    await waitFor(() => (front.counts.handshakes === 0 ? true : undefined), {
      withinMs: 5_000,
      what: "no handshake is under way",
    });
  });

  async function apply(certificates: Partial<Record<keyof typeof made, readonly string[]>>): Promise<void> {
    const list = Object.entries(certificates).map(([id, hosts]) => {
      const { fingerprint } = made[id as keyof typeof made]; // the type of the parameter says so
      return { id, hosts: [...hosts], fingerprint };
    });
    await front.apply({ ...emptySnapshot, certificates: list });
  }

  async function shaken(options: ConnectionOptions): Promise<TLSSocket> {
    const socket = connect({ port: listener.port, host: "127.0.0.1", rejectUnauthorized: false, ...options });
    await once(socket, "secureConnect");
    return socket;
  }

  async function closed(socket: TLSSocket): Promise<void> {
    socket.on("error", () => undefined).resume();
    if (!socket.closed) await once(socket, "close");
  }

  /** Fingerprint of the certificate that is served for a name. */
  async function served(servername: string | undefined): Promise<string> {
    const socket = await shaken(servername === undefined ? {} : { servername });
    const certificate = socket.getPeerX509Certificate();
    assert.ok(certificate instanceof X509Certificate);
    await closed(socket);
    return certificate.fingerprint256.replaceAll(":", "").toLowerCase();
  }
});

describe("a TLS server", () => {
  it("closes connections above its limit of handshakes, and silent ones at the time limit", async () => {
    const failures: Error[] = [];
    const server = createTlsServer<object>({
      protocols: ["http/1.1"],
      handshakeTimeoutMs: 300,
      maxHandshakes: 2,
      contextFor: async () => await Promise.resolve(undefined),
      onSecure: () => assert.fail("nobody shakes hands"),
      onFailure: (error) => failures.push(error),
    });
    const listener = await listenTcp({ host: "127.0.0.1", port: 0, shared: false }, (raw) =>
      server.accept(raw, {}),
    );
    const clients = [1, 2, 3].map(() => connectPlain(listener.port, "127.0.0.1"));
    const ended = clients.map(
      async (client) =>
        await once(
          client.resume().on("error", () => undefined),
          "close",
        ),
    );
    await waitFor(() => (server.dropped === 1 ? true : undefined), {
      withinMs: 5_000,
      what: "one is dropped",
    });
    assert.equal(server.handshakes, 2);
    await Promise.all(ended);
    await waitFor(() => (server.handshakes === 0 ? true : undefined), {
      withinMs: 5_000,
      what: "both time out",
    });
    assert.equal(failures.length, 2);
    listener.close();
  });
});
