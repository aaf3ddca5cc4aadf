import type { Agent as HttpAgent } from "node:http";
import type { TLSSocket } from "node:tls";

const handshakeMs = 15_000;

/** The server showed another certificate than the one that is pinned. Nothing was sent to it. */
export class CertificateMismatch extends Error {
  override readonly name = "CertificateMismatch";
  readonly shown: string;

  constructor(shown: string) {
    super("the server's certificate is not the pinned one");
    this.shown = shown;
  }
}

/**
 * An agent for https. With `sha256` it trusts exactly that certificate, else the system's authorities.
 *
 * Invariant: no byte of a request leaves before the certificate is found to be the pinned one.
 */
export async function pinnedAgent(sha256: string | undefined, maxSockets: number): Promise<HttpAgent> {
  const { Agent } = await import("node:https"); // TLS is loaded only by those who use it
  if (sha256 === undefined) return new Agent({ keepAlive: true, maxSockets });
  const { connect } = await import("node:tls");
  const agent = new Agent({ keepAlive: true, maxSockets });
  // The documented hook of http.Agent: the socket is handed over by the callback, after the check.
  agent.createConnection = (options, callback) => {
    const socket = connect({ ...options, rejectUnauthorized: false, timeout: handshakeMs } as object);
    const fail = (error: Error) => {
      socket.destroy();
      callback?.(error, socket);
    };
    const late = () => fail(new Error("the TLS handshake took too long"));
    socket.once("error", fail);
    socket.once("timeout", late);
    socket.once("secureConnect", () => {
      socket.off("error", fail);
      socket.off("timeout", late);
      socket.setTimeout(0);
      const shown = shownSha256(socket);
      if (shown === sha256.toLowerCase()) callback?.(null, socket);
      else fail(new CertificateMismatch(shown));
    });
    return undefined;
  };
  return agent;
}

/** SHA-256 of the certificate that a server shows, in 64 hex digits. Sends nothing but the handshake. */
export async function certificateSha256(
  url: string,
  signal: AbortSignal,
): Promise<{
  readonly sha256: string;
  /** Whether the system's authorities vouch for it and it names this host. */
  readonly trusted: boolean;
}> {
  const { connect } = await import("node:tls");
  const { isIP } = await import("node:net");
  const address = new URL(url);
  const host = address.hostname.replace(/^\[|\]$/g, "");
  const { promise, resolve, reject } = Promise.withResolvers<{ sha256: string; trusted: boolean }>();
  const socket = connect({
    host,
    port: address.port === "" ? 443 : Number(address.port),
    rejectUnauthorized: false,
    timeout: handshakeMs,
    ...(isIP(host) === 0 ? { servername: host } : {}),
  });
  const stop = () => socket.destroy(new Error("aborted"));
  signal.addEventListener("abort", stop, { once: true });
  socket.once("error", reject);
  socket.once("timeout", () => socket.destroy(new Error("the TLS handshake took too long")));
  socket.once("secureConnect", () => resolve({ sha256: shownSha256(socket), trusted: socket.authorized }));
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", stop);
    socket.destroy();
  }
}

function shownSha256(socket: TLSSocket): string {
  const shown: unknown = socket.getPeerCertificate().fingerprint256; // absent when the server showed none
  return typeof shown === "string" ? shown.replaceAll(":", "").toLowerCase() : "";
}
