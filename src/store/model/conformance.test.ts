import { kindRegistry, kinds } from "#api/kinds.ts";
import { systemRandom } from "#lib/random.ts";
import { storeConformance } from "#store/conformance.ts";
import { openModelStore } from "#store/model/open.ts";
import { movableClock } from "#test/support/movable-clock.ts";
import { gadgetKind, widgetKind } from "#test/support/widget-kind.ts";

storeConformance("the model in memory", async () => {
  const clock = movableClock();
  const registry = kindRegistry([...kinds.values(), widgetKind, gadgetKind]);
  return {
    store: openModelStore({ kinds: registry, clock, random: systemRandom }),
    advance: (ms) => clock.advance(ms),
    [Symbol.asyncDispose]: async () => undefined,
  };
});
