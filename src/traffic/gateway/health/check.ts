import type { GatewayPorts } from "../gateway-contract.ts";
import { healthLimits } from "./limits.ts";

export interface CheckTarget {
  readonly address: string;
  readonly port: number;
  /** System account that has to listen there. */
  readonly account?: number | undefined;
  /** Named as Host; absent: the address and port. */
  readonly host?: string | undefined;
  /** Asked with GET; absent: a connection is enough. */
  readonly path: string | undefined;
  readonly timeoutMs: number;
}

/** `reachable`: whether the connection was accepted, also when the answer was not good. */
export interface CheckResult {
  readonly ok: boolean;
  readonly reachable: boolean;
}

/** One check, from connecting to the status line; what follows that is not read. */
export interface Check {
  /** Ends it without a result. */
  cancel(): void;
}

const latin1 = new TextDecoder("latin1");
/** RFC 9112 section 4. 2xx and 3xx are good. */
const goodStatus = /^HTTP\/1\.[01] [23][0-9]{2}(?: |$)/;

export function startCheck(
  target: CheckTarget,
  ports: Pick<GatewayPorts, "connect" | "clock">,
  done: (result: CheckResult) => void,
): Check {
  const socket = ports.connect(
    target.address,
    target.port,
    { buffer: new Uint8Array(healthLimits.statusLineBytes), callback: read },
    target.account,
  );
  let isOver = false;
  let reachable = false;
  let line = "";
  const timeout = ports.clock.after(target.timeoutMs, () => end(false));

  function close(): boolean {
    if (isOver) return false;
    isOver = true;
    timeout[Symbol.dispose]();
    socket.destroy();
    return true;
  }

  function end(ok: boolean): void {
    if (close()) done({ ok, reachable });
  }

  function read(count: number, bytes: Uint8Array): boolean {
    line += latin1.decode(bytes.subarray(0, count));
    const lineEnd = line.indexOf("\n");
    if (lineEnd >= 0) end(goodStatus.test(line.slice(0, lineEnd).replace(/\r$/, "")));
    else if (line.length >= healthLimits.statusLineBytes) end(false);
    return !isOver;
  }

  socket.on("connect", () => {
    reachable = true;
    if (target.path === undefined) end(true);
    else socket.write(requestOf(target, target.path));
    socket.resume(); // nothing flows but the end
  });
  // A refused connection is what a check is there to find; what became of it says `reachable`.
  socket.on("error", () => end(false));
  socket.on("close", () => end(false));
  return { cancel: () => void close() };
}

/** Many apps answer only for hosts that they know, so a check asks as a visitor would. */
function requestOf({ address, port, host }: CheckTarget, path: string): string {
  const authority = host ?? `${address.includes(":") ? `[${address}]` : address}:${port}`;
  return `GET ${path} HTTP/1.1\r\nHost: ${authority}\r\nUser-Agent: vdc-health\r\nAccept: */*\r\nConnection: close\r\n\r\n`;
}
