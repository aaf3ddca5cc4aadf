import { threadRunner } from "#main/worker/thread-runner.ts";
import type { LocalMachine } from "./local-graph.ts";
import { darkroomKernels } from "./kernels.ts";

export interface ThreadMachine extends LocalMachine<Uint8Array>, AsyncDisposable {}

/** The threads of our own worker, without its network: blobs stay in this process. */
export async function threadMachine(
  slots: number,
  blobs: ReadonlyMap<string, Uint8Array>,
): Promise<ThreadMachine> {
  const moduleOf = await darkroomKernels();
  const runner = threadRunner(slots);
  const never = new AbortController().signal;
  return {
    slots,
    blob: (hash) => blobs.get(hash) ?? new Uint8Array(),
    run: async ({ fn, args, outputs, memoryBytes }, inputs) => {
      const code = { level: "wasm", module: moduleOf(fn) } as const;
      const outcome = await runner.run({ code, fn, args, inputs, outputs, memoryBytes }, never);
      if (outcome.kind !== "done") throw new Error(`${fn}: ${outcome.message}`);
      return outcome.outputs;
    },
    [Symbol.asyncDispose]: async () => await runner.close(),
  };
}
