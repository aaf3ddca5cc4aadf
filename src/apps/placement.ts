import type { Component } from "#api/manifest.ts";
import { BoundedCache } from "#lib/bounded.ts";
import { canonicalJson } from "#lib/json.ts";
import type { Clock } from "#lib/clock.ts";
import type { InstanceEngine } from "./engine.ts";
import type { Placement } from "./observed.ts";

/** Where components can run. */
export interface Placements {
  place(component: Component): Promise<Placement>;
}

/** What a machine can do changes seldom; an answer is believed for this long. */
const believedMs = 15_000;
const maxAnswers = 1_000;

/** Chooses among the engines of this machine, in the order that the component names them. */
export function createPlacements(options: {
  readonly engines: ReadonlyMap<string, InstanceEngine>;
  readonly machine: string;
  readonly clock: Clock;
}): Placements {
  const { engines, machine, clock } = options;
  const answers = new BoundedCache<string, Placement>({
    maxEntries: maxAnswers,
    ttlMs: believedMs,
    monotonic: () => clock.monotonic(),
  });
  return {
    place: async (component) => {
      const key = canonicalJson({ ...component });
      const known = answers.get(key);
      if (known !== undefined) return known;
      const found = await choose(component, engines, machine);
      answers.set(key, found);
      return found;
    },
  };
}

async function choose(
  component: Component,
  engines: ReadonlyMap<string, InstanceEngine>,
  machine: string,
): Promise<Placement> {
  const reasons: string[] = [];
  for (const name of component.engines) {
    const engine = engines.get(name);
    if (engine === undefined) {
      reasons.push(`engine ${name} could run it and is not here`);
      continue;
    }
    const answer = await engine.canRun(component);
    if (answer.can) return { can: true, engine: name, machine };
    reasons.push(`${name}: ${answer.reason}`);
  }
  return { can: false, reason: reasons.join("; ") };
}
