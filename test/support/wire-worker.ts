import type { WorkerMessage } from "#api/burst-protocol.ts";
import { openWebSocket } from "#drivers/web-socket/web-socket.ts";
import { TestBurstWorker } from "./burst-worker.ts";
import type { TestDataCenter } from "./data-center.ts";

type Hello = Extract<WorkerMessage, { type: "hello" }>;

/** A test's worker at the door of a data center. */
export interface WireWorker extends Disposable {
  readonly worker: TestBurstWorker;
  /** How the connection ended, once it has. */
  readonly ended: Promise<{ readonly code: number; readonly reason: string }>;
}

/** Dials in as `vdc join` does. Nothing is said before `worker.begin()`. Throws `UpgradeRefused`. */
export async function dialIn(
  { url }: TestDataCenter,
  token: string,
  hello: Partial<Hello>,
): Promise<WireWorker> {
  const leaving = new AbortController();
  const socket = await openWebSocket(`${url.replace(/^http/, "ws")}/v1/burst/connect`, {
    headers: { authorization: `Bearer ${token}` },
    maxMessageBytes: 4 * 1024 ** 2,
    handshakeMs: 30_000,
    signal: leaving.signal,
  });
  const worker = new TestBurstWorker((text) => void socket.send(text), hello);
  const listen = async () => {
    for await (const message of socket.messages) worker.hear(String(message));
    return socket.ending() ?? { code: 0, reason: "" };
  };
  return { worker, ended: listen(), [Symbol.dispose]: () => socket.close() };
}
