import { connect } from "node:net";
import type { Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";
import type { ControlConfig } from "#main/control-config.ts";
import type { ObjectStoreHere } from "#objects/control/ports.ts";
import { CatalogConnection } from "#objects/wire/client.ts";

/** Somebody waits for the answer of a route; a reconciler comes again. */
const answerWithinMs = 15_000;

/** The catalog as control reaches it. It need not be there yet: calls wait for it, for a while. */
export function connectObjectStore(
  { catalogSocket, endpoint, region }: NonNullable<ControlConfig["objects"]>,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): ObjectStoreHere & Disposable {
  const connection = new CatalogConnection({
    name: "control",
    connect: () => connect(catalogSocket),
    clock,
    random,
    later: setImmediate,
  });
  const within = { withinMs: answerWithinMs };
  return {
    catalog: { ...connection.catalog(within), ...connection.admin(within) },
    endpoint,
    region,
    [Symbol.dispose]: () => connection.close(),
  };
}
