import type { Socket } from "node:net";
import type { SecureContext, TLSSocket } from "node:tls";
import type { SnapshotContent } from "../../snapshot.ts";
import type { ConnectionFacts } from "../gateway-contract.ts";
import { Contexts, type ContextPorts } from "./contexts.ts";
import { certificateNames } from "./names.ts";

export interface SecureFrontPorts extends ContextPorts {
  createServer(options: {
    readonly protocols: readonly string[];
    readonly handshakeTimeoutMs: number;
    readonly maxHandshakes: number;
    readonly contextFor: (serverName: string) => Promise<SecureContext | undefined>;
    readonly onSecure: (
      socket: TLSSocket,
      secure: { readonly serverName: string; readonly protocol: string | undefined },
      facts: ConnectionFacts,
    ) => void;
    readonly onFailure: (error: Error) => void;
  }): {
    accept(raw: Socket, facts: ConnectionFacts): void;
    setDefault(pem: { readonly cert: string; readonly key: string } | undefined): void;
    readonly handshakes: number;
    readonly dropped: number;
  };
}

export const tlsLimits = {
  /** From the connection to the end of its handshake. */
  handshakeTimeoutMs: 10_000,
  /** Each costs a private-key operation, so a flood of them waits elsewhere. */
  maxHandshakes: 2_000,
} as const;

/** What ends TLS in a gateway process. */
export interface SecureFront {
  /** Takes the certificates of a snapshot; connections that stand are not touched. */
  apply(content: SnapshotContent): Promise<void>;
  /** Takes an accepted connection over; `accept` of the gateway gets it when the handshake is done. */
  accept(raw: Socket, facts: ConnectionFacts): void;
  readonly counts: { readonly handshakes: number; readonly failures: number; readonly dropped: number };
}

export function createSecureFront(
  ports: SecureFrontPorts,
  gateway: { accept(socket: Socket, facts: ConnectionFacts): void },
): SecureFront {
  const contexts = new Contexts(ports);
  let names = certificateNames([]);
  let fallback: string | undefined;
  let failures = 0;
  const server = ports.createServer({
    ...tlsLimits,
    protocols: ["h2", "http/1.1"],
    contextFor: async (serverName) => {
      const fingerprint = names.find(serverName);
      return fingerprint === undefined ? undefined : await contexts.get(fingerprint);
    },
    onSecure: (socket, { serverName, protocol }, facts) =>
      gateway.accept(socket, {
        ...facts,
        tls: true,
        serverName,
        protocol: protocol === "h2" ? "h2" : "http/1",
      }),
    onFailure: () => {
      failures += 1;
    },
  });
  const useFallback = async (wanted: string | undefined): Promise<void> => {
    if (wanted === fallback) return;
    try {
      server.setDefault(wanted === undefined ? undefined : await ports.readPem(wanted));
      fallback = wanted;
    } catch (error) {
      // The one before stays; the next snapshot tries again.
      ports.log.error("gateway.certificate.unusable", { fingerprint: wanted, error });
    }
  };
  return {
    apply: async ({ certificates }) => {
      names = certificateNames(certificates);
      contexts.keep(names.fingerprints);
      await useFallback(names.fallback);
    },
    accept: (raw, facts) => server.accept(raw, facts),
    get counts() {
      return { handshakes: server.handshakes, failures, dropped: server.dropped };
    },
  };
}
