import { useEffect, useState } from "react";
import type { MachineSample } from "#api/system.ts";
import { backoffMs } from "#lib/backoff.ts";
import { api } from "#console/data/api.ts";
import { browserClock } from "#console/lib/clock.ts";
import { browserRandom } from "#console/lib/random.ts";
import { useVisible } from "#console/lib/use-visible.ts";

/** Ten minutes, one a second. */
export const maxSamples = 600;
const retry = { baseMs: 1000, maxMs: 10_000 };

export interface Samples {
  readonly values: readonly MachineSample[];
  readonly error: unknown;
}

/** The machine's last ten minutes and what follows, while the tab is looked at. `undefined` until the first answer. */
export function useMachineSamples(machine: string | undefined): Samples | undefined {
  const [samples, setSamples] = useState<Samples>();
  const visible = useVisible();
  useEffect(() => {
    if (machine === undefined || !visible) return undefined;
    const controller = new AbortController();
    void follow(machine, controller.signal, setSamples); // ends with the signal and catches everything inside
    return () => controller.abort();
  }, [machine, visible]);
  return samples;
}

async function follow(machine: string, signal: AbortSignal, show: (samples: Samples) => void): Promise<void> {
  let values: readonly MachineSample[] = [];
  const params = { name: machine };
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      values = (await api.call(api.routes["machine.samples"], { params, signal })).items.slice(-maxSamples);
      show({ values, error: undefined });
      for await (const sample of api.events(api.routes["machine.stream"], { params, signal })) {
        attempt = 0;
        if (sample.at <= (values.at(-1)?.at ?? "")) continue; // the stream may begin with what was read
        values = [...values.slice(1 - maxSamples), sample];
        show({ values, error: undefined });
      }
    } catch (error) {
      if (signal.aborted) return;
      show({ values, error });
    }
    await browserClock.sleep(backoffMs(attempt, retry, browserRandom), signal);
  }
}
