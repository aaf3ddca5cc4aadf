import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from "node:http2";
import { systemClock } from "#lib/clock.ts";
import type { Target } from "./http1-clients.ts";
import { reasonOf, type Tally } from "./tally.ts";

const kind = "http/2";
/** A session that is told to go again and again would never get an answer. */
const maxRefusals = 5;

/** Several requests at a time on one session over TLS; the next session when the server says that this one goes. */
export async function multiplexer(
  target: Target,
  tally: Tally,
  { signal, streams }: { readonly signal: AbortSignal; readonly streams: number },
): Promise<void> {
  let session = open(target, tally);
  const current = () => {
    if (session.closed || session.destroyed) session = open(target, tally);
    return session;
  };
  const one = async (index: number) => {
    for (let n = index; !signal.aborted; n += 1) {
      await ask(current, target, n, tally);
      await systemClock.sleep(40);
    }
  };
  await Promise.all(Array.from({ length: streams }, async (_, index) => await one(index)));
  session.destroy();
}

function open({ securePort, host }: Target, tally: Tally): ClientHttp2Session {
  const session = connect(`https://127.0.0.1:${securePort}`, { rejectUnauthorized: false, servername: host });
  session.on("error", () => undefined); // its requests tell
  session.on("goaway", () => tally.endedPolitely(kind));
  return session;
}

async function ask(
  current: () => ClientHttp2Session,
  target: Target,
  n: number,
  tally: Tally,
): Promise<void> {
  const startedAt = systemClock.monotonic();
  const path = n % 5 === 0 ? "/stream?ms=200" : "/";
  let headers: IncomingHttpHeaders = {};
  for (let refusals = 0; ; refusals += 1) {
    try {
      const stream = current().request({ ":path": path, ":authority": target.host });
      stream.on("response", (answered) => (headers = answered));
      let text = "";
      for await (const chunk of stream.setEncoding("utf8")) text += String(chunk);
      const status = headers[":status"];
      if (Number(status) !== 200) throw new Error(`status ${String(status)}: ${text.slice(0, 300)}`);
      if (headers["x-stopped"] !== undefined)
        throw new Error("answered by an instance that was told to stop");
      if (path !== "/" && !text.endsWith("\nend\n")) throw new Error(`cut after ${text.length} characters`);
      tally.answered({
        kind,
        startedAt,
        endedAt: systemClock.monotonic(),
        instance: String(headers["x-instance"]),
        release: Number(headers["x-release"]),
      });
      return;
    } catch (error) {
      const reason = reasonOf(error);
      // Nothing of it was done (RFC 9113 sections 6.8 and 8.7): HTTP/2 clients ask again on another connection.
      const isRefused = /REFUSED_STREAM|GOAWAY_SESSION/.test(`${reason} ${codeOf(error)}`);
      if (isRefused && headers[":status"] === undefined && refusals < maxRefusals) continue;
      const by = headers["x-instance"];
      tally.failed({
        kind,
        reason: `${path}: ${reason}`,
        startedAt,
        unrepeatable: by !== undefined,
        ...(by === undefined ? {} : { instance: String(by) }),
      });
      return;
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
