import { existsSync } from "node:fs";
import { flushCompileCache } from "node:module";
import type { ShimMessage, ShimRequest, ShimRun, ShimState } from "#apps/engines/process/protocol.ts";
import { instanceFiles, readJson, writeJson } from "#drivers/instance-folders/instance-folders.ts";
import { LineLog } from "#drivers/line-log/writer.ts";
import { serveLines, type LineConnection } from "#drivers/line-socket/server.ts";
import type { SandboxFacts } from "#drivers/sandbox/facts.ts";
import { closeInheritedDescriptors } from "#drivers/sandbox/inherited-descriptors.ts";
import { isoTime, systemClock } from "#lib/clock.ts";
import { HeldInstance } from "#main/shim/held-instance.ts";
import { lightRandom } from "#main/supervisor/light-random.ts";
import { releaseLock, takeLock } from "#main/supervisor/lock.ts";

/** Changes come in bursts; watchers and the state file get the last of each. */
const tellAfterMs = 10;
const orphanCheckMs = 10_000;
/** How long watchers have to take the last news. */
const farewellMs = 1_000;

/**
 * A shim: holds one instance and outlives control and the supervisor. Its only argument is the instance's directory; what it runs
 * is in a file there, because that holds secrets. It loads no validator, no web server and no logger, because there are many of it.
 */
async function hold(directory: string): Promise<void> {
  const files = instanceFiles(directory);
  const held = readJson(files.runFile) as ShimRun<SandboxFacts> | undefined; // written by the engine alone
  if (held?.version !== 1) throw new Error("there is no run file of this version");
  process.title = `vdc instance ${held.run.identity.instance}`;
  if (takeLock(files.lockFile, isoTime(systemClock.now())).kind === "held") return; // another shim was quicker
  const before = readJson(files.stateFile) as ShimState | undefined; // written by a shim alone
  using log = new LineLog(files.log, systemClock);
  const watchers = new Set<LineConnection>();
  let pending: Disposable | undefined;
  const tell = () => {
    pending?.[Symbol.dispose]();
    pending = undefined;
    const { state } = instance;
    remember(files.stateFile, state);
    const message: ShimMessage = { changed: state.observation };
    for (const watcher of watchers) watcher.send(message);
  };
  const instance = new HeldInstance(held, before, {
    clock: systemClock,
    random: lightRandom,
    log,
    onChange: () => (pending ??= systemClock.after(tellAfterMs, tell)),
  });
  const server = await serveLines(held.socket, {
    connected: (connection) => void watchers.add(connection),
    line: (value, connection) => void answer(instance, value as ShimRequest, connection), // the engine's, on our own socket
    closed: (connection) => void watchers.delete(connection),
  });
  process
    .on("SIGTERM", () => void instance.shutDown())
    .on("SIGINT", ignored)
    .on("SIGHUP", ignored);
  using _orphan = watchFolder(files.lockFile, () => void instance.shutDown());
  if (process.env["NODE_COMPILE_CACHE"] !== undefined) flushCompileCache();
  await instance.hold();
  tell();
  server.close();
  releaseLock(files.lockFile);
  for (const watcher of watchers) watcher.close();
  setTimeout(() => process.exit(0), farewellMs).unref();
}

/** A full disk takes the memory of what was, not the instance. */
function remember(file: string, state: ShimState): void {
  try {
    writeJson(file, state);
  } catch (error) {
    process.stderr.write(`the state was not written: ${String(error)}\n`);
  }
}

/** A data directory that was deleted leaves nobody who could ever stop us. */
function watchFolder(lockFile: string, onGone: () => void): Disposable {
  const timer = setInterval(() => {
    if (!existsSync(lockFile)) onGone();
  }, orphanCheckMs);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/**
 * Stripping types loads a compiler that would hold 18 MB for as long as we live. The compile cache is kept by the flags that Node was started
 * with, so only a shim can fill it for shims: the first one does, and becomes the same process again, without the compiler.
 */
function shedCompiler(): void {
  const loaded = (process as { moduleLoadList?: readonly string[] }).moduleLoadList ?? []; // Node does not document the list
  const isLoaded = loaded.some((name) => name.includes("amaro"));
  const { env } = process;
  if (!isLoaded || env["NODE_COMPILE_CACHE"] === undefined || env["VDC_COMPILER_SHED"] !== undefined) return;
  flushCompileCache();
  const words = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  process.execve?.(process.execPath, words, { ...env, VDC_COMPILER_SHED: "1" });
}

async function answer(instance: HeldInstance, asked: ShimRequest, connection: LineConnection): Promise<void> {
  const { request } = asked;
  if (asked.do === "stop") await instance.stop(asked.graceMs);
  if (asked.do === "restart") await instance.restart();
  const result = asked.do === "place" ? instance.place : instance.observe();
  connection.send({ request, result } satisfies ShimMessage);
}

function ignored(): void {
  // A closed terminal does not end instances.
}

if (import.meta.main) {
  closeInheritedDescriptors();
  shedCompiler();
  const directory = process.argv[2];
  // Without an instance it was only to fill the cache.
  if (directory !== undefined) await hold(directory);
}
