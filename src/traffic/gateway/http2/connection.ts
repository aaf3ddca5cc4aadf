import type { ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import { Forwarding } from "../exchange/forwarding.ts";
import { brokenRule, headOf } from "../exchange/own-answer.ts";
import type { Timed } from "../exchange/sweep.ts";
import type { ConnectionFacts } from "../gateway-contract.ts";
import type { ProtocolHost } from "../gateway.ts";
import { addFields } from "./fields.ts";
import { http2Limits } from "./limits.ts";
import type { Http2Ports } from "./protocol.ts";
import { readRequest, type BrokenRule } from "./request.ts";
import { codes, Http2ClientStream, type StreamOwner } from "./stream.ts";

const endStream = 0x1;
/** Above every stream: tells a client to open no more, and takes all that it has opened meanwhile (RFC 9113 section 6.8). */
const lastStreamOfAll = 2 ** 31 - 1;

/** One connection of a client that speaks HTTP/2. Ends by itself; `onEnd` is called once then. */
export class Http2Connection implements StreamOwner, Timed {
  readonly facts: ConnectionFacts;
  readonly forwarding: Forwarding;
  deadline = 0;
  previousTimed: Timed | undefined;
  nextTimed: Timed | undefined;

  readonly #socket: Socket;
  readonly #session: ServerHttp2Session;
  readonly #host: ProtocolHost;
  readonly #ports: Pick<Http2Ports, "clock" | "log">;
  readonly #onEnd: (connection: Http2Connection) => void;
  /** Streams of requests, until they are closed. */
  #open = 0;
  /** Answers that ended and are not read to their end. */
  readonly #lingering = new Set<Http2ClientStream>();
  #resets = 0;
  #resetsAt: number;
  #isLeaving = false;
  #hasEnded = false;

  constructor(options: {
    readonly socket: Socket;
    readonly session: ServerHttp2Session;
    readonly facts: ConnectionFacts;
    readonly host: ProtocolHost;
    readonly ports: Pick<Http2Ports, "clock" | "log">;
    readonly onEnd: (connection: Http2Connection) => void;
  }) {
    const { socket, session, host } = options;
    this.facts = options.facts;
    this.forwarding = new Forwarding(options.facts);
    this.#socket = socket;
    this.#session = session;
    this.#host = host;
    this.#ports = options.ports;
    this.#onEnd = options.onEnd;
    this.#resetsAt = host.sweep.now;
    this.deadline = host.sweep.now + http2Limits.idleMs;
    host.sweep.add(this);
    session.on("error", (error) => options.ports.log.debug("gateway.http2.broken", { error }));
    socket.on("close", () => this.#ended());
    session.on("stream", (stream, _headers, flags, section: readonly string[]) =>
      this.#stream(stream, (flags & endStream) !== 0, section),
    );
  }

  /** Takes no new stream soon, and closes when those that are open have ended. Safe twice. */
  leave(): void {
    if (this.#isLeaving || this.#session.destroyed) return;
    this.#isLeaving = true;
    this.#session.goaway(codes.noError, lastStreamOfAll);
    // One round trip later the client knows; what it has opened until then is still served.
    this.#ports.clock.after(http2Limits.farewellMs, () => this.#close());
    if (!this.#session.ping(() => this.#close())) this.#close();
  }

  cut(): void {
    this.#session.destroy();
    this.#socket.destroy();
  }

  expired(now: number): void {
    // The client was told and does not close its side.
    if (this.#session.closed || this.#session.destroyed) {
      if (this.#open === 0) return this.cut();
    } else if (this.#open === 0) return this.#close();
    for (const stream of this.#lingering) if (now - stream.answeredAt > http2Limits.lingerMs) stream.giveUp();
    if (this.#lingering.size > 0) this.deadline = now + http2Limits.lingerMs / 10;
  }

  #close(): void {
    if (this.#session.destroyed) return;
    this.#session.close();
    if (this.#open === 0) this.deadline = this.#host.sweep.now + http2Limits.closeMs;
  }

  answered(stream: Http2ClientStream): void {
    const { now } = this.#host.sweep;
    stream.answeredAt = Math.max(now, 1);
    this.#lingering.add(stream);
    if (this.deadline === 0) this.deadline = now + http2Limits.lingerMs / 10;
  }

  closed(stream: Http2ClientStream, isWell: boolean): void {
    this.#lingering.delete(stream);
    this.#open -= 1;
    if (this.#open === 0)
      this.deadline =
        this.#host.sweep.now + (this.#session.closed ? http2Limits.closeMs : http2Limits.idleMs);
    if (isWell) this.#resets = Math.max(0, this.#resets - 1);
    else this.#countReset();
  }

  #stream(stream: ServerHttp2Stream, ended: boolean, section: readonly string[]): void {
    const head = readRequest(section, { ended, tls: this.facts.tls });
    if ("rule" in head) return this.#refuse(stream, head, section);
    this.#open += 1;
    if (this.#lingering.size === 0) this.deadline = 0;
    new Http2ClientStream(stream, this).begin(head, ended, this.#host.start);
  }

  /** A request that breaks a rule is answered here: no exchange begins. */
  #refuse(stream: ServerHttp2Stream, broken: BrokenRule, section: readonly string[]): void {
    const { rule, status, sentence } = broken;
    stream.on("error", () => undefined);
    this.#countReset();
    if (stream.destroyed || stream.closed) return;
    const answer = brokenRule(rule, status, sentence);
    const head = headOf(answer, this.#host.date());
    stream.respond(addFields([":status", String(status)], head.fields));
    stream.end(section[section.indexOf(":method") + 1] === "HEAD" ? undefined : answer.body);
    stream.once("finish", () => stream.close(codes.noError));
    this.#host.refused(this.facts, `rule:${rule}`, status);
  }

  /** A client that makes us begin and lets nothing end costs much and pays nothing (CVE-2023-44487, CVE-2025-8671). */
  #countReset(): void {
    const { now } = this.#host.sweep;
    const forgiven = ((now - this.#resetsAt) / 1000) * http2Limits.resetsPerSecond;
    this.#resets = Math.max(0, this.#resets - forgiven) + 1;
    this.#resetsAt = now;
    if (this.#resets <= http2Limits.resetBurst || this.#session.destroyed) return;
    this.#ports.log.debug("gateway.http2.calmed", { client: this.facts.clientAddress });
    this.#session.destroy(new Error("the client resets too many streams"), codes.enhanceYourCalm);
  }

  #ended(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#host.sweep.remove(this);
    this.#onEnd(this);
  }
}
