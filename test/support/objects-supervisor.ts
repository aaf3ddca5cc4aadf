import { systemClock } from "#lib/clock.ts";
import { systemRandom } from "#lib/random.ts";
import { layOut } from "#main/data-directory.ts";
import { catalogPart } from "#main/parts/catalog-part.ts";
import { objectsPart, type ObjectsPlace } from "#main/parts/objects-part.ts";
import type { PartEvent } from "#main/supervisor/part.ts";
import { Supervisor } from "#main/supervisor/supervisor.ts";

/** The object store of a data center: its catalog and one front. */
export function superviseObjects(options: {
  readonly dataDirectory: string;
  readonly place: ObjectsPlace;
  readonly version: string;
  readonly onEvent?: (event: PartEvent) => void;
}): Supervisor {
  const { place, version, onEvent = () => undefined } = options;
  const directory = layOut(options.dataDirectory);
  const common = { directory, drives: [], version, clock: systemClock };
  const parts = [catalogPart(common), objectsPart({ name: "objects-1", place, ...common })];
  const ports = { clock: systemClock, random: systemRandom };
  return new Supervisor(parts, { ...ports, logDirectory: directory.logs, onEvent });
}

/** As a program that a test may kill: tells over its channel which processes it has. */
if (import.meta.main) {
  const options = JSON.parse(process.argv[2] ?? "{}") as Parameters<typeof superviseObjects>[0]; // from the test
  const supervisor = superviseObjects(options);
  await supervisor.start();
  process.send?.(supervisor.status().map(({ pid }) => pid));
}
