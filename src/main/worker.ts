import { setPriority } from "node:os";
import { background } from "#lib/background.ts";
import { lightLog } from "#main/gateway/light-log.ts";
import { readWorkerConfig, workerConfigVariable } from "#main/worker/config.ts";
import { openDoor } from "#main/worker/door.ts";
import { defaultMemoryBytes } from "#main/worker/machine.ts";
import { startWorker } from "#main/worker/run-worker.ts";

/** The data center's own worker: threads of this machine, beside everything else it does and behind it in line for the processors. */
const niceness = 10;
const config = readWorkerConfig(process.env[workerConfigVariable]);
process.title = "vdc worker";
const log = lightLog({ part: "worker", pid: process.pid }, "info", (line) => void process.stdout.write(line));
setPriority(niceness);
process.on("SIGHUP", () => undefined); // a closed terminal stops nothing

const stopping = new AbortController();
using door = openDoor({
  binding: { via: "unix-socket", path: config.controlSocket },
  baseUrl: "http://localhost",
});
const { slots, name } = config;
const settings = {
  name,
  kind: "threads",
  slots,
  memoryBytes: defaultMemoryBytes(slots),
  levels: [],
} as const;
const worker = await startWorker(
  settings,
  door,
  {
    tell: ({ type, ...fields }) => {
      if (type !== "finished") log.info(`worker.${type}`, fields);
    },
    log,
  },
  stopping.signal,
);
log.info("worker.measured", { slots, speed: worker.speed });
const drain = () => background(worker.drain(), "worker.drain", log);
process.on("SIGTERM", drain).on("SIGINT", drain);
// The supervisor is gone: nobody would start or stop this process any more.
process.on("disconnect", drain);
const end = await worker.ended;
log.info("worker.ended", end);
process.exit(0);
