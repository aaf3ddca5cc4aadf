import { once } from "node:events";
import type { ClientHttp2Session, IncomingHttpHeaders } from "node:http2";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { background } from "#lib/background.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { framed, type TransparencyCase } from "./cases.ts";
import { readAnswer, readRequest, valueOf, type WireAnswer, type WireMessage } from "./wire.ts";

const answerWithinMs = 10_000;

/** A server that answers each case by exactly the bytes that the case says, and remembers what it was asked. */
export interface ScriptedOrigin extends AsyncDisposable {
  readonly port: number;
  /** The request of a case that came last. */
  lastOf(index: number): WireMessage | undefined;
}

/** Requests name their case by its place in `X-Case`. */
export async function startScriptedOrigin(cases: readonly TransparencyCase[]): Promise<ScriptedOrigin> {
  const seen = new Map<number, WireMessage>();
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    let bytes = Buffer.alloc(0);
    let hasContinued = false;
    socket.on("data", (piece: Buffer) => {
      bytes = Buffer.concat([bytes, piece]);
      const request = readRequest(bytes);
      if (request === undefined) {
        if (!hasContinued && /^expect: 100-continue\r$/im.test(bytes.toString("latin1", 0, 4_096))) {
          hasContinued = true;
          socket.write("HTTP/1.1 100 Continue\r\n\r\n");
        }
        return;
      }
      hasContinued = false;
      bytes = Buffer.from(bytes.subarray(request.size));
      const index = Number(valueOf(request.message.lines, "x-case"));
      seen.set(index, request.message);
      const scripted = cases[index];
      if (scripted === undefined) socket.destroy();
      else background(answer(socket, scripted, request.message), "scripted answer", silentLog);
    });
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port, // it listens on TCP
    lastOf: (index) => seen.get(index),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

async function answer(socket: Socket, one: TransparencyCase, request: WireMessage): Promise<void> {
  const { lines, body } = framed(one.answer, !request.first.startsWith("HEAD "));
  const head = [one.statusLine, ...one.answer.lines, ...one.hops, ...lines].join("\r\n");
  const text = Buffer.from(`${one.interim.join("")}${head}\r\n\r\n`, "latin1");
  const all = Buffer.concat([text, body]);
  let from = 0;
  for (const cut of one.cuts.toSorted((a, b) => a - b)) {
    socket.write(all.subarray(from, Math.min(cut, all.length)));
    from = Math.max(from, Math.min(cut, all.length));
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.write(all.subarray(from));
  if (one.answer.framing === "close") socket.end();
}

/** A request's bytes in HTTP/1.1 or HTTP/1.0; the older one has no chunks, so its body has a length. */
export function requestBytes(one: TransparencyCase, index: number, version: "1.1" | "1.0"): Buffer {
  const isOld = version === "1.0";
  const message =
    isOld && one.request.framing === "chunks" ? { ...one.request, framing: "length" as const } : one.request;
  const { lines, body } = framed(message, true);
  const first = `${one.method} ${one.target} HTTP/${version}`;
  const keep = isOld ? ["Connection: keep-alive"] : [];
  const head = [first, "Host: a.test", `X-Case: ${index}`, ...message.lines, ...lines, ...keep].join("\r\n");
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`, "latin1"), body]);
}

/** One connection that is used again as long as the other side keeps it. */
export class WireClient implements Disposable {
  readonly #port: number;
  #socket: Socket | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  async ask(bytes: Buffer, method: string): Promise<WireAnswer> {
    const socket = this.#socket ?? connect({ host: "127.0.0.1", port: this.#port, noDelay: true });
    this.#socket = socket;
    let received = Buffer.alloc(0);
    using give = new DisposableStack();
    const found = await new Promise<WireAnswer>((resolve, reject) => {
      const look = (ended: boolean) => {
        const read = readAnswer(received, method, ended);
        if (read !== undefined) resolve(read);
        else if (ended) reject(new Error(`the answer ended early: ${received.toString("latin1", 0, 200)}`));
      };
      const onData = (piece: Buffer) => {
        received = Buffer.concat([received, piece]);
        look(false);
      };
      const onError = (error: Error) => {
        this.#drop();
        reject(error);
      };
      const onEnd = () => {
        this.#socket = undefined;
        look(true);
        socket.destroy();
      };
      socket.on("data", onData).on("end", onEnd).on("error", onError);
      const late = systemClock.after(answerWithinMs, () =>
        reject(new Error(`no answer: ${received.toString("latin1", 0, 200)}`)),
      );
      give.defer(() => {
        late[Symbol.dispose]();
        socket.off("data", onData).off("end", onEnd).off("error", onError);
        socket.on("error", () => undefined);
      });
      socket.write(bytes);
    });
    if (socket.readableEnded || /^close$/i.test(valueOf(found.lines, "connection") ?? "")) this.#drop();
    return found;
  }

  #drop(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  [Symbol.dispose](): void {
    this.#drop();
  }
}

/** The same over HTTP/2, with lines in lower case and values without the blanks around them. */
export async function askHttp2(
  session: ClientHttp2Session,
  one: TransparencyCase,
  index: number,
): Promise<WireAnswer> {
  const { method, target, request } = one;
  const isStream = request.framing === "chunks";
  const lines = [
    ...request.lines,
    ...(request.framing === "length" ? [`content-length: ${request.body.length}`] : []),
  ];
  const fields = [
    ":method",
    method,
    ":scheme",
    "https",
    ":authority",
    "a.test",
    ":path",
    target,
    "x-case",
    String(index),
  ];
  const stream = session.request([...fields, ...pairsOf(lines)], {
    endStream: request.framing === "none",
    waitForTrailers: isStream && request.trailers.length > 0,
  });
  stream.on("wantTrailers", () => stream.sendTrailers(objectOf(request.trailers)));
  const interim: { first: string; lines: readonly string[] }[] = [];
  let head: readonly string[] | undefined;
  let trailers: readonly string[] = [];
  const pieces: Buffer[] = [];
  stream.on("headers", (_: IncomingHttpHeaders, __: number, raw: string[]) => interim.push(headOf(raw)));
  stream.on("response", (_headers, _flags, raw: string[]) => (head = raw));
  stream.on("trailers", (_: IncomingHttpHeaders, __: number, raw: string[]) => (trailers = linesOf(raw)));
  stream.on("data", (piece: Buffer) => pieces.push(piece));
  if (request.framing !== "none") {
    if (request.body.length > 0) stream.write(request.body);
    stream.end();
  }
  stream.resume();
  const signal = AbortSignal.timeout(answerWithinMs);
  await once(stream, "close", { signal });
  if (head === undefined) throw new Error(`no answer over HTTP/2, code ${stream.rstCode ?? 0}`);
  if (stream.rstCode !== 0) throw new Error(`the stream was reset with code ${stream.rstCode ?? 0}`);
  return { interim, ...headOf(head), body: Buffer.concat(pieces), trailers, framing: "none" };
}

function pairsOf(lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const at = line.indexOf(":");
    return [line.slice(0, at).toLowerCase(), line.slice(at + 1).replaceAll(/^[ \t]+|[ \t]+$/g, "")];
  });
}

function objectOf(lines: readonly string[]): Record<string, string[]> {
  const object: Record<string, string[]> = {};
  const pairs = pairsOf(lines);
  for (let at = 0; at < pairs.length; at += 2) (object[pairs[at] ?? ""] ??= []).push(pairs[at + 1] ?? "");
  return object;
}

function linesOf(raw: readonly string[]): string[] {
  return raw.flatMap((name, at) =>
    at % 2 === 0 && !name.startsWith(":") ? [`${name}: ${raw[at + 1] ?? ""}`] : [],
  );
}

function headOf(raw: readonly string[]) {
  return { first: raw[raw.indexOf(":status") + 1] ?? "", lines: linesOf(raw) };
}
