import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { join } from "node:path";
import { background } from "#lib/background.ts";
import type { DataDirectory } from "#main/data-directory.ts";
import type { ConnectionFacts, GatewayPorts } from "#traffic/gateway/gateway-contract.ts";
import type { ClientProtocol, ProtocolHost } from "#traffic/gateway/gateway.ts";
import type { SnapshotContent } from "#traffic/snapshot.ts";
import type { SecureFront } from "./gateway-process.ts";

interface Loaded {
  readonly front: SecureFront;
  readonly protocol: ClientProtocol;
}

/** Connections that may wait while TLS is loaded, which takes some 50 ms once. */
const maxWaiting = 4_096;

/**
 * TLS and HTTP/2, loaded by the first connection that needs them: node:tls and node:http2 hold 12 MB, which a gateway behind another
 * TLS end never needs.
 */
export class SecureSide implements SecureFront {
  readonly #ports: GatewayPorts;
  readonly #directory: DataDirectory;
  #host: ProtocolHost | undefined;
  #gateway: { accept(socket: Socket, facts: ConnectionFacts): void } | undefined;
  #content: SnapshotContent | undefined;
  #loading: Promise<Loaded> | undefined;
  #loaded: Loaded | undefined;
  #waiting = 0;

  constructor(ports: GatewayPorts, directory: DataDirectory) {
    this.#ports = ports;
    this.#directory = directory;
  }

  /** For `createGateway`. */
  readonly http2 = (host: ProtocolHost): ClientProtocol => {
    this.#host = host;
    const loaded = () => this.#loaded?.protocol;
    return {
      accept: (socket, facts) => loaded()?.accept(socket, facts),
      get connections() {
        return loaded()?.connections ?? 0;
      },
      drain: () => loaded()?.drain(),
      goAway: () => loaded()?.goAway(),
      destroy: () => loaded()?.destroy(),
    };
  };

  /** Whoever gets the decrypted connections. */
  leadTo(gateway: { accept(socket: Socket, facts: ConnectionFacts): void }): void {
    this.#gateway = gateway;
  }

  async apply(content: SnapshotContent): Promise<void> {
    this.#content = content;
    await this.#loaded?.front.apply(content);
  }

  accept(raw: Socket, facts: ConnectionFacts): void {
    if (this.#loaded !== undefined) return this.#loaded.front.accept(raw, facts);
    if (this.#waiting >= maxWaiting) return void raw.destroy();
    this.#waiting += 1;
    raw.on("error", ignore); // until somebody else listens
    background(this.#acceptLater(raw, facts), "gateway.tls.load", this.#ports.log);
  }

  async #acceptLater(raw: Socket, facts: ConnectionFacts): Promise<void> {
    try {
      this.#loading ??= this.#load();
      const { front } = await this.#loading;
      if (!raw.destroyed) front.accept(raw, facts);
    } catch (error) {
      this.#loading = undefined;
      raw.destroy();
      throw error;
    } finally {
      this.#waiting -= 1;
    }
  }

  async #load(): Promise<Loaded> {
    const [{ createContext, createTlsServer }, { createSecureFront }, { serveHttp2 }, { http2Protocol }] =
      await Promise.all([
        import("#drivers/tls/server.ts"),
        import("#traffic/gateway/tls/secure-front.ts"),
        import("#drivers/http2/serve.ts"),
        import("#traffic/gateway/http2/protocol.ts"),
      ]);
    const { clock, log } = this.#ports;
    const gateway = this.#gateway;
    const host = this.#host;
    if (gateway === undefined || host === undefined) throw new Error("nothing is behind TLS yet");
    const front = createSecureFront(
      {
        readPem: async (fingerprint) => await this.#readPem(fingerprint),
        createContext,
        createServer: createTlsServer<ConnectionFacts>,
        clock,
        log,
      },
      gateway,
    );
    const protocol = http2Protocol({ serve: serveHttp2, clock, log })(host);
    if (this.#content !== undefined) await front.apply(this.#content);
    if (host.isDraining) protocol.drain();
    this.#loaded = { front, protocol };
    return this.#loaded;
  }

  /** `fingerprint` is 64 hex digits: the snapshot's schema lets nothing else in. */
  async #readPem(fingerprint: string): Promise<{ readonly cert: string; readonly key: string }> {
    const file = join(this.#directory.gatewayCertificates, fingerprint);
    const [cert, key] = await Promise.all([readFile(`${file}.crt`, "utf8"), readFile(`${file}.key`, "utf8")]);
    return { cert, key };
  }
}

function ignore(): void {
  // A connection that ends before anybody owns it is nobody's trouble.
}
