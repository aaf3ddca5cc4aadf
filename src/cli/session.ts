import { createClient, type Client } from "#api/client.ts";
import type { KindRegistry } from "#api/kinds.ts";
import { chooseContext, type Choice } from "#cli/contexts/choose.ts";
import { loadConfig } from "#cli/contexts/config.ts";
import type { Call } from "#cli/declare.ts";
import type { CliIo } from "#cli/io.ts";
import { rememberPlace } from "#cli/place.ts";
import type { CliBinding, CliFetch, CliPorts, CliSocket } from "#cli/ports.ts";
import { UsageError } from "#cli/usage-error.ts";

const callTimeoutMs = 30_000;
/** Requests over the socket name no host: the server trusts whoever could open it. */
const socketBaseUrl = "http://localhost";

/** A call's connection to a data center. */
export interface Session {
  readonly io: CliIo;
  readonly ports: CliPorts;
  readonly kinds: KindRegistry;
  readonly client: Client;
  /** For what the typed client does not know: `vdc api`. Signed in like the client. */
  readonly fetch: (path: string, init: RequestInit) => Promise<Response>;
  /** Opens a WebSocket to a path with its query, signed in like the client. */
  readonly openSocket: (path: string, signal: AbortSignal) => Promise<CliSocket>;
  readonly choice: Choice;
  /** Where it goes, for people: an address or a socket's path. */
  readonly where: string;
}

/** Runs `work` with a connection to the data center that the words, the environment or the configuration name. */
export async function withSession<T>(
  call: Pick<Call, "io" | "flags">,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const ports = await call.io.ports();
  const context = call.flags.text("context");
  const data = call.flags.text("data");
  const config = await loadConfig(call.io, ports);
  const choice = chooseContext({ context, data }, call.io.env, config);
  return withChoice(call.io, ports, choice, work);
}

export async function withChoice<T>(
  io: CliIo,
  ports: CliPorts,
  choice: Choice,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { binding, baseUrl, where } = routeOf(choice, ports);
  const bound = ports.bind(binding);
  const headers = authorization(choice);
  try {
    return await work({
      io,
      ports,
      kinds: ports.kinds,
      client: createClient({ baseUrl, fetch: bound.fetch, headers: () => headers, timeoutMs: callTimeoutMs }),
      fetch: (path, init) => signedFetch(bound, baseUrl + path, init, headers),
      openSocket: (path, signal) =>
        ports.openSocket(binding, baseUrl.replace(/^http/, "ws") + path, { headers, signal }),
      choice,
      where,
    });
  } catch (error) {
    if (error instanceof Error) rememberPlace(error, { where, context: choice.name });
    throw error;
  } finally {
    bound.close();
  }
}

function routeOf(
  choice: Choice,
  ports: CliPorts,
): { readonly binding: CliBinding; readonly baseUrl: string; readonly where: string } {
  if (choice.by === "data") {
    const path = ports.controlSocket(choice.data);
    return { binding: { via: "unix-socket", path }, baseUrl: socketBaseUrl, where: path };
  }
  const baseUrl = choice.url.replace(/\/+$/, "");
  if (choice.token !== undefined && !isSafeForSecrets(choice.url))
    throw new UsageError(
      `a token would cross the network unprotected to ${baseUrl}`,
      "use the https address; plain http is for this machine only",
    );
  const { caFingerprint } = choice;
  const binding: CliBinding =
    caFingerprint === undefined
      ? { via: "address" }
      : { via: "pinned-tls", sha256: caFingerprint.slice("sha256:".length) };
  return { binding, baseUrl, where: baseUrl };
}

/** Whether a secret may be sent there: TLS, or an address that never leaves this machine. */
export function isSafeForSecrets(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return (
    protocol === "https:" ||
    hostname === "localhost" ||
    hostname === "[::1]" ||
    /^127(\.\d+){3}$/.test(hostname)
  );
}

function authorization(choice: Choice): Readonly<Record<string, string>> {
  return choice.by === "url" && choice.token !== undefined ? { authorization: `Bearer ${choice.token}` } : {};
}

function signedFetch(
  bound: CliFetch,
  url: string,
  init: RequestInit,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  return bound.fetch(url, {
    ...init,
    headers: { ...Object.fromEntries(new Headers(init.headers)), ...headers },
  });
}
