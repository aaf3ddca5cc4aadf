import { protocolLimits, type Result } from "#api/burst-protocol.ts";
import { workerLimits } from "./limits.ts";
import type { SchedulerLink } from "./scheduler-link.ts";

/** Results on their way: while one message leaves, the next ones gather. Without a connection they wait for the next one. */
export class ResultOutbox {
  readonly #link: Pick<SchedulerLink, "send">;
  readonly #unsent: Result[] = [];
  #isSending = false;

  constructor(link: Pick<SchedulerLink, "send">) {
    this.#link = link;
  }

  get isEmpty(): boolean {
    return this.#unsent.length === 0 && !this.#isSending;
  }

  push(result: Result): void {
    this.#unsent.push(result);
    if (this.#unsent.length > workerLimits.maxUnsent) this.#unsent.shift();
  }

  /** Sends what there is; returns when nothing is left or the connection is gone. */
  async flush(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      while (this.#unsent.length > 0) {
        const results = this.#unsent.splice(0, this.#batch());
        if (await this.#link.send({ type: "results", results })) continue;
        this.#unsent.unshift(...results);
        return;
      }
    } finally {
      this.#isSending = false;
    }
  }

  /** How many of the first results go into one message. */
  #batch(): number {
    let bytes = 0;
    let count = 0;
    for (const result of this.#unsent.slice(0, protocolLimits.maxBatch)) {
      bytes += sizeOf(result);
      if (count > 0 && bytes > workerLimits.maxResultsBytes) break;
      count += 1;
    }
    return count;
  }
}

/** About its length as JSON; a single one may have 4,096 outputs. */
function sizeOf(result: Result): number {
  if (result.outcome === "failed") return 256 + result.message.length;
  return result.outputs.reduce((sum, { inline }) => sum + 128 + (inline?.length ?? 0), 128);
}
