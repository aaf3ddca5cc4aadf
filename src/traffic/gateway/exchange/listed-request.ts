import type { Member, PoolRequest } from "../pool-contract.ts";
import type { Timed } from "./sweep.ts";

/** What a request has to have so that a pool's queue and the sweep can list it, and so that a pool can choose for it. */
export class ListedRequest {
  hashKey = 0;
  fairKey = 0;
  stickyId = "";
  avoid: Member | undefined;
  holdUntil = 0;
  heldBytes = 0;

  poolPrevious: PoolRequest | undefined;
  poolNext: PoolRequest | undefined;
  heldSince = 0;
  poolBytes = 0;

  deadline = 0;
  previousTimed: Timed | undefined;
  nextTimed: Timed | undefined;
}
