import { protocolLimits } from "#api/burst-protocol.ts";
import { problemSchema } from "#api/problem.ts";
import { WorkerRefused, type BlobFetch, type WorkerSocket } from "#burst/worker/ports.ts";
import { boundFetch, type Binding } from "#drivers/bound-fetch/bound-fetch.ts";
import { pinnedAgent } from "#drivers/bound-fetch/pinned-agent.ts";
import { openWebSocket, UpgradeRefused } from "#drivers/web-socket/web-socket.ts";

const handshakeMs = 15_000;
const idleMs = 60_000;
const connectPath = "/v1/burst/connect";

/** Where a worker's data center is, and what it shows there. */
export interface DoorPlace {
  readonly binding: Binding;
  /** `https://vdc.example.org`, without a slash at its end. */
  readonly baseUrl: string;
  readonly token?: string;
}

/** The ways of a worker to its data center; all of them lead out. */
export interface Door extends Disposable {
  connect(signal: AbortSignal): Promise<WorkerSocket>;
  readonly fetch: BlobFetch;
}

export function openDoor({ binding, baseUrl, token }: DoorPlace): Door {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const api = boundFetch(binding, { idleMs });
  return {
    connect: async (signal) => {
      try {
        const socket = await openWebSocket(baseUrl.replace(/^http/, "ws") + connectPath, {
          headers,
          signal,
          handshakeMs,
          maxMessageBytes: protocolLimits.maxMessageBytes,
          ...(binding.via === "unix-socket" ? { socketPath: binding.path } : {}),
          ...(binding.via === "pinned-tls" ? { agent: await pinnedAgent(binding.sha256, 1) } : {}),
        });
        return socket;
      } catch (error) {
        throw refusalOf(error) ?? error;
      }
    },
    // A path is the data center's own and gets the token; a whole address is signed, and nothing of ours goes there.
    fetch: async (url, init) =>
      url.startsWith("/") ? await api.fetch(baseUrl + url, { ...init, headers }) : await fetch(url, init),
    [Symbol.dispose]: () => api.close(),
  };
}

/** The data center knows who we are, and says no: asking again does not help. */
function refusalOf(error: unknown): WorkerRefused | undefined {
  if (!(error instanceof UpgradeRefused) || (error.status !== 401 && error.status !== 403)) return undefined;
  try {
    const problem = problemSchema.safeParse(JSON.parse(error.body));
    return new WorkerRefused(problem.data?.detail ?? `it answered with HTTP ${error.status}`);
  } catch {
    return new WorkerRefused(`it answered with HTTP ${error.status}`); // another program's page
  }
}
