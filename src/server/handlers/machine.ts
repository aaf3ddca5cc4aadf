import { VdcError } from "#api/errors.ts";
import type { HandlersFor } from "../handler.ts";
import type { Services } from "../services.ts";

/** Live figures of this host. A control process knows its own host only. */
export function machineHandlers({
  machine,
}: Services): HandlersFor<"machine.samples" | "machine.stream" | "machine.processes" | "machine.probe"> {
  const requireThis = (name: string) => {
    if (name !== machine.name)
      throw new VdcError("not-found", `Machine '${name}' is not the one that answers here.`);
  };
  return {
    "machine.samples": ({ params }) => {
      requireThis(params.name);
      return { items: [...machine.history()] };
    },
    "machine.stream": async ({ params }) => {
      requireThis(params.name);
      return await Promise.resolve(async (stream) => {
        for await (const sample of machine.stream(stream.signal))
          await stream.send(`event: sample\ndata: ${JSON.stringify(sample)}\n\n`);
      });
    },
    "machine.processes": async ({ params, query }) => {
      requireThis(params.name);
      return { items: [...(await machine.processes(query, AbortSignal.timeout(processesMs)))] };
    },
    "machine.probe": async ({ params, by }) => {
      requireThis(params.name);
      return await machine.probe(by);
    },
  };
}

const processesMs = 5_000;
