import type { Draft } from "./draft.ts";
import type { Index } from "./index-contract.ts";
import { callKey, readCallKey, tableRange } from "./keys.ts";
import { decodeJson, encodeJson } from "./rows.ts";

/** Answers that are kept. A front asks again for at most holdMaxMs: these are the calls of that time at full speed. */
const answersMax = 32_768;

/** Answers of calls by their ids, so that a call that is sent again is not done again. They are rows: a restart keeps them. */
export class CallAnswers {
  readonly #index: Index;
  /** Oldest first. */
  readonly #sequences = new Map<string, number>();
  readonly #underWay = new Map<string, Promise<unknown>>();

  constructor(index: Index) {
    this.#index = index;
    const { from, to } = tableRange("call");
    for (const row of index.scan(from, to)) {
      const { callId, sequence } = readCallKey(row.key);
      this.#sequences.set(callId, sequence);
    }
  }

  find(callId: string): Promise<unknown> | undefined {
    const underWay = this.#underWay.get(callId);
    if (underWay !== undefined) return underWay;
    const sequence = this.#sequences.get(callId);
    const row = sequence === undefined ? undefined : this.#index.get(callKey(sequence, callId));
    if (row === undefined) return undefined;
    // Calls that answer nothing have an empty row.
    return Promise.resolve(row.value.length === 0 ? undefined : decodeJson(row.value));
  }

  async track<A>(callId: string, answer: Promise<A>): Promise<A> {
    this.#underWay.set(callId, answer);
    try {
      return await answer;
    } finally {
      this.#underWay.delete(callId);
    }
  }

  /** In the batch of the call itself; the oldest answer leaves. */
  writeTo(draft: Draft, sequence: number, callId: string, answer: unknown): void {
    draft.put(callKey(sequence, callId), answer === undefined ? Buffer.alloc(0) : encodeJson(answer));
    this.#sequences.set(callId, sequence);
    if (this.#sequences.size <= answersMax) return;
    for (const [oldId, oldSequence] of this.#sequences) {
      this.#sequences.delete(oldId);
      draft.remove(callKey(oldSequence, oldId));
      break;
    }
  }
}
