import type { SnapshotMember, SnapshotPool } from "../snapshot.ts";

/**
 * The meeting point of the data path (`http1/`, `http2/`) and the pool's brain (`pool/`). Called once or twice for every
 * request: nothing here allocates, returns a promise or reads the clock by itself.
 */
export interface Pool {
  readonly id: string;
  /**
   * A member for this request, at once when one can take it. `undefined`: the request is held now, and the pool will call
   * `granted` or `denied` on it, exactly once. A `Denial`: it is not held either.
   */
  acquire(request: PoolRequest, now: number): Member | Denial | undefined;
  /** The request waits no longer: its client has gone. Frees its place at once. */
  withdraw(request: PoolRequest): void;
  /** Every member that was given has to be released once, whatever happened. May grant held requests before it returns. */
  release(member: Member, outcome: Outcome, now: number): void;
  /** Whether a retry may be made now, within the budget; counts it when it may. */
  spendRetry(now: number): boolean;
  /** Takes a new list of members and settings; members that stay keep their state and connections. */
  update(wanted: SnapshotPool, now: number): void;
  /** Timers: deadlines of held requests, ends of ejections, slow start, checks that are due. Called every 50 ms or so. */
  tick(now: number): void;
  /**
   * What a check found: by the health checker, or by a first connection to a member that was starting. `reachable`: of a check that
   * failed, whether the member at least accepted the connection; only then does the panic rule count on it.
   */
  reportCheck(member: Member, ok: boolean, now: number, reachable?: boolean): void;
  readonly members: readonly Member[];
  readonly holding: number;
  /** Why requests wait, or why the one waits that `acquire` held just now; `undefined` while none does. */
  readonly holdCause: HoldCause | undefined;
  /** What it was last told. */
  readonly wanted: SnapshotPool;
  /** Active members that take no requests because no check has passed yet, or one has failed. */
  readonly unreadyCount: number;
  readonly counters: PoolCounters;
}

/** `no-instance`: none is ready. `concurrency`: all that are ready have as many requests as they may. */
export type HoldCause = "no-instance" | "concurrency";

/** Since the pool was made. */
export interface PoolCounters {
  /** Requests that ever waited. */
  held: number;
  denied: Record<Denial["why"], number>;
  ejections: number;
  retries: number;
  /** Retries that the budget refused. */
  retriesRefused: number;
  /** Requests that went to a member that is not healthy, by the panic rule. */
  panicked: number;
}

/** One instance, as the data path sees it. Fields that end in no comment are written by the pool alone. */
export interface Member {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly pool: Pool;
  readonly wanted: SnapshotMember;
  /** Requests in it now; upgraded connections are counted apart. */
  inFlight: number;
  /** Written by the data path. */
  upgraded: number;
  requests: number;
  failures: number;
  health: "unknown" | "healthy" | "unhealthy" | "ejected";
  concurrencyLimit: number;
  /** The data path's idle connections; the pool never looks inside. Closed by `removed`. */
  connections: MemberConnections | undefined;
}

export interface MemberConnections {
  /** The member left the snapshot or drains: idle connections are closed, busy ones when they end. */
  removed(): void;
}

/** A request that asks for a member. The data path's own exchange object implements it. */
export interface PoolRequest {
  /** For `balance: hash`; 32 bits. */
  readonly hashKey: number;
  /** Member id of the sticky cookie; empty when there is none. It is preferred, not promised. */
  readonly stickyId: string;
  /** A member that failed it before; another one is preferred. */
  readonly avoid: Member | undefined;
  /** When holding must end, on the monotonic clock. */
  readonly holdUntil: number;
  /** Bytes that wait with it: its head and what has come of its body. Read once, when it begins to wait. */
  readonly heldBytes: number;
  /** Who asks, as 32 bits (a hash of the client's address): waiting clients take turns. Absent: all such requests are one client's. */
  readonly fairKey?: number;
  granted(member: Member, heldMs: number): void;
  denied(denial: Denial, heldMs: number): void;
  /** For the pool's queue; nobody else writes them. */
  poolPrevious: PoolRequest | undefined;
  poolNext: PoolRequest | undefined;
  heldSince: number;
  /** Also the queue's. */
  poolBytes?: number;
}

/** Why a request got no member. `reason` is for the client, `retryAfterSeconds` for its Retry-After. */
export interface Denial {
  readonly why: "hold-deadline" | "hold-full" | "stopped" | "no-members";
  readonly reason: string;
  readonly retryAfterSeconds: number;
}

/** What became of a request in a member. */
export interface Outcome {
  /** 0 when no answer came. */
  readonly status: number;
  readonly failure: "none" | "connect" | "reset" | "timeout" | "bad-response" | "client-gone";
  /** From the request sent to the first byte of the answer. */
  readonly responseMs: number;
}
