import { writeSync } from "node:fs";
import { systemClock } from "#lib/clock.ts";
import { systemRandom } from "#lib/random.ts";
import { layOut, type DataDirectory } from "#main/data-directory.ts";
import { version } from "#main/version.ts";
import { connectTcp } from "#drivers/tcp/connect.ts";
import { readInto } from "#drivers/tcp/read-into.ts";
import type { Gateway, GatewayPorts } from "#traffic/gateway/gateway-contract.ts";
import { gatewayConfigVariable, readGatewayConfig, type GatewayConfig } from "./config.ts";
import { GatewayProcess, type SecureFront } from "./gateway-process.ts";
import { lightLog } from "./light-log.ts";

/** The data path that a gateway process is built around; another one in tests. */
export interface DataPath {
  readonly gateway: Gateway;
  readonly secure: SecureFront;
}

/** Runs this process as a gateway, until it is stopped or has handed over. */
export async function runGateway(
  open: (ports: GatewayPorts, directory: DataDirectory, config: GatewayConfig) => DataPath,
): Promise<void> {
  const config = readGatewayConfig(process.env[gatewayConfigVariable]);
  const directory = layOut(config.dataDirectory);
  process.title = `vdc ${config.name}`;
  const log = lightLog({ part: config.name, pid: process.pid }, "info", writeOut);
  const ports: GatewayPorts = {
    connect: connectTcp,
    readInto,
    clock: systemClock,
    random: systemRandom,
    log,
  };
  const gateway = new GatewayProcess({
    ...open(ports, directory, config),
    config,
    directory,
    version,
    program: {
      command: [process.execPath, ...process.execArgv, process.argv[1] ?? ""],
      cwd: process.cwd(),
    },
    clock: systemClock,
    log,
    onEnd: () => process.exit(),
  });
  process.on("SIGTERM", () => gateway.stop()).on("SIGINT", () => gateway.stop());
  process.on("SIGHUP", () => undefined); // a closed terminal stops nothing
  // A fault in one request must not end the connections of all others; what it left is bounded by time limits.
  process.on("uncaughtException", (error) => log.error("gateway.fault.caught", { error }));
  process.on("unhandledRejection", (error) => log.error("gateway.fault.caught", { error }));
  try {
    await gateway.start();
    process.once("exit", () => gateway.cleanUp());
  } catch (error) {
    log.error("gateway.start.failed", { error });
    gateway.failed(startFailure(error));
    process.exit(1);
  }
}

/** Errors of the system that people meet at the start, in words. */
function startFailure(error: unknown): {
  readonly message: string;
  readonly remedy?: string;
  readonly permanent: boolean;
} {
  const { code, port, address } = error as { code?: unknown; port?: unknown; address?: unknown }; // any thrown thing can be asked
  const where = `${String(address)}:${String(port)}`;
  if (code === "EADDRINUSE")
    return {
      message: `${where} is taken by another program`,
      remedy: "Choose another port with --http-port or --https-port.",
      permanent: false,
    };
  if (code === "EACCES")
    return {
      message: `${where} may not be listened on`,
      remedy: "Choose a port above 1023 with --http-port and --https-port.",
      permanent: true,
    };
  if (code === "EADDRNOTAVAIL")
    return {
      message: `this machine has no address ${String(address)}`,
      remedy: "Choose another with --gateway-host.",
      permanent: true,
    };
  return { message: error instanceof Error ? error.message : String(error), permanent: false };
}

/** At once, so that the last words before an end are written; a full disk costs lines only. */
function writeOut(line: string): void {
  try {
    writeSync(1, line);
  } catch {
    // There is nobody else to tell.
  }
}
