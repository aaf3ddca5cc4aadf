import { writeSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { systemClock } from "#lib/clock.ts";
import { systemRandom } from "#lib/random.ts";
import { layOut } from "#main/data-directory.ts";
import { lightLog } from "#main/gateway/light-log.ts";
import { version } from "#main/version.ts";
import { frontConfigVariable, readFrontConfig } from "./config.ts";
import { FrontProcess, type FrontHandler, type FrontWorld } from "./front-process.ts";

/** Runs this process as a front, until it is stopped or has handed over. */
export async function runFront(createHandler: (world: FrontWorld) => FrontHandler): Promise<void> {
  const config = readFrontConfig(process.env[frontConfigVariable]);
  process.title = `vdc ${config.name}`;
  const log = lightLog({ part: config.name, pid: process.pid }, "info", writeOut);
  const front = new FrontProcess({
    config,
    directory: layOut(config.dataDirectory),
    version,
    program: { command: [process.execPath, ...process.execArgv, process.argv[1] ?? ""], cwd: process.cwd() },
    createHandler,
    clock: systemClock,
    random: systemRandom,
    log,
    onEnd: () => process.exit(),
  });
  process.on("SIGTERM", () => front.stop()).on("SIGINT", () => front.stop());
  process.on("SIGHUP", () => undefined); // a closed terminal stops nothing
  // A fault in one request must not end the connections of all others.
  process.on("uncaughtException", (error) => log.error("objects.fault.caught", { error }));
  process.on("unhandledRejection", (error) => log.error("objects.fault.caught", { error }));
  try {
    await front.start();
    // Now, for a process that is killed writes none: the next start shall be quick.
    if (process.env["NODE_COMPILE_CACHE"] !== undefined) flushCompileCache();
    process.once("exit", () => front.cleanUp());
  } catch (error) {
    log.error("objects.start.failed", { error });
    front.failed(startFailure(error));
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
      remedy: "Choose another port with --objects-port.",
      permanent: false,
    };
  if (code === "EACCES")
    return {
      message: `${where} may not be listened on`,
      remedy: "Choose a port above 1023 with --objects-port.",
      permanent: true,
    };
  if (code === "EADDRNOTAVAIL")
    return {
      message: `this machine has no address ${String(address)}`,
      remedy: "Choose another with --objects-host.",
      permanent: true,
    };
  return { message: error instanceof Error ? error.message : String(error), permanent: false };
}

/** At once, so that the last words before an end are written; a full disk costs lines only. */
export function writeOut(line: string): void {
  try {
    writeSync(1, line);
  } catch {
    // There is nobody else to tell.
  }
}
