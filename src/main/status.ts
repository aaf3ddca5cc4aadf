import { systemClock } from "#lib/clock.ts";
import { lightLog } from "#main/gateway/light-log.ts";
import { readStatusConfig, statusConfigVariable } from "#main/status/config.ts";
import { runStatus } from "#main/status/run-status.ts";

/** The notify plane: status page, notices, alarms. Needs no other process; outlives all of them. */
const config = readStatusConfig(process.env[statusConfigVariable]);
process.title = "vdc status";
const log = lightLog({ part: "status", pid: process.pid }, "info", (line) => void process.stdout.write(line));
process.on("SIGHUP", () => undefined); // a closed terminal stops nothing
// A fault in one delivery must not end the alarms.
process.on("uncaughtException", (error) => log.error("status.fault.caught", { error }));
process.on("unhandledRejection", (error) => log.error("status.fault.caught", { error }));
try {
  const running = await runStatus(config, process.env["VDC_SMTP_URL"], log);
  const stop = () => {
    running.stop();
    process.exit(0);
  };
  process.on("SIGTERM", stop).on("SIGINT", stop);
} catch (error) {
  log.error("status.start.failed", { error, uptimeMs: Math.round(systemClock.monotonic()) });
  process.exit(1);
}
