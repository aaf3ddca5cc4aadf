import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { UpRequest } from "#cli/local/actions.ts";
import { assert } from "#lib/assert.ts";
import { checkDataDirectory, dataDirectoryPath, layOut } from "#main/data-directory.ts";
import { repositoryRoot } from "#main/repository.ts";
import type { UpMessage, UpOptions } from "#main/supervisor/start-options.ts";

const program = join(repositoryRoot, "src/main/up.ts");
/** Small young generation: the supervisor makes hardly any garbage, and unused heap would stay resident. */
const nodeFlags = ["--disable-warning=ExperimentalWarning", "--max-semi-space-size=1"];
/** Exit statuses of a start that Ctrl-C ended, and of a supervisor that was killed. */
const interrupted = 130;
const fault = 70;

/**
 * Becomes the supervisor (in the foreground), or starts one that outlives us and waits until it is ready. Either way the supervisor
 * is a program of its own, so that nothing which the command line has loaded stays in memory.
 */
export async function startSupervisor(request: UpRequest): Promise<number> {
  const options: UpOptions = {
    dataDirectory: dataDirectoryPath(request.data, request.env, request.cwd),
    host: request.host,
    port: request.port,
    hosts: request.hosts,
    sample: request.sample,
    gateways: { ...request.gateways, count: request.gateways.count ?? usualGateways() },
    objects: {
      count: request.objects.count ?? usualFronts(),
      host: request.objects.host,
      ...(request.objects.port === undefined ? {} : { port: request.objects.port }),
      drives: request.objects.drives.map((path) => resolve(request.cwd, path)),
      ...(request.objects.url === undefined ? {} : { url: request.objects.url }),
    },
    workers: request.workers ?? Math.max(1, availableParallelism() - 1),
    ...(request.status === undefined ? {} : { status: request.status }),
    ...(request.tls === undefined ? {} : { tls: request.tls }),
    ...(request.env["VDC_CONTROL_SCRIPT"] === undefined
      ? {}
      : { controlScript: request.env["VDC_CONTROL_SCRIPT"] }),
    ...(request.env["VDC_GATEWAY_SCRIPT"] === undefined
      ? {}
      : { gatewayScript: request.env["VDC_GATEWAY_SCRIPT"] }),
  };
  const args = [...nodeFlags, program, JSON.stringify(options)];
  if (!request.detach) {
    assert(process.execve !== undefined, "Node 26 on Linux can replace a process");
    flushCompileCache();
    process.execve(process.execPath, [process.execPath, ...args], process.env);
  }
  return await startDetached(options.dataDirectory, args, request);
}

/** One a core. Two at least, so that there is another while one starts again; more than eight serve nobody on one machine. */
function usualGateways(): number {
  return Math.min(8, Math.max(2, availableParallelism()));
}

/** One while there are few cores: the catalog and the kernel need theirs too, and fronts that share cores only take turns. */
function usualFronts(): number {
  return Math.min(8, Math.max(1, Math.floor(availableParallelism() / 2)));
}

async function startDetached(root: string, args: readonly string[], request: UpRequest): Promise<number> {
  checkDataDirectory(root); // nothing is made in a place that cannot work
  // Loads the supervisor's code here, so that it finds it in the compile cache.
  await import("#main/up.ts");
  flushCompileCache();
  const log = openLog(layOut(root).logs);
  try {
    const child = spawn(process.execPath, args, {
      detached: true,
      cwd: "/",
      stdio: ["ignore", log, log, "ipc"],
    });
    const { signal } = request;
    signal.addEventListener("abort", () => child.kill("SIGTERM"), { once: true });
    return await new Promise<number>((settle, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => settle(signal.aborted ? interrupted : (code ?? fault)));
      child.on("message", (raw) => {
        const message = raw as UpMessage; // from our own program, started from the same checkout
        if (message.type === "line") {
          request.onLine(message.text, message.to);
          return;
        }
        if (child.connected) child.disconnect();
        child.unref();
        settle(signal.aborted ? interrupted : message.exit);
      });
    });
  } finally {
    if (typeof log === "number") closeSync(log);
  }
}

/** What the supervisor itself writes is only ever a fault of it. A place that cannot be written is reported by the supervisor. */
function openLog(folder: string): number | "ignore" {
  try {
    mkdirSync(dirname(folder), { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return openSync(join(folder, "supervisor.log"), "a", 0o600);
  } catch {
    return "ignore";
  }
}
