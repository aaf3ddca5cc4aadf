import { assert } from "#lib/assert.ts";
import type { MemberConnection, MemberUser } from "../http1/member-connection.ts";
import type { ResponseHeadReader } from "../http1/response-head.ts";
import { rules, type RuleName } from "../http1/rules.ts";
import type { Denial, HoldCause, Member, Outcome, Pool, PoolRequest } from "../pool-contract.ts";
import { chooseBackend } from "../routing/router.ts";
import { accessEntry } from "./access.ts";
import { admit, tooLarge } from "./admission.ts";
import type { ClientSide, ExchangeSide, RequestHead, Taken } from "./client-side.ts";
import { CompressingClient } from "./compressing-client.ts";
import type { Core } from "./core.ts";
import { AnswerHead } from "./answer-head.ts";
import { forwardHead } from "./forward-head.ts";
import { exchangeLimits, noRouteTimeouts } from "./limits.ts";
import { ListedRequest } from "./listed-request.ts";
import { brokenRule, failures, headOf, problem, type OwnAnswer } from "./own-answer.ts";
import { hashKeyOf, stickyLine, stickyMember } from "./preference.ts";
import { RequestBody } from "./request-body.ts";
import { RequestCopy } from "./request-copy.ts";
import type { RoutePlan } from "./route-plan.ts";
import type { Timed } from "./sweep.ts";

/**
 * `held`: waits for a member. `connecting`: has one, and a connection is being made. `sending`: the head is on its way and no
 * answer has come. `answering`: the client has the answer's head. `upgraded`: bytes go both ways. `ended`: nothing is called any more.
 */
type Phase = "held" | "connecting" | "sending" | "answering" | "upgraded" | "ended";

/**
 * One request on its way to a member, and its answer back.
 *
 * Invariant: a member that the pool gave is released once, whatever happens.
 * Invariant: a request is sent again only while not a byte of an answer has come, all of its body is at hand, and it is
 * either idempotent or cannot have reached a member (RFC 9110 section 9.2.2).
 * Invariant: after the end neither the client's protocol nor the member's connection is called.
 */
export class Exchange extends ListedRequest implements PoolRequest, ExchangeSide, MemberUser, Timed {
  readonly isHeadRequest: boolean;
  readonly wantsUpgrade: boolean;
  mayDecode = false;

  readonly #core: Core;
  #client: ClientSide;
  #compressing: CompressingClient | undefined;
  readonly #id: string;
  readonly #request: RequestCopy;
  readonly #startedAt: number;
  /** `undefined`: the request has none. */
  readonly #body: RequestBody | undefined;

  #phase: Phase = "held";
  #plan: RoutePlan | undefined;
  #pool: Pool | undefined;
  #member: Member | undefined;
  #connection: MemberConnection | undefined;
  #isKept = false;
  #isFresh = false;
  #hasRequest = false;
  #trailers = "";
  #upgradedMember: Member | undefined;
  #isSendingFull = false;
  #isRequestPaused = false;
  #isAnswerPaused = false;
  #attempts = 0;
  #connects = 0;
  #hasInterim = false;
  #hasContinue = false;
  #instance: string | undefined;
  #status = 0;
  #requestBytes = 0;
  #responseBytes = 0;
  #wasHeld = false;
  #heldFor: HoldCause | undefined;
  #heldMs = 0;
  #connectMs = 0;
  #responseMs = 0;
  #sentAt = 0;

  constructor(core: Core, client: ClientSide, head: RequestHead) {
    super();
    this.#core = core;
    this.#client = client;
    this.#id = core.nextRequestId();
    this.#request = new RequestCopy(head);
    this.#hasRequest = head.framing === "none";
    this.#body = head.framing === "none" ? undefined : new RequestBody();
    this.isHeadRequest = head.method === "HEAD";
    this.wantsUpgrade = head.upgrade !== "";
    this.#startedAt = core.ports.clock.monotonic();
  }

  start(head: RequestHead): void {
    const core = this.#core;
    core.sweep.add(this);
    const admitted = admit(core, head, this.#client.facts, this.#startedAt);
    if ("refused" in admitted) {
      this.#plan = admitted.plan;
      return this.#answerSelf(admitted.answer, admitted.why);
    }
    const plan = admitted;
    this.#plan = plan;
    const { policy } = plan.route;
    const backend = chooseBackend(plan.entry, core.ports.random);
    const pool = backend === undefined ? undefined : core.config.pools.get(backend);
    if (pool === undefined) return this.#answerSelf(failures.noBackend, "no-backend");
    this.#pool = pool;
    if (policy.compression) this.#compress(head);
    this.mayDecode = !this.#client.takesChunks;
    this.holdUntil = this.#startedAt + policy.hold.maxMs;
    this.fairKey = this.#client.forwarding.addressHash;
    const expected = head.framing === "length" ? head.contentLength : Number.MAX_SAFE_INTEGER;
    this.heldBytes =
      this.#request.raw.length +
      (this.#body === undefined ? 0 : Math.min(expected, exchangeLimits.replayBytes));
    if (policy.balance === "hash")
      this.hashKey = hashKeyOf(plan, this.#client, this.#request.target, head.fields);
    if (plan.stickyValue !== undefined) this.stickyId = stickyMember(core, plan, pool, head.fields)?.id ?? "";
    this.#acquire(pool, this.#startedAt);
  }

  // The client's side.

  requestBody(body: Buffer, from: number, to: number): void {
    if (this.#phase === "ended" || from === to) return;
    const piece = from === 0 && to === body.length ? body : body.subarray(from, to);
    this.#requestBytes += piece.length;
    if (this.#phase === "upgraded") return this.#sendUpgraded(piece);
    const most = this.#plan?.route.policy.maxBodyBytes;
    if (most !== undefined && this.#requestBytes > most)
      return this.#refuseBody(tooLarge(most), "body-too-large");
    if (this.#phase === "held" || this.#phase === "connecting") {
      this.#body?.keep(piece);
      if ((this.#body?.keptBytes ?? 0) >= exchangeLimits.heldBodyBytes) this.#pauseRequest();
      return;
    }
    if (this.#phase === "sending") {
      this.deadline = this.#core.sweep.now + this.#timeouts.idleMs;
      this.#body?.keep(piece);
    }
    this.#sendBody(piece);
    this.#body?.forgetWhenLarge();
  }

  requestEnd(trailers: string): void {
    if (this.#phase === "ended") return;
    this.#hasRequest = true;
    this.#trailers = trailers;
    if (this.#phase === "sending" || this.#phase === "answering") this.#sendRequestEnd();
  }

  clientGone(why: string): void {
    this.#compressing?.abandon();
    if (this.#phase === "ended") return;
    if (this.#phase === "held") {
      this.#pool?.withdraw(this);
      this.#plan?.counters.holdEnded();
    }
    this.#dropConnection();
    this.#release("client-gone");
    this.#end(why);
  }

  responseDrained(): void {
    if (this.#compressing?.drained() !== true) this.#answerWanted();
  }

  #answerWanted(): void {
    if (!this.#isAnswerPaused) return;
    this.#isAnswerPaused = false;
    this.deadline = this.#core.sweep.now + this.#idleMs;
    this.#connection?.resume();
  }

  requestBroken(rule: string, status: number, sentence: string): void {
    this.#refuseBody(brokenRule(rule, status, sentence), `rule:${rule}`);
  }

  // The pool's side.

  granted(member: Member, heldMs: number): void {
    this.#plan?.counters.holdEnded();
    this.#heldMs += heldMs;
    this.#go(member);
  }

  denied(denial: Denial, heldMs: number): void {
    this.#plan?.counters.holdEnded();
    this.#heldMs += heldMs;
    this.#deny(denial);
  }

  #compress(head: RequestHead): void {
    this.#compressing = new CompressingClient(this.#client, head, () => this.#answerWanted());
    this.#client = this.#compressing;
  }

  #acquire(pool: Pool, now: number): void {
    this.#phase = "held";
    this.deadline = 0; // the pool keeps the time of those who wait
    const given = pool.acquire(this, now);
    if (given === undefined) {
      this.#heldFor = pool.holdCause;
      this.#wasHeld = true;
      this.#plan?.counters.holdBegan();
    } else if ("why" in given) this.#deny(given);
    else this.#go(given);
  }

  #go(member: Member): void {
    this.#member = member;
    this.#instance = member.id;
    this.#attempts++;
    this.#connect(member);
  }

  #connect(member: Member): void {
    const core = this.#core;
    const connections = core.connectionsOf(member);
    const withinMs = this.#request.isIdempotent ? exchangeLimits.idleMs : exchangeLimits.idleForUnsafeMs;
    const kept = this.#isFresh ? undefined : connections.take(this, core.sweep.now, withinMs);
    this.#isKept = kept !== undefined;
    if (kept !== undefined) {
      this.#connection = kept;
      return this.#send(kept);
    }
    this.#phase = "connecting";
    this.#connects++;
    this.#sentAt = core.ports.clock.monotonic();
    this.deadline = core.sweep.now + this.#timeouts.connectMs;
    this.#connection = connections.open(this);
  }

  #send(connection: MemberConnection): void {
    const plan = this.#plan;
    if (plan === undefined) return; // only a request with a route gets here
    this.#phase = "sending";
    this.#sentAt =
      this.#isKept && this.#attempts === 1 && !this.#wasHeld
        ? this.#startedAt
        : this.#core.ports.clock.monotonic();
    this.deadline =
      this.#core.sweep.now + (this.#hasRequest ? this.#timeouts.responseMs : this.#timeouts.idleMs);
    const options = { client: this.#client, plan, request: this.#request, id: this.#id, via: this.#core.via };
    const head = forwardHead(options);
    connection.sendHead(head, this.#body !== undefined);
    const body = this.#body;
    if (body === undefined) return;
    for (const piece of body.pieces) this.#sendBody(piece);
    body.forgetWhenLarge();
    if (this.#hasRequest) this.#sendRequestEnd();
    else if (!this.#isSendingFull) this.#resumeRequest();
  }

  // The member's side.

  memberConnected(): void {
    const connection = this.#connection;
    if (connection === undefined || this.#phase !== "connecting") return;
    this.#connectMs += this.#core.ports.clock.monotonic() - this.#sentAt;
    this.#send(connection);
  }

  memberDrained(): void {
    if (!this.#isSendingFull) return;
    this.#isSendingFull = false;
    if (this.#phase !== "upgraded" && !this.#hasRequest) this.deadline = this.#core.sweep.now + this.#idleMs;
    this.#resumeRequest();
  }

  interimAnswer(status: number, fields: string): void {
    if (status === 100) {
      if (!this.#request.expectsContinue || this.#hasContinue) return;
      this.#hasContinue = true;
    } else {
      this.#hasInterim = true;
      if (this.#request.protocol === "HTTP/1.0") return; // knows none (RFC 9110 section 15.2)
    }
    this.#client.informational(status, fields);
  }

  answerHead(reader: ResponseHeadReader, body: Buffer, from: number, to: number, end: boolean): Taken {
    const now = this.#core.ports.clock.monotonic();
    this.#phase = "answering";
    this.#status = reader.status;
    this.#responseMs = now - this.#sentAt;
    this.deadline = this.#core.sweep.now + this.#idleMs;
    this.#body?.forget();
    this.#responseBytes = to - from;
    const head = this.#answerFrom(reader);
    head.bodyText = reader.bodyText;
    if (end) {
      // The member is free before the client has the answer: the next request of the same client may already come during `respond`.
      this.#finishWithMember(now);
      const taken = this.#client.respond(head, body, from, to, true);
      this.#end("", now);
      return taken;
    }
    if (this.mayDecode && reader.framing === "chunks") {
      if (this.#connection !== undefined) this.#connection.decodes = true;
      head.framing = "stream";
    }
    return this.#answerTaken(this.#client.respond(head, body, from, to, false));
  }

  answerBody(body: Buffer, from: number, to: number): Taken {
    this.deadline = this.#core.sweep.now + this.#idleMs;
    this.#responseBytes += to - from;
    return this.#answerTaken(this.#client.responseBody(body, from, to));
  }

  answerEnd(trailers: string): void {
    if (this.#phase === "ended") return;
    if (this.#phase === "upgraded") this.#dropConnection();
    else this.#finishWithMember(this.#core.ports.clock.monotonic());
    if (this.#upgradedMember?.wanted.state === "draining") this.#client.sayGoodbye();
    this.#client.responseEnd(trailers);
    this.#end("");
  }

  answerUpgrade(reader: ResponseHeadReader, body: Buffer, from: number, to: number): void {
    const member = this.#member;
    const head = this.#answerFrom(reader);
    head.raw += `connection: upgrade\r\nupgrade: ${reader.upgrade}\r\n`;
    this.#phase = "upgraded";
    this.#status = 101;
    this.#responseMs = this.#core.ports.clock.monotonic() - this.#sentAt;
    this.deadline = this.#core.sweep.now + this.#idleMs;
    this.#release("none");
    if (member !== undefined) member.upgraded++;
    this.#upgradedMember = member;
    this.#client.upgrade(head);
    if (to > from) this.answerBody(body, from, to);
  }

  answerBroken(rule: RuleName): void {
    this.#connection = undefined;
    this.#release("bad-response");
    if (this.#phase === "answering") return this.#cut(`rule:${rule}`);
    this.#answerSelf(
      brokenRule(rule, 502, `The instance's answer breaks a rule. ${rules[rule][1]}`),
      `rule:${rule}`,
    );
  }

  memberLost(hadConnected: boolean): void {
    this.#connection = undefined;
    if (this.#phase === "answering") {
      this.#release("reset");
      return this.#cut("upstream-closed");
    }
    const member = hadConnected && this.#isKept ? this.#member : undefined;
    if (member !== undefined && this.#isRepeatable && this.#request.isIdempotent) {
      // It was closed while idle, which says nothing of the member: once more, over a connection of its own.
      this.#isFresh = true;
      return this.#connect(member);
    }
    this.#failed(hadConnected ? "reset" : "connect");
  }

  expired(now: number): void {
    switch (this.#phase) {
      case "connecting":
        this.#dropConnection();
        return this.#failed("connect");
      case "sending":
        this.#dropConnection();
        if (this.#hasRequest || this.#isSendingFull) {
          this.#release("timeout");
          return this.#answerSelf(failures.timedOut, "timeout-response");
        }
        this.#release("client-gone");
        return this.#answerSelf(failures.requestTimedOut, "timeout-request");
      case "answering":
      case "upgraded":
        this.#dropConnection();
        this.#release(this.#isAnswerPaused ? "client-gone" : "timeout");
        return this.#cut("timeout-idle");
      case "held":
        return this.#probeHeld(now);
      case "ended":
        assert(now > 0, "a deadline only runs while a connection is used");
    }
  }

  // What both sides share.

  get #timeouts() {
    return this.#plan?.route.policy.timeouts ?? noRouteTimeouts;
  }

  get #idleMs(): number {
    return this.#phase === "upgraded" ? this.#timeouts.upgradedIdleMs : this.#timeouts.idleMs;
  }

  /** All of its body that has come is still at hand, and not a byte of an answer has come. */
  get #isRepeatable(): boolean {
    return !this.#hasInterim && (this.#body === undefined || this.#body.isWhole);
  }

  /** A member's head as the client gets it. */
  #answerFrom(reader: ResponseHeadReader): AnswerHead {
    const head = new AnswerHead(reader.raw, reader);
    const plan = this.#plan;
    if (plan === undefined) return head;
    const member = this.#member;
    if (plan.editResponse !== undefined) head.edit(plan.editResponse);
    if (plan.stickyValue !== undefined && member !== undefined && member.id !== this.stickyId)
      head.raw += stickyLine(this.#core, plan, member, this.#client.facts.tls);
    if (this.#wasHeld) head.raw += `x-vdc-held-ms: ${Math.round(this.#heldMs)}\r\n`;
    return head;
  }

  #answerTaken(taken: Taken): Taken {
    if (taken !== "full" || this.#isAnswerPaused) return taken;
    this.#isAnswerPaused = true;
    this.#connection?.pause();
    return taken;
  }

  #sendBody(piece: Buffer): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    const isStream = this.#request.framing === "stream";
    if (isStream) connection.sendText(`${piece.length.toString(16)}\r\n`);
    if (connection.send(piece) === "full") {
      this.#isSendingFull = true;
      this.#pauseRequest();
    }
    if (isStream) connection.sendText("\r\n");
  }

  #sendRequestEnd(): void {
    if (this.#phase === "sending") this.deadline = this.#core.sweep.now + this.#timeouts.responseMs;
    if (this.#request.framing === "stream") this.#connection?.sendText(`0\r\n${this.#trailers}\r\n`);
  }

  #sendUpgraded(piece: Buffer): void {
    this.deadline = this.#core.sweep.now + this.#idleMs;
    if (this.#connection?.send(piece) !== "full") return;
    this.#isSendingFull = true;
    this.#pauseRequest();
  }

  #pauseRequest(): void {
    if (this.#isRequestPaused) return;
    this.#isRequestPaused = true;
    this.#client.pauseRequest();
    this.clientSilent();
  }

  clientSilent(): void {
    if (this.#phase === "held" && this.#request.protocol === "HTTP/1.1")
      this.deadline = this.#core.sweep.now + exchangeLimits.heldProbeMs;
  }

  /**
   * A paused socket does not hear that its client has gone; a write to it does. Clients discard a 100 that they did not ask
   * for (RFC 9110 section 15.2.1).
   */
  #probeHeld(now: number): void {
    this.#client.informational(100, "");
    this.#hasContinue = true;
    this.deadline = now + exchangeLimits.heldProbeMs;
  }

  #resumeRequest(): void {
    if (!this.#isRequestPaused) return;
    this.#isRequestPaused = false;
    this.#client.resumeRequest();
  }

  #deny(denial: Denial): void {
    const fields = `retry-after: ${denial.retryAfterSeconds}\r\n`;
    this.#answerSelf(problem({ status: 503, code: denial.why, detail: denial.reason, fields }), denial.why);
  }

  /** The member gave no answer. Another one is tried when that is safe; else the client is told. */
  #failed(failure: "connect" | "reset"): void {
    const pool = this.#pool;
    const now = this.#core.ports.clock.monotonic();
    this.avoid = this.#member;
    this.#release(failure);
    if (pool !== undefined && this.#mayRepeat(failure, pool, now)) {
      this.#isFresh = false;
      return this.#acquire(pool, now);
    }
    this.#answerSelf(
      failure === "connect" ? failures.unreachable : failures.unanswered,
      `upstream-${failure}`,
    );
  }

  #mayRepeat(failure: "connect" | "reset", pool: Pool, now: number): boolean {
    if (!this.#isRepeatable) return false;
    // Nothing can have reached a member that refused the connection, so this is bounded by its own number and no retry.
    const most = this.#plan?.route.policy.retry.attempts ?? 0;
    if (failure === "connect")
      return this.#connects < (now < this.holdUntil ? exchangeLimits.connectAttempts : most + 1);
    if (!this.#request.isIdempotent) return false;
    if (this.#attempts > most || !pool.spendRetry(now)) return false;
    if (this.#plan !== undefined) this.#plan.counters.retries++;
    return true;
  }

  #refuseBody(answer: OwnAnswer, why: string): void {
    if (this.#phase === "ended") return;
    if (this.#phase === "held") {
      this.#pool?.withdraw(this);
      this.#plan?.counters.holdEnded();
    }
    this.#dropConnection();
    this.#release("client-gone");
    if (this.#phase === "answering") return this.#cut(why);
    this.#answerSelf(answer, why);
  }

  #answerSelf(answer: OwnAnswer, why: string): void {
    const plan = this.#plan;
    (plan?.counters ?? this.#core.refusals).refused(why);
    this.#status = answer.status;
    const head = headOf(answer, this.#core.date());
    head.close = answer.status === 408; // what may still come of its body is not waited for
    if (this.#wasHeld) head.raw += `x-vdc-held-ms: ${Math.round(this.#heldMs)}\r\n`;
    if (this.isHeadRequest) head.framing = "none";
    const length = this.isHeadRequest ? 0 : answer.body.length;
    this.#responseBytes = length;
    this.#phase = "answering";
    this.#client.respond(head, answer.body, 0, length, true);
    this.#end(why);
  }

  #cut(why: string): void {
    this.#client.cut(why);
    this.#end(why);
  }

  #finishWithMember(now: number): void {
    const connection = this.#connection;
    const member = this.#member;
    this.#connection = undefined;
    if (connection !== undefined && member !== undefined) {
      if (this.#hasRequest && connection.isReusable)
        this.#core.connectionsOf(member).giveBack(connection, this.#core.sweep.now);
      else connection.destroy();
    }
    this.#release("none", now);
  }

  #dropConnection(): void {
    this.#connection?.destroy();
    this.#connection = undefined;
  }

  #release(failure: Outcome["failure"], now = this.#core.ports.clock.monotonic()): void {
    const member = this.#member;
    if (member === undefined) return;
    this.#member = undefined;
    const outcome = { status: this.#status, failure, responseMs: this.#responseMs };
    member.pool.release(member, outcome, now);
  }

  #end(why: string, now = this.#core.ports.clock.monotonic()): void {
    if (this.#phase === "ended") return;
    this.#phase = "ended";
    const core = this.#core;
    core.sweep.remove(this);
    const totalMs = now - this.#startedAt;
    if (this.#upgradedMember !== undefined) this.#upgradedMember.upgraded--;
    const counters = this.#plan?.counters;
    if (counters !== undefined) {
      counters.requests++;
      counters.requestBytes += this.#requestBytes;
      counters.responseBytes += this.#responseBytes;
      counters.ended(this.#status, totalMs);
    }
    if (core.onAccess !== undefined) this.#report(core.onAccess, totalMs, why);
  }

  #report(onAccess: NonNullable<Core["onAccess"]>, totalMs: number, why: string): void {
    const ended = {
      id: this.#id,
      client: this.#client,
      request: this.#request,
      plan: this.#plan,
      pool: this.#pool?.id,
      instance: this.#instance,
      status: this.#status,
      requestBytes: this.#requestBytes,
      responseBytes: this.#responseBytes,
      attempts: this.#attempts,
      totalMs,
      heldMs: this.#heldMs,
      connectMs: this.#connectMs,
      responseMs: this.#responseMs,
      heldFor: this.#heldFor,
      why,
    };
    onAccess(accessEntry(ended, this.#core.ports.clock.now()));
  }
}
