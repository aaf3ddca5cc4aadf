import type { OnReadOpts, Socket } from "node:net";
import type {
  ClientSide,
  ExchangeSide,
  ResponseHead,
  StartExchange,
  Taken,
} from "../exchange/client-side.ts";
import { Forwarding } from "../exchange/forwarding.ts";
import { exchangeLimits } from "../exchange/limits.ts";
import { brokenRule, headOf, reasonOf, type OwnAnswer } from "../exchange/own-answer.ts";
import type { Sweep, Timed } from "../exchange/sweep.ts";
import type { ConnectionFacts } from "../gateway-contract.ts";
import { ChunkScanner } from "./chunk-scanner.ts";
import { HeadText } from "./head-text.ts";
import { RequestHeadReader } from "./request-head.ts";
import { rules, type RuleName } from "./rules.ts";
import { goingAwayFrame, WebSocketBoundary } from "./websocket-boundary.ts";

/** The gateway, as a client's connection sees it. */
export interface ClientHost {
  readonly sweep: Sweep;
  readonly isDraining: boolean;
  readonly start: StartExchange;
  date(): string;
  /** As in `GatewayPorts`. */
  readInto(socket: Socket, onread: OnReadOpts): boolean;
  /** A request was refused before it was an exchange. */
  refused(connection: ClientConnection, rule: string, status: number): void;
  closed(connection: ClientConnection): void;
}

export const connectionLimits = {
  /** From the first byte of a head, or of the connection, to the end of that head. */
  headMs: 10_000,
  /** Between requests. */
  idleMs: 75_000,
  /**
   * Between requests once the gateway drains, at most: the next answer says `connection: close`, and a client that never asks again
   * loses nothing. Closing at once would fail the request that a client is just sending.
   */
  drainIdleMs: 5_000,
  /** After the last answer, for the client to read it and close: closing at once could take the answer from it. */
  lingerMs: 2_000,
  /** Bytes of further requests that are read while one is answered. */
  pipelineBytes: 65_536,
  /** What of an unwanted body is read so that the connection can be used again. */
  discardBytes: 65_536,
} as const;

/**
 * `head`: waits for a request, or reads its head. `length`, `chunks`: reads its body. `wait`: has all of it. `upgraded`: bytes go
 * both ways. `closing`: the last answer is written; what comes is thrown away.
 */
type Reading = "head" | "length" | "chunks" | "wait" | "upgraded" | "closing";

const reader = new RequestHeadReader();

/** What arrives on any connection is read into here: nothing refers to it any more when anything else is called. */
const arrivals: Buffer = Buffer.allocUnsafeSlow(65_536);

/** One HTTP/1.1 connection of a client: requests one after the other, answers in the same order. */
export class ClientConnection implements ClientSide, Timed {
  deadline: number;
  previousTimed: Timed | undefined;
  nextTimed: Timed | undefined;

  readonly facts: ConnectionFacts;
  readonly forwarding: Forwarding;
  takesChunks = true;

  readonly #socket: Socket;
  readonly #host: ClientHost;
  readonly #headText = new HeadText();
  #scanner: ChunkScanner | undefined;
  #boundary: WebSocketBoundary | undefined;
  #exchange: ExchangeSide | undefined;
  #reading: Reading = "head";
  #left = 0;
  /** What came after the request that is being answered. */
  #rest: Buffer | undefined;
  #restFrom = 0;
  #isReading = false;
  #isAnswering = false;
  #isClosed = false;
  #keepAlive = true;
  #isOld = false;
  #expectsContinue = false;
  #encodes = false;
  #untilClose = false;
  #isFull = false;
  #pausedByExchange = false;
  #pausedByPipeline = false;

  constructor(socket: Socket, facts: ConnectionFacts, host: ClientHost) {
    this.#socket = socket;
    this.#host = host;
    this.facts = facts;
    this.forwarding = new Forwarding(facts);
    this.deadline = host.sweep.now + connectionLimits.headMs;
    host.sweep.add(this);
    if (!host.readInto(socket, { buffer: arrivals, callback: (count) => this.#arrived(count) }))
      socket.on("data", (chunk: Buffer) => this.#data(chunk));
    socket.on("drain", () => this.#drained());
    socket.on("end", () => this.#clientEnded());
    socket.on("error", () => undefined); // "close" follows
    socket.on("close", () => this.#closed());
  }

  /** The gateway ends: each connection closes after its next answer, and an idle one after `idleMs` without a request. */
  drain(idleMs: number): void {
    if (this.#reading === "head" && !this.#isAnswering && !this.#headText.isPartial)
      this.deadline = Math.min(this.deadline, this.#host.sweep.now + idleMs);
  }

  /** The deadline of a drain is near. */
  goAway(): void {
    if (this.#reading !== "upgraded") return;
    this.sayGoodbye();
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.clientGone("draining");
    this.#close();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  expired(): void {
    if (this.#reading === "head" && this.#headText.isPartial)
      return this.#answerAndClose(headTooSlow, "timeout-head");
    if (this.#reading === "head" && !this.#isAnswering) return this.#close();
    this.#socket.destroy();
  }

  // What comes.

  /** Nearly always `arrivals` holds one head and nothing else, and then not a byte of it is copied. Anything else is. */
  #arrived(count: number): boolean {
    if (this.#reading === "closing") return true;
    if (this.#reading !== "head" || this.#isAnswering || this.#isFull || this.#rest !== undefined) {
      this.#data(copyOf(arrivals, 0, count));
      return true;
    }
    const next = this.#findHead(arrivals, 0, count);
    this.#headText.forget();
    if (next === -1) return true;
    const rest = next < count ? copyOf(arrivals, next, count) : undefined;
    this.#isReading = true;
    this.#begin();
    this.#isReading = false;
    if (rest !== undefined) this.#data(rest);
    return true;
  }

  #data(chunk: Buffer): void {
    if (this.#reading === "closing") return;
    if (this.#rest !== undefined) {
      this.#rest = Buffer.concat([this.#rest.subarray(this.#restFrom), chunk]);
      this.#restFrom = 0;
      return this.#boundRest();
    }
    this.#read(chunk, 0);
  }

  /** Goes through a buffer as far as it can; never called from inside of itself. */
  #read(buffer: Buffer, from: number): void {
    let at = from;
    this.#isReading = true;
    while (at < buffer.length && at !== -1) {
      switch (this.#reading) {
        case "head":
          if (this.#isAnswering || this.#isFull) at = this.#keepRest(buffer, at);
          else {
            at = this.#findHead(buffer, at, buffer.length);
            if (at !== -1) this.#begin();
          }
          break;
        case "length":
          at = this.#readLength(buffer, at);
          break;
        case "chunks":
          at = this.#readChunks(buffer, at);
          break;
        case "upgraded":
          this.#exchange?.requestBody(buffer, at, buffer.length);
          at = -1;
          break;
        case "wait":
          at = this.#keepRest(buffer, at);
          break;
        case "closing":
          at = -1;
      }
    }
    this.#headText.forget();
    this.#isReading = false;
  }

  #keepRest(buffer: Buffer, at: number): number {
    this.#rest = buffer;
    this.#restFrom = at;
    this.#boundRest();
    return -1;
  }

  #boundRest(): void {
    if (this.#rest === undefined || this.#rest.length - this.#restFrom < connectionLimits.pipelineBytes)
      return;
    this.#pausedByPipeline = true;
    this.#socket.pause();
  }

  /** Reads a head into `reader`. Gives the place after it, or -1: it is not complete, or was refused. */
  #findHead(buffer: Buffer, at: number, to: number): number {
    const heads = this.#headText;
    const wasPartial = heads.isPartial;
    const next = heads.find(buffer, at, to);
    if (typeof next === "string") return this.#refuse(next);
    if (next === -1) {
      if (!wasPartial) this.deadline = this.#host.sweep.now + connectionLimits.headMs;
      return -1;
    }
    const broken = reader.read(heads.text, heads.from, heads.end);
    if (broken !== undefined) return this.#refuse(broken);
    if (reader.hops >= exchangeLimits.hops) {
      this.#answerAndClose(loop, "via-loop");
      return -1;
    }
    return next;
  }

  #begin(): void {
    const { head } = reader;
    this.deadline = 0;
    this.#keepAlive = reader.keepAlive;
    this.#isOld = head.protocol === "HTTP/1.0";
    this.takesChunks = !this.#isOld;
    this.#expectsContinue = head.expectsContinue;
    this.#encodes = this.#untilClose = false;
    this.#isAnswering = true;
    if (head.framing === "none") this.#reading = "wait";
    else if (head.framing === "length") {
      this.#reading = "length";
      this.#left = head.contentLength;
    } else {
      this.#reading = "chunks";
      this.#scanner ??= new ChunkScanner({ isRequest: true });
      this.#scanner.reset();
    }
    const exchange = this.#host.start(this, head);
    if (!this.#isAnswering) return;
    this.#exchange = exchange;
    if (this.#reading === "wait") exchange.requestEnd("");
  }

  #readLength(buffer: Buffer, at: number): number {
    const to = Math.min(buffer.length, at + this.#left);
    this.#left -= to - at;
    this.#exchange?.requestBody(buffer, at, to);
    if (this.#left === 0 && this.#reading === "length") this.#requestEnded();
    return to;
  }

  #readChunks(buffer: Buffer, at: number): number {
    const scanner = this.#scanner;
    if (scanner === undefined) return -1; // it was made with the head
    const to = scanner.scan(buffer, at, buffer.length);
    const { broken } = scanner;
    if (broken !== undefined) {
      const exchange = this.#exchange;
      this.#keepAlive = false;
      if (exchange === undefined) this.#close();
      else exchange.requestBroken(broken, rules[broken][0], rules[broken][1]);
      return -1;
    }
    this.#exchange?.requestBody(buffer, at, to);
    if (scanner.isDone && this.#reading === "chunks") this.#requestEnded();
    return to;
  }

  #requestEnded(): void {
    // When its answer has been given already, the rest of the request was only thrown away.
    this.#reading = this.#isAnswering ? "wait" : "head";
    if (this.#isAnswering) this.#exchange?.requestEnd("");
    else this.deadline = this.#host.sweep.now + connectionLimits.idleMs;
  }

  #refuse(rule: RuleName): number {
    const [status, sentence] = rules[rule];
    this.#answerAndClose(brokenRule(rule, status, sentence), `rule:${rule}`);
    return -1;
  }

  #answerAndClose(answer: OwnAnswer, why: string): void {
    this.#host.refused(this, why, answer.status);
    const head = headOf(answer, this.#host.date());
    head.close = true;
    this.#isAnswering = true;
    this.respond(head, answer.body, 0, answer.body.length, true);
  }

  // What goes.

  informational(status: number, fields: string): void {
    this.#socket.write(`HTTP/1.1 ${status} ${reasonOf(status)}\r\n${fields}\r\n`, "latin1");
  }

  respond(head: ResponseHead, body: Buffer, from: number, to: number, end: boolean): Taken {
    let text = rawOf(head);
    if (head.framing === "chunks" || (head.framing === "stream" && !this.#isOld))
      text += "transfer-encoding: chunked\r\n";
    if (head.framing === "stream") {
      this.#encodes = !this.#isOld;
      this.#untilClose = this.#isOld;
    }
    if (head.close || this.#untilClose || this.#host.isDraining || (end && !this.#canDiscard()))
      this.#keepAlive = false;
    if (!this.#keepAlive) text += "connection: close\r\n";
    else if (this.#isOld) text += "connection: keep-alive\r\n";
    text += "\r\n";
    const taken = this.#writeFirst(text, head.bodyText, body, from, to, end);
    if (end) this.#answerEnded();
    return taken;
  }

  responseBody(body: Buffer, from: number, to: number): Taken {
    if (this.#boundary !== undefined) this.#boundary.follow(body, from, to);
    if (from === to) return "sent";
    const socket = this.#socket;
    const piece = from === 0 && to === body.length ? body : body.subarray(from, to);
    if (this.#encodes) {
      socket.cork();
      socket.write(`${(to - from).toString(16)}\r\n`, "latin1");
      socket.write(piece);
      socket.write("\r\n", "latin1");
      socket.uncork();
    } else socket.write(piece);
    return this.#takenBySocket();
  }

  responseEnd(trailers: string): void {
    if (this.#reading === "upgraded") {
      this.#exchange = undefined;
      return this.#close();
    }
    if (this.#encodes) this.#socket.write(`0\r\n${trailers}\r\n`, "latin1");
    if (!this.#canDiscard()) this.#keepAlive = false;
    this.#answerEnded();
  }

  sayGoodbye(): void {
    if (this.#boundary?.canSayGoodbye === true) this.#socket.write(goingAwayFrame);
  }

  upgrade(head: ResponseHead): void {
    this.#socket.write(`${rawOf(head)}\r\n`, "latin1");
    this.#reading = "upgraded";
    if (/^upgrade: websocket\r?$/im.test(rawOf(head))) this.#boundary = new WebSocketBoundary();
    this.#readRest();
  }

  cut(): void {
    this.#exchange = undefined;
    // A body that ends with the connection would look complete.
    if (this.#untilClose) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  pauseRequest(): void {
    this.#pausedByExchange = true;
    this.#socket.pause();
  }

  resumeRequest(): void {
    this.#pausedByExchange = false;
    if (!this.#pausedByPipeline) this.#socket.resume();
  }

  /** The head and the first of the body, in one write when it is little. */
  #writeFirst(
    text: string,
    bodyText: string | undefined,
    body: Buffer,
    from: number,
    to: number,
    end: boolean,
  ): Taken {
    const socket = this.#socket;
    const size = to - from;
    if (this.#encodes) {
      socket.cork();
      socket.write(text, "latin1");
      if (size > 0) this.responseBody(body, from, to);
      if (end) socket.write("0\r\n\r\n", "latin1");
      socket.uncork();
      return this.#takenBySocket();
    }
    if (size <= exchangeLimits.joinBytes) {
      const all = size === 0 ? text : text + (bodyText ?? body.toString("latin1", from, to));
      if (socket.write(all, "latin1")) return "sent";
      this.#isFull = true;
      return "full";
    }
    socket.cork();
    socket.write(text, "latin1");
    socket.write(from === 0 && to === body.length ? body : body.subarray(from, to));
    socket.uncork();
    return this.#takenBySocket();
  }

  #takenBySocket(): Taken {
    if (this.#socket.writableNeedDrain) {
      this.#isFull = true;
      return "full";
    }
    return this.#socket.writableLength === 0 ? "sent" : "kept";
  }

  /** Whether what is left of the request can be read and thrown away, so that the connection can be used again. */
  #canDiscard(): boolean {
    if (this.#reading === "length")
      return !this.#expectsContinue && this.#left <= connectionLimits.discardBytes;
    return this.#reading !== "chunks";
  }

  #answerEnded(): void {
    this.#exchange = undefined;
    this.#isAnswering = false;
    if (!this.#keepAlive) return this.#close();
    const { idleMs, drainIdleMs } = connectionLimits;
    this.deadline = this.#host.sweep.now + (this.#host.isDraining ? drainIdleMs : idleMs);
    if (this.#pausedByExchange) this.resumeRequest();
    if (this.#reading === "wait") this.#reading = "head";
    this.#readRest();
  }

  /** Goes on with what was read too early. When the answer was given from inside of `#read`, that goes on by itself. */
  #readRest(): void {
    if (this.#isReading) return;
    const rest = this.#rest;
    if (rest === undefined) return;
    this.#rest = undefined;
    if (this.#pausedByPipeline) {
      this.#pausedByPipeline = false;
      if (!this.#pausedByExchange) this.#socket.resume();
    }
    this.#read(rest, this.#restFrom);
  }

  #drained(): void {
    this.#isFull = false;
    this.#exchange?.responseDrained();
    if (this.#reading === "head" && !this.#isAnswering) this.#readRest();
  }

  /** Ends our side, and waits a little for the client to end its own. */
  #close(): void {
    if (this.#reading === "closing") return;
    this.#reading = "closing";
    this.#rest = undefined;
    this.deadline = this.#host.sweep.now + connectionLimits.lingerMs;
    this.#socket.end();
    this.#socket.resume();
  }

  /**
   * A client that said that this is its last request may end its side and still gets its answer (RFC 9112 section 9.6). Any
   * other one that ends its side has left.
   */
  #clientEnded(): void {
    if (this.#reading === "wait" && this.#isAnswering && !this.#keepAlive)
      return this.#exchange?.clientSilent();
    this.#gone();
    if (this.#reading === "closing" && this.#socket.writableLength > 0) return; // the last answer is still on its way
    this.#socket.destroy();
  }

  #gone(): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.clientGone("client-closed");
  }

  #closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#gone();
    this.#host.sweep.remove(this);
    this.#host.closed(this);
  }
}

/** Of a size of its own: a small piece must not keep a large buffer alive. */
function copyOf(buffer: Buffer, from: number, to: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(to - from);
  buffer.copy(copy, 0, from, to);
  return copy;
}

function rawOf(head: ResponseHead): string {
  return head.raw ?? `HTTP/1.1 ${head.status} ${head.reason}\r\n${head.fields}`;
}

const headTooSlow = brokenRule("timeout-head", 408, "The head of a request comes within ten seconds.");
const loop = brokenRule(
  "via-loop",
  508,
  "The request has passed this gateway before (RFC 9110 section 7.6.3).",
);
