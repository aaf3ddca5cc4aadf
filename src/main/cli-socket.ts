import { VdcError } from "#api/errors.ts";
import { errorOfProblem, problemSchema } from "#api/problem.ts";
import type { CliPorts } from "#cli/ports.ts";
import { pinnedAgent } from "#drivers/bound-fetch/pinned-agent.ts";
import { openWebSocket, UpgradeRefused } from "#drivers/web-socket/web-socket.ts";

const handshakeMs = 15_000;
/** The server's own limit for one message is as large. */
const maxMessageBytes = 1024 * 1024;

/** A WebSocket for the command line, by the same ways as its requests. */
export const openCliSocket: CliPorts["openSocket"] = async (binding, url, { headers, signal }) => {
  const pin = binding.via === "pinned-tls" ? binding.sha256 : undefined;
  if (pin !== undefined && !url.startsWith("wss:"))
    throw new VdcError("unreachable", "A pinned certificate needs an https address.");
  try {
    return await openWebSocket(url, {
      headers,
      signal,
      handshakeMs,
      maxMessageBytes,
      ...(binding.via === "unix-socket" ? { socketPath: binding.path } : {}),
      ...(pin === undefined ? {} : { agent: await pinnedAgent(pin, 1) }),
    });
  } catch (cause) {
    if (signal.aborted) throw cause;
    if (cause instanceof UpgradeRefused) throw refusalOf(cause);
    throw new VdcError("unreachable", "The data center cannot be reached.", { cause });
  }
};

function refusalOf(refused: UpgradeRefused): VdcError {
  const problem = problemSchema.safeParse(parsedJson(refused.body));
  if (problem.success) return errorOfProblem(problem.data);
  return new VdcError(
    "unreachable",
    `Something other than a data center answered (HTTP ${refused.status}).`,
    {
      cause: refused,
    },
  );
}

/** Undefined when the text is not JSON. */
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // another program's page: the caller says so
  }
}
