import { fileURLToPath } from "node:url";
import { systemClock } from "#lib/clock.ts";
import { systemRandom } from "#lib/random.ts";
import { layOut } from "#main/data-directory.ts";
import { gatewayPart, type GatewayPlace } from "#main/parts/gateway-part.ts";
import type { PartEvent } from "#main/supervisor/part.ts";
import { Supervisor } from "#main/supervisor/supervisor.ts";

const script = fileURLToPath(new URL("trivial-gateway.ts", import.meta.url));

/** Two gateways with a trivial data path. */
export function superviseTwo(options: {
  readonly dataDirectory: string;
  readonly place: GatewayPlace;
  readonly version: string;
  readonly onEvent?: (event: PartEvent) => void;
}): Supervisor {
  const { place, version, onEvent = () => undefined } = options;
  const directory = layOut(options.dataDirectory);
  const parts = ["gateway-1", "gateway-2"].map((name) =>
    gatewayPart({ name, directory, place, gateways: 2, version, script, clock: systemClock }),
  );
  const ports = { clock: systemClock, random: systemRandom };
  return new Supervisor(parts, { ...ports, logDirectory: directory.logs, onEvent });
}

/** As a program that a test may kill: tells over its channel which processes it has. */
if (import.meta.main) {
  const options = JSON.parse(process.argv[2] ?? "{}") as Parameters<typeof superviseTwo>[0]; // from the test
  const supervisor = superviseTwo(options);
  await supervisor.start();
  process.send?.(supervisor.status().map(({ pid }) => pid));
}
