import type { OnReadOpts, Socket } from "node:net";
import { afterFirstLine } from "../exchange/answer-head.ts";
import type { Taken } from "../exchange/client-side.ts";
import { exchangeLimits } from "../exchange/limits.ts";
import { ChunkScanner } from "./chunk-scanner.ts";
import { hasBareLf } from "./request-head.ts";
import { ResponseHeadReader } from "./response-head.ts";
import { limits, type RuleName } from "./rules.ts";

/** Who uses a connection to a member: an exchange. Called from inside of the socket's events only. */
export interface MemberUser {
  readonly isHeadRequest: boolean;
  readonly wantsUpgrade: boolean;
  /** Whether `answerHead` may set `decodes`; then the first call of it has an empty range. */
  readonly mayDecode: boolean;
  memberConnected(): void;
  interimAnswer(status: number, fields: string): void;
  /** `reader` and the range are valid during the call; `end`: the range is the whole body, and `answerEnd` is not called. */
  answerHead(reader: ResponseHeadReader, body: Buffer, from: number, to: number, end: boolean): Taken;
  answerBody(body: Buffer, from: number, to: number): Taken;
  /** The body is complete. */
  answerEnd(trailers: string): void;
  answerUpgrade(reader: ResponseHeadReader, body: Buffer, from: number, to: number): void;
  memberDrained(): void;
  /** Bytes break a rule. The connection is closed already. */
  answerBroken(rule: RuleName): void;
  /** It has ended, or could not be made. `hadConnected` is false when not a byte of the request can have got out. */
  memberLost(hadConnected: boolean): void;
}

/** Who keeps connections to a member: told when one is gone, so that it is not given to anybody. */
export interface ConnectionOwner {
  connectionClosed(connection: MemberConnection): void;
}

type State =
  | "connecting"
  | "idle"
  | "head"
  | "length"
  | "chunks"
  | "until-close"
  | "done"
  | "upgraded"
  | "closed";

const reader = new ResponseHeadReader();

/**
 * A connection to one member: HTTP/1.1, one request at a time. It frames answers and knows nothing of policies. What arrives is read
 * into one buffer that is used again, unless a client could not take its bytes at once.
 */
export class MemberConnection {
  /** When it became idle, on the monotonic clock. */
  idleSince = 0;
  /** How long it may stay idle. */
  idleMs: number = exchangeLimits.idleMs;
  /** Requests that it has carried. */
  uses = 0;
  /** After the end of an answer: it can take another request. */
  isReusable = false;
  /** Set by the user from inside of `answerHead`: hand over the content of chunks and not the chunks. */
  decodes = false;

  readonly #owner: ConnectionOwner;
  readonly #socket: Socket;
  readonly #scanner = new ChunkScanner({ isRequest: false });
  #user: MemberUser | undefined;
  #state: State = "connecting";
  #partial = "";
  #left = 0;
  #isPaused = false;
  #interimCount = 0;
  #buffer: Buffer = Buffer.allocUnsafeSlow(exchangeLimits.readBytes);
  #needsBuffer = false;
  #isCorked = false;

  constructor(options: {
    readonly connect: (onread: OnReadOpts) => Socket;
    readonly owner: ConnectionOwner;
    readonly user: MemberUser;
  }) {
    this.#owner = options.owner;
    this.#user = options.user;
    this.#socket = options.connect({
      buffer: () => this.#nextBuffer(),
      callback: (count) => this.#read(count),
    });
    this.#socket.on("connect", () => this.#connected());
    this.#socket.on("drain", () => this.#user?.memberDrained());
    this.#socket.on("end", () => this.#ended());
    this.#socket.on("error", () => undefined); // "close" follows, and says all that matters
    this.#socket.on("close", () => this.#ended());
  }

  /** Gives an idle connection to a user. */
  use(user: MemberUser): void {
    this.#user = user;
  }

  /** Begins a request: its head, and perhaps the beginning of its body, in one string of bytes. */
  sendHead(head: string, moreFollows: boolean): void {
    this.#state = "head";
    this.#partial = "";
    this.#interimCount = 0;
    this.uses++;
    this.decodes = false;
    if (moreFollows) this.#cork();
    this.#socket.write(head, "latin1");
  }

  send(body: Buffer): Taken {
    if (!this.#socket.write(body)) return "full";
    return this.#socket.writableLength === 0 ? "sent" : "kept";
  }

  sendText(text: string): void {
    this.#socket.write(text, "latin1");
  }

  /** Half-close, for upgraded connections. */
  sendEnd(): void {
    this.#socket.end();
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#socket.resume();
  }

  /** Its user needs it no more, and it is clean: it waits for the next one. */
  rest(now: number): void {
    this.#user = undefined;
    this.#state = "idle";
    this.idleSince = now;
    this.resume(); // else its end would not be seen
  }

  /** Closes at once; nobody is called. */
  destroy(): void {
    this.#user = undefined;
    this.#state = "closed";
    this.#owner.connectionClosed(this);
    this.#socket.destroy();
  }

  /** Head and body go out together: until the end of this turn of the event loop nothing is written. */
  #cork(): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    this.#socket.cork();
    process.nextTick(uncork, this);
  }

  uncork(): void {
    this.#isCorked = false;
    this.#socket.uncork();
  }

  #connected(): void {
    if (this.#state !== "connecting") return;
    this.#user?.memberConnected();
  }

  #ended(): void {
    if (this.#state === "closed") return;
    const user = this.#user;
    const state = this.#state;
    this.destroy();
    if (state === "until-close" || state === "upgraded") user?.answerEnd("");
    else user?.memberLost(state !== "connecting");
  }

  #nextBuffer(): Buffer {
    if (this.#needsBuffer) {
      this.#needsBuffer = false;
      this.#buffer = Buffer.allocUnsafeSlow(this.#buffer.length);
    }
    return this.#buffer;
  }

  #read(count: number): boolean {
    const buffer = this.#buffer;
    let from = 0;
    // Interim answers and what follows them may come together.
    while (this.#state === "head") {
      const next = this.#readHead(buffer, from, count);
      if (next === -1) return true;
      from = next;
    }
    if (from < count) this.#readBody(buffer, from, count);
    // A full buffer means that more waits in the kernel: larger reads from now on.
    if (count === buffer.length && count < exchangeLimits.largeReadBytes && this.#state !== "closed")
      this.#buffer = Buffer.allocUnsafeSlow(exchangeLimits.largeReadBytes);
    return true;
  }

  /** Gives the place after what it has read of the buffer, or -1 when all is done with it. */
  #readHead(buffer: Buffer, from: number, count: number): number {
    const before = this.#partial;
    const text = before + buffer.toString("latin1", from, Math.min(count, from + limits.headBytes));
    const end = text.indexOf("\r\n\r\n");
    if (end === -1) {
      if (text.length >= limits.headBytes) this.#broken("head-length");
      else if (hasBareLf(text, 0, text.length)) this.#broken("bare-lf");
      else this.#partial = text;
      return -1;
    }
    this.#partial = "";
    const user = this.#user;
    const broken = reader.read(text, 0, end + 2, user?.isHeadRequest ?? false);
    if (broken !== undefined || user === undefined) {
      this.#broken(broken ?? "status-line");
      return -1;
    }
    const bodyFrom = from + end + 4 - before.length;
    if (reader.status < 200) return this.#readInterim(user, buffer, bodyFrom, count);
    reader.bodyText = bodyFrom + text.length - end - 4 < count ? undefined : text.slice(end + 4);
    this.#readFinal(user, buffer, bodyFrom, count);
    return -1;
  }

  #readInterim(user: MemberUser, buffer: Buffer, from: number, count: number): number {
    if (reader.status === 101) {
      if (!user.wantsUpgrade || reader.upgrade === "") this.#broken("status-unexpected");
      else {
        this.#state = "upgraded";
        user.answerUpgrade(reader, buffer, from, count);
        this.#needsBuffer = true;
      }
      return -1;
    }
    if (++this.#interimCount > exchangeLimits.interimAnswers) {
      this.#broken("status-unexpected");
      return -1;
    }
    user.interimAnswer(reader.status, afterFirstLine(reader.raw));
    return from === count ? -1 : from;
  }

  #readFinal(user: MemberUser, buffer: Buffer, from: number, count: number): void {
    this.isReusable = reader.keepAlive;
    const seconds = reader.keepAliveSeconds;
    this.idleMs =
      seconds === 0 ? exchangeLimits.idleMs : Math.min(exchangeLimits.idleMs, seconds * 1_000 - 1_000);
    switch (reader.framing) {
      case "none":
        return this.#readWhole(user, buffer, from, from, count);
      case "length":
        if (count - from >= reader.contentLength)
          return this.#readWhole(user, buffer, from, from + reader.contentLength, count);
        this.#state = "length";
        this.#left = reader.contentLength - (count - from);
        return this.#taken(user.answerHead(reader, buffer, from, count, false));
      case "stream":
        this.#state = "until-close";
        return this.#taken(user.answerHead(reader, buffer, from, count, false));
      case "chunks":
        this.#state = "chunks";
        this.#scanner.reset();
        return this.#readFirstChunks(user, buffer, from, count);
    }
  }

  /** The whole answer has come in one piece, as nearly all small ones do. */
  #readWhole(user: MemberUser, buffer: Buffer, from: number, to: number, count: number): void {
    // Bytes after an answer that nobody asked for: the connection cannot be trusted with another request.
    if (to !== count) {
      this.isReusable = false;
      reader.bodyText = undefined;
    }
    this.#state = "done";
    this.#taken(user.answerHead(reader, buffer, from, to, true));
  }

  #readFirstChunks(user: MemberUser, buffer: Buffer, from: number, count: number): void {
    if (user.mayDecode) {
      reader.bodyText = undefined;
      this.#taken(user.answerHead(reader, buffer, from, from, false));
      if (this.#user === user && from < count) this.#readChunks(user, buffer, from, count);
      return;
    }
    const to = this.#scanner.scan(buffer, from, count);
    if (this.#scanner.broken !== undefined) return this.#broken(this.#scanner.broken);
    if (this.#scanner.isDone) {
      this.#state = "done";
      if (to !== count) this.isReusable = false;
    }
    if (to !== count) reader.bodyText = undefined;
    this.#taken(user.answerHead(reader, buffer, from, to, this.#scanner.isDone));
  }

  #readBody(buffer: Buffer, from: number, count: number): void {
    const user = this.#user;
    if (user === undefined) return this.destroy(); // bytes on an idle connection
    switch (this.#state) {
      case "length": {
        const to = Math.min(count, from + this.#left);
        this.#left -= to - from;
        if (this.#left > 0) return this.#taken(user.answerBody(buffer, from, to));
        this.#state = "done";
        if (to !== count) this.isReusable = false;
        this.#taken(user.answerBody(buffer, from, to));
        return user.answerEnd("");
      }
      case "chunks":
        return this.#readChunks(user, buffer, from, count);
      case "until-close":
      case "upgraded":
        return this.#taken(user.answerBody(buffer, from, count));
      default:
        return this.#broken("status-unexpected"); // an answer before its request, or after its end
    }
  }

  #readChunks(user: MemberUser, buffer: Buffer, from: number, count: number): void {
    const scanner = this.#scanner;
    const to = this.decodes
      ? scanner.scan(buffer, from, count, (body, start, stop) =>
          this.#taken(user.answerBody(body, start, stop)),
        )
      : scanner.scan(buffer, from, count);
    if (this.#user !== user) return;
    if (scanner.broken !== undefined) return this.#broken(scanner.broken);
    if (scanner.isDone) {
      this.#state = "done";
      if (to !== count) this.isReusable = false;
    }
    if (!this.decodes) this.#taken(user.answerBody(buffer, from, to));
    if (scanner.isDone && this.#user === user) user.answerEnd(this.decodes ? scanner.trailers : "");
  }

  #taken(taken: Taken): void {
    if (taken !== "sent") this.#needsBuffer = true;
  }

  #broken(rule: RuleName): void {
    const user = this.#user;
    this.destroy();
    user?.answerBroken(rule);
  }
}

/** One function for all connections: no closure is made for a request. */
function uncork(connection: MemberConnection): void {
  connection.uncork();
}
