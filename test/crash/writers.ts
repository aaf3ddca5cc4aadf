import type { Client } from "#api/client.ts";
import { projectKind } from "#api/kinds/project.ts";

/** A write that the data center said is done. */
export interface Acknowledged {
  readonly name: string;
  readonly counter: number;
  readonly revision: number;
}

export interface Writers {
  /** Ends the load and waits for the calls under way. */
  stop(): Promise<void>;
  readonly acknowledged: readonly Acknowledged[];
  readonly refused: () => number;
}

/**
 * `count` writers, each applying its own few projects in turn with a counter in the description. A call that
 * fails is not repeated with the same counter: nobody knows whether it was done, so it proves nothing.
 */
export function startWriters(client: Client, count: number): Writers {
  const stopping = new AbortController();
  const acknowledged: Acknowledged[] = [];
  let refused = 0;
  const write = async (writer: number) => {
    for (let counter = 1; !stopping.signal.aborted; counter += 1) {
      const name = `w${writer}-${counter % 5}`;
      try {
        const answer = await client.apply(projectKind, { name, spec: { description: String(counter) } });
        acknowledged.push({ name, counter, revision: answer.resource.revision });
      } catch {
        refused += 1; // being killed is the point of the test; only acknowledgements count
        await pause(20, stopping.signal);
      }
      await pause(4, stopping.signal);
    }
  };
  const all = Promise.all(Array.from({ length: count }, (_, writer) => write(writer)));
  return {
    acknowledged,
    refused: () => refused,
    stop: async () => {
      stopping.abort();
      await all;
    },
  };
}

/** Ends early when the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}
