import { flushCompileCache } from "node:module";
import { VdcError } from "#api/errors.ts";
import { isoTime, systemClock } from "#lib/clock.ts";
import { systemRandom } from "#lib/random.ts";
import { consoleStep } from "#main/parts/console-step.ts";
import type { ControlConfig } from "#main/control-config.ts";
import type { ReadyMessage } from "#main/control-messages.ts";
import { prepareDataDirectory, type DataDirectory } from "#main/data-directory.ts";
import { controlPart } from "#main/parts/control-part.ts";
import { postgresPart } from "#main/parts/postgres-part.ts";
import { checkAddress, waitForOldControl } from "#main/supervisor/address.ts";
import { eventLines, readyBanner } from "#main/supervisor/lines.ts";
import { publishUrl, releaseLock, takeLock } from "#main/supervisor/lock.ts";
import { PartFailure, type Part } from "#main/supervisor/part.ts";
import { supervisorHandler } from "#main/supervisor/routes.ts";
import { serveSocket } from "#main/supervisor/socket-server.ts";
import type { UpMessage, UpOptions } from "#main/supervisor/start-options.ts";
import { Supervisor } from "#main/supervisor/supervisor.ts";
import { version } from "#main/version.ts";

/**
 * The supervisor: brings the data center up and keeps it up. Tiny on purpose: it loads no web server, no validator, no
 * database client and no logger, because it must be the last thing that fails.
 */
async function up(options: UpOptions, say: (line: string) => void): Promise<number> {
  const directory = prepareDataDirectory(options.dataDirectory);
  const taken = takeLock(directory.lock, isoTime(systemClock.now()));
  if (taken.kind === "held") {
    const { pid, since, url } = taken.holder;
    say(
      `The data center in ${directory.root} is up already: process ${pid}, since ${since}${url === undefined ? "" : `, at ${url}`}.`,
    );
    say("Stop it with `vdc down`, or use another directory with --data DIR.");
    return new VdcError("in-use", "it is up already").exit;
  }
  try {
    await waitForOldControl(directory, systemClock);
    await checkAddress(options);
    return await supervise(options, directory, say);
  } finally {
    releaseLock(directory.lock);
  }
}

async function supervise(
  options: UpOptions,
  directory: DataDirectory,
  say: (line: string) => void,
): Promise<number> {
  const outcome = Promise.withResolvers<number>();
  const ports = { clock: systemClock, random: systemRandom };
  let announced: ReadyMessage | undefined;
  const parts = await describeParts(options, directory, (message) => {
    announced = message;
    publishUrl(directory.lock, message.url);
  });
  await using supervisor = new Supervisor(parts, {
    ...ports,
    logDirectory: directory.logs,
    onEvent: (event) => eventLines(event).forEach(say),
  });
  const stop = (exit: number) => void supervisor.stop().then(() => outcome.resolve(exit), outcome.reject);
  const release = onSignals(
    () => stop(0),
    () => supervisor.stopAtOnce(),
  );
  const handler = supervisorHandler({
    supervisor,
    startedAt: isoTime(systemClock.now()),
    url: () => announced?.url,
    version,
    stop: () => stop(0),
  });
  const server = await serveSocket(directory.supervisorSocket, handler);
  try {
    await supervisor.start();
    if (announced !== undefined) readyBanner(announced).forEach(say);
    finishDetached(0);
    return await outcome.promise;
  } catch (error) {
    if (error instanceof PartFailure) {
      // The part's own line has said why already, unless the user stopped us while we were starting.
      await supervisor.stop();
      return new VdcError("unavailable", error.message).exit;
    }
    throw error;
  } finally {
    release();
    server.close();
  }
}

async function describeParts(
  options: UpOptions,
  directory: DataDirectory,
  onReady: (message: ReadyMessage) => void,
): Promise<readonly Part[]> {
  const ports = { clock: systemClock, random: systemRandom };
  const external = (process.env["VDC_DATABASE_URL"] ?? "") !== "";
  const console = consoleStep(directory.console);
  const config = (): ControlConfig => {
    const built = console.directory();
    return {
      dataDirectory: directory.root,
      ...(external
        ? {}
        : { postgres: { socketDirectory: directory.postgresRun, passwordFile: directory.postgresPassword } }),
      listen: { host: options.host, port: options.port },
      ...(options.tls === undefined
        ? {}
        : { tls: options.tls === "self-signed" ? { selfSignedDirectory: directory.tls } : options.tls }),
      hosts: [...options.hosts],
      controlSocket: directory.controlSocket,
      supervisorSocket: directory.supervisorSocket,
      ...(built === undefined ? {} : { consoleDirectory: built }),
      version,
    };
  };
  const database = external ? [] : [await postgresPart(directory, ports)];
  const dependsOn = [...database.map(({ name }) => name), console.step.name];
  const script = options.controlScript === undefined ? {} : { script: options.controlScript };
  return [
    ...database,
    console.step,
    controlPart({ directory, dependsOn, config, onReady, clock: systemClock, ...script }),
  ];
}

/** First SIGINT or SIGTERM: stop in order. Second: at once. */
function onSignals(gently: () => void, atOnce: () => void): () => void {
  let seen = 0;
  const listener = () => {
    seen += 1;
    if (seen === 1) gently();
    else atOnce();
  };
  const ignored = () => undefined; // a closed terminal does not stop the data center; SIGTERM does
  process.on("SIGINT", listener).on("SIGTERM", listener).on("SIGHUP", ignored);
  return () => void process.off("SIGINT", listener).off("SIGTERM", listener).off("SIGHUP", ignored);
}

/** Lines go to the terminal, or over the channel to the command that started us detached. Never to a log: one holds a sign-in link. */
function sayLine(text: string): void {
  if (process.connected && process.send !== undefined)
    process.send({ type: "line", text } satisfies UpMessage);
  else process.stdout.write(`${text}\n`);
}

function finishDetached(exit: number): void {
  if (!process.connected || process.send === undefined) return;
  process.send({ type: "done", exit } satisfies UpMessage, () => {
    if (process.connected) process.disconnect?.(); // the command may have been quicker
  });
}

/**
 * Stripping types loads a compiler that holds 18 MB for the rest of the process's life; code from the compile cache needs none. So
 * the first start after a change writes the cache and becomes the same process again, without it.
 */
function shedCompiler(): void {
  const loaded = (process as { moduleLoadList?: readonly string[] }).moduleLoadList ?? []; // Node does not document the list
  const isLoaded = loaded.some((name) => name.includes("amaro"));
  const cached =
    process.env["NODE_COMPILE_CACHE"] !== undefined && process.env["VDC_COMPILER_SHED"] === undefined;
  if (!isLoaded || !cached || process.connected || process.execve === undefined) return;
  flushCompileCache();
  process.execve(process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)], {
    ...process.env,
    VDC_COMPILER_SHED: "1",
  });
}

async function main(): Promise<void> {
  shedCompiler();
  process.title = "vdc up";
  process.on("disconnect", () => undefined);
  process.stdout.on("error", () => undefined); // the terminal is gone; the data center goes on
  const options = JSON.parse(process.argv[2] ?? "{}") as UpOptions; // written by `vdc up` alone
  let exit: number;
  try {
    exit = await up(options, sayLine);
  } catch (error) {
    sayLine(`vdc: ${describe(error)}`);
    exit = error instanceof VdcError ? error.exit : 70;
  }
  finishDetached(exit);
  process.exitCode = exit;
}

function describe(error: unknown): string {
  if (error instanceof PartFailure)
    return error.remedy === undefined ? error.message : `${error.message}. ${error.remedy}`;
  return error instanceof Error ? error.message : String(error);
}

if (import.meta.main) await main();
