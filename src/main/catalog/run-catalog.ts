import { flushCompileCache } from "node:module";
import { systemClock } from "#lib/clock.ts";
import { systemRandom } from "#lib/random.ts";
import { layOut } from "#main/data-directory.ts";
import { lightLog } from "#main/gateway/light-log.ts";
import { writeOut } from "#main/objects/run-front.ts";
import { version } from "#main/version.ts";
import { careWorks } from "#objects/care/works.ts";
import { carePorts } from "./care.ts";
import { CatalogProcess } from "./catalog-process.ts";
import { rebuildWorks } from "./rebuild.ts";
import { catalogConfigVariable, readCatalogConfig } from "./config.ts";

/** Runs this process as the catalog, until it is stopped. */
export async function runCatalog(): Promise<void> {
  const config = readCatalogConfig(process.env[catalogConfigVariable]);
  process.title = "vdc catalog";
  const log = lightLog({ part: "catalog", pid: process.pid }, "info", writeOut);
  const ports = { clock: systemClock, random: systemRandom, log };
  const catalog = new CatalogProcess({
    config,
    directory: layOut(config.dataDirectory),
    version,
    works: (process) => ({ ...careWorks(carePorts(process, ports)), ...rebuildWorks(process, ports) }),
    clock: systemClock,
    random: systemRandom,
    log,
  });
  let isStopping = false;
  const stop = () => {
    if (isStopping) process.exit();
    isStopping = true;
    catalog.stop().then(
      () => process.exit(),
      (error: unknown) => {
        log.error("catalog.stop.failed", { error });
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop).on("SIGINT", stop);
  process.on("SIGHUP", () => undefined); // a closed terminal stops nothing
  process.on("unhandledRejection", (error) => log.error("catalog.fault.caught", { error }));
  // What threw may have left half a change in memory: the next start reads the journal, and the fronts hold meanwhile.
  process.on("uncaughtException", (error) => {
    log.error("catalog.fault.fatal", { error });
    process.exit(1);
  });
  process.once("exit", () => catalog.cleanUp());
  try {
    await catalog.start();
    // Now, for a process that is killed writes none: the next start shall be quick.
    if (process.env["NODE_COMPILE_CACHE"] !== undefined) flushCompileCache();
  } catch (error) {
    log.error("catalog.start.failed", { error });
    catalog.failed({ message: error instanceof Error ? error.message : String(error), permanent: false });
    process.exit(1);
  }
}
