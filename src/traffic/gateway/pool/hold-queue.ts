import { assert } from "#lib/assert.ts";
import type { PoolRequest } from "../pool-contract.ts";
import { poolLimits } from "./limits.ts";

/**
 * Requests that wait for a member. Clients take turns: each request stands in one of a fixed number of lines by its `fairKey`, the
 * lines are served in turn, each in order of arrival (stochastic fairness queueing, McKenney 1990). When there is no room, the
 * newest request of the longest line goes, so a client that floods the queue displaces its own requests first.
 *
 * The lines are circular lists through the requests themselves: nothing is allocated, and leaving from the middle costs the same
 * as from an end. Invariant: a request is in the queue exactly when its `poolNext` is set.
 */
export class HoldQueue {
  readonly #flows: readonly Flow[];
  readonly #salt: number;
  /** Lines that are not empty, as a circular list: the next one to be served first. */
  #turn: Flow | undefined;
  #cursor: PoolRequest | undefined;
  size = 0;
  bytes = 0;
  /** No request has to leave before this; `Infinity` when none waits. */
  earliestDeadline = Number.POSITIVE_INFINITY;

  /** `salt`: 32 random bits, so that nobody can choose to share a line with somebody else. */
  constructor(salt: number) {
    this.#salt = salt;
    this.#flows = Array.from({ length: poolLimits.holdFlows }, () => new Flow());
  }

  push(request: PoolRequest, now: number): void {
    assert(request.poolNext === undefined, "a request waits in one place only");
    const flow = this.#flowOf(request);
    request.heldSince = now;
    request.poolBytes = request.heldBytes;
    linkBefore(flow, request);
    flow.size += 1;
    flow.bytes += request.poolBytes;
    this.size += 1;
    this.bytes += request.poolBytes;
    this.earliestDeadline = Math.min(this.earliestDeadline, request.holdUntil);
    if (flow.size === 1) this.#enterTurn(flow);
  }

  /** The request whose turn it is; it stays in the queue. */
  peek(): PoolRequest | undefined {
    return this.#turn?.poolNext;
  }

  /** Takes out what `peek` gave, and gives the turn to the next line. */
  shift(): void {
    const flow = this.#turn;
    const request = flow?.poolNext;
    if (flow === undefined || request === undefined) return;
    this.#turn = flow.nextTurn;
    this.remove(request);
  }

  /** Whether it was in it. */
  remove(request: PoolRequest): boolean {
    const { poolPrevious, poolNext } = request;
    if (poolPrevious === undefined || poolNext === undefined) return false;
    if (this.#cursor === request) this.#cursor = poolNext;
    poolPrevious.poolNext = poolNext;
    poolNext.poolPrevious = poolPrevious;
    request.poolPrevious = undefined;
    request.poolNext = undefined;
    const flow = this.#flowOf(request);
    const bytes = request.poolBytes ?? 0;
    flow.size -= 1;
    flow.bytes -= bytes;
    this.size -= 1;
    this.bytes -= bytes;
    if (flow.size === 0) this.#leaveTurn(flow);
    if (this.size === 0) this.earliestDeadline = Number.POSITIVE_INFINITY;
    return true;
  }

  /**
   * Who has to go so that `request` finds room: the newest of the line with the most requests (or bytes, when those are too
   * many); `undefined` when that line is no longer than the one of `request` would be, and so it is `request` itself.
   */
  victimFor(request: PoolRequest, by: "size" | "bytes"): PoolRequest | undefined {
    const own = this.#flowOf(request);
    let most = own;
    for (const flow of this.#flows) if (flow[by] > most[by]) most = flow;
    if (most[by] <= own[by] + (by === "size" ? 1 : request.heldBytes)) return undefined;
    return most.poolPrevious;
  }

  /** Takes out and hands over every request for which `isOver` holds. `leave` may call anything of this queue but this. */
  removeWhere(isOver: (request: PoolRequest) => boolean, leave: (request: PoolRequest) => void): void {
    assert(this.#cursor === undefined, "the queue is walked once at a time");
    try {
      for (const flow of this.#flows) {
        this.#cursor = flow.poolNext;
        while (this.#cursor !== undefined && this.#cursor !== flow) {
          const request: PoolRequest = this.#cursor;
          this.#cursor = request.poolNext;
          if (!isOver(request)) continue;
          this.remove(request);
          leave(request);
        }
      }
    } finally {
      this.#cursor = undefined;
    }
  }

  /** Ends those whose deadline has come. */
  removeExpired(now: number, leave: (request: PoolRequest) => void): void {
    if (now < this.earliestDeadline) return;
    this.earliestDeadline = Number.POSITIVE_INFINITY; // `push` inside of `leave` lowers it too
    this.removeWhere((request) => {
      if (request.holdUntil <= now) return true;
      this.earliestDeadline = Math.min(this.earliestDeadline, request.holdUntil);
      return false;
    }, leave);
  }

  #flowOf(request: PoolRequest): Flow {
    const mixed = Math.imul((request.fairKey ?? 0) ^ this.#salt, 0x9e3779b1) >>> 0;
    const flow = this.#flows[(mixed >>> 16) % this.#flows.length];
    assert(flow !== undefined, "every key has a line");
    return flow;
  }

  #enterTurn(flow: Flow): void {
    const first = this.#turn;
    if (first === undefined) {
      this.#turn = flow;
      return;
    }
    const last = first.previousTurn;
    last.nextTurn = flow;
    flow.previousTurn = last;
    flow.nextTurn = first;
    first.previousTurn = flow;
  }

  #leaveTurn(flow: Flow): void {
    if (this.#turn === flow) this.#turn = flow.nextTurn === flow ? undefined : flow.nextTurn;
    flow.previousTurn.nextTurn = flow.nextTurn;
    flow.nextTurn.previousTurn = flow.previousTurn;
    flow.nextTurn = flow;
    flow.previousTurn = flow;
  }
}

/** The fixed point of a line's circle: in the shape of a request so that no link is ever empty inside of a line. */
class Flow implements PoolRequest {
  readonly hashKey = 0;
  readonly stickyId = "";
  readonly avoid = undefined;
  readonly holdUntil = Number.POSITIVE_INFINITY;
  readonly heldBytes = 0;
  heldSince = 0;
  poolPrevious: PoolRequest = this;
  poolNext: PoolRequest = this;
  nextTurn: Flow = this;
  previousTurn: Flow = this;
  size = 0;
  bytes = 0;

  granted(): void {
    assert(false, "the head of a line gets no member");
  }

  denied(): void {
    assert(false, "the head of a line is not denied");
  }
}

function linkBefore(flow: Flow, request: PoolRequest): void {
  const last = flow.poolPrevious;
  last.poolNext = request;
  request.poolPrevious = last;
  request.poolNext = flow;
  flow.poolPrevious = request;
}
