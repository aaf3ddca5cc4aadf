import { flushCompileCache } from "node:module";
import { isIP } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import { VdcError } from "#api/errors.ts";
import { isoTime, systemClock } from "#lib/clock.ts";
import { isOneDisk } from "#main/catalog/drive-list.ts";
import { consoleStep } from "#main/parts/console-step.ts";
import type { ControlConfig } from "#main/control-config.ts";
import type { ReadyMessage } from "#main/control-messages.ts";
import { prepareDataDirectory, type DataDirectory } from "#main/data-directory.ts";
import { controlPart } from "#main/parts/control-part.ts";
import { gatewayPart, type GatewayPlace } from "#main/parts/gateway-part.ts";
import { catalogPart } from "#main/parts/catalog-part.ts";
import { workerPart } from "#main/parts/worker-part.ts";
import { statusPart } from "#main/parts/status-part.ts";
import { objectsPart, type ObjectsPlace } from "#main/parts/objects-part.ts";
import { postgresPart } from "#main/parts/postgres-part.ts";
import { repositoryRoot } from "#main/repository.ts";
import { checkAddress, waitForOldControl } from "#main/supervisor/address.ts";
import { consoleOrigins } from "#main/supervisor/console-origins.ts";
import { reserveObjectsPort, type ReservedPort } from "#main/supervisor/objects-port.ts";
import { reserveGatewayPorts, type ReservedPorts } from "#main/supervisor/gateway-ports.ts";
import { lightRandom } from "#main/supervisor/light-random.ts";
import { appsUrl, eventLines, eventLinesOfApps, readyBanner } from "#main/supervisor/lines.ts";
import { publishUrl, releaseLock, takeLock } from "#main/supervisor/lock.ts";
import { stopApps } from "#main/supervisor/stop-apps.ts";
import { PartFailure, type Part } from "#main/supervisor/part.ts";
import { supervisorHandler } from "#main/supervisor/routes.ts";
import { serveSocket } from "#main/supervisor/socket-server.ts";
import type { UpMessage, UpOptions } from "#main/supervisor/start-options.ts";
import { Supervisor } from "#main/supervisor/supervisor.ts";
import { version } from "#main/version.ts";

const unavailable = new VdcError("unavailable", "").exit;

/**
 * The supervisor: brings the data center up and keeps it up. Tiny on purpose: it loads no web server, no validator, no
 * database client and no logger, because it must be the last thing that fails.
 */
async function up(options: UpOptions, say: (line: string) => void): Promise<number> {
  const directory = prepareDataDirectory(options.dataDirectory);
  const taken = takeLock(directory.lock, isoTime(systemClock.now()));
  if (taken.kind === "held") {
    const { pid, since, url } = taken.holder;
    const where = url === undefined ? "" : `, at ${url}`;
    throw new VdcError(
      "in-use",
      `the data center in ${directory.root} is up already: process ${pid}, since ${since}${where}. ` +
        "Stop it with `vdc down`, or use another directory with --data DIR",
    );
  }
  try {
    await waitForOldControl(directory, systemClock);
    await checkAddress(options);
    using reserved = await reserveGatewayPorts(options.gateways, directory);
    using objects = await reserveObjectsPort(options.objects, directory);
    return await supervise(options, directory, { gateways: reserved, objects }, say);
  } finally {
    releaseLock(directory.lock);
  }
}

async function supervise(
  options: UpOptions,
  directory: DataDirectory,
  reserved: { readonly gateways: ReservedPorts; readonly objects: ReservedPort },
  say: (line: string) => void,
): Promise<number> {
  const outcome = Promise.withResolvers<number>();
  const ports = { clock: systemClock, random: lightRandom };
  let announced: ReadyMessage | undefined;
  const { place } = reserved.gateways;
  const objects = objectsPlace(options, reserved.objects.port);
  const objectsUrl = objects === undefined ? undefined : (options.objects.url ?? urlOf(objects));
  const parts = await describeParts(options, directory, { gateways: place, objects }, (message) => {
    announced = message;
    publishUrl(directory.lock, message.url);
  });
  await using supervisor = new Supervisor(parts, {
    ...ports,
    logDirectory: directory.logs,
    onEvent: (event) => eventLines(event).forEach(say),
  });
  let isAskedToStop = false;
  const stop = (keepsApps: boolean) => {
    isAskedToStop = true;
    const stopping = async () => {
      await supervisor.stop();
      if (!keepsApps) eventLinesOfApps(await stopApps(directory)).forEach(say);
    };
    void stopping().then(() => outcome.resolve(0), outcome.reject);
  };
  const release = onSignals(
    () => stop(false),
    () => supervisor.stopAtOnce(),
  );
  const handler = supervisorHandler({
    supervisor,
    startedAt: isoTime(systemClock.now()),
    url: () => announced?.url,
    ...(options.gateways.count === 0 ? {} : { appsUrl: appsUrl(options.gateways.domain, place.httpPort) }),
    ...(objectsUrl === undefined ? {} : { objectsUrl }),
    version,
    stop,
  });
  const server = await serveSocket(directory.supervisorSocket, handler);
  try {
    await supervisor.start();
    // The gateways and fronts have their ports.
    reserved.gateways[Symbol.dispose]();
    reserved.objects[Symbol.dispose]();
    const apps = options.gateways.count === 0 ? undefined : appsUrl(options.gateways.domain, place.httpPort);
    const s3 = objectsUrl === undefined ? undefined : { url: objectsUrl, isOneDisk: isOneDisk(directory) };
    if (announced !== undefined) readyBanner(announced, apps, s3).forEach(say);
    finishDetached(0);
    return await outcome.promise;
  } catch (error) {
    await supervisor.stop();
    if (isAskedToStop) return await outcome.promise;
    // The part's own line has said why already.
    if (error instanceof PartFailure) return unavailable;
    throw error;
  } finally {
    release();
    server.close();
  }
}

/** What a new data center begins with, in the order in which it is installed. Albums of photos need object storage. */
const sampleApps = (withObjects: boolean): readonly string[] => [
  "newsroom",
  ...(withObjects ? ["darkroom"] : []),
];

async function describeParts(
  options: UpOptions,
  directory: DataDirectory,
  {
    gateways: place,
    objects,
  }: { readonly gateways: GatewayPlace; readonly objects: ObjectsPlace | undefined },
  onReady: (message: ReadyMessage) => void,
): Promise<readonly Part[]> {
  const ports = { clock: systemClock, random: lightRandom };
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
      ...(options.sample && options.gateways.count > 0
        ? {
            sampleDirectories: sampleApps(objects !== undefined).map((name) =>
              join(repositoryRoot, "examples", name),
            ),
          }
        : { sampleDirectories: [] }),
      ...(options.gateways.count === 0 ? {} : { gateways: { ...place, domain: options.gateways.domain } }),
      ...(objects === undefined
        ? {}
        : {
            objects: {
              catalogSocket: directory.catalogSocket,
              endpoint: options.objects.url ?? urlOf(objects),
              region: objects.region,
            },
          }),
      ...(options.status === undefined ? {} : { statusSocket: directory.statusSocket }),
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
    ...gatewayParts(options, directory, place),
    ...objectsParts(options, directory, objects),
    ...statusParts(options, directory, objects),
    console.step,
    controlPart({ directory, dependsOn, config, onReady, clock: systemClock, ...script }),
    ...workerParts(options, directory),
  ];
}

function gatewayParts(options: UpOptions, directory: DataDirectory, place: GatewayPlace): readonly Part[] {
  const script = options.gatewayScript === undefined ? {} : { script: options.gatewayScript };
  const common = {
    directory,
    place,
    gateways: options.gateways.count,
    version,
    clock: systemClock,
    ...script,
  };
  return Array.from({ length: options.gateways.count }, (_, index) =>
    gatewayPart({ name: `gateway-${index + 1}`, ...common }),
  );
}

function statusParts(
  { status }: UpOptions,
  directory: DataDirectory,
  objects: ObjectsPlace | undefined,
): readonly Part[] {
  if (status === undefined) return [];
  const { host, port, url } = status;
  const probed =
    objects === undefined
      ? {}
      : {
          objects: {
            catalogSocket: directory.catalogSocket,
            endpoint: urlOf(objects),
            region: objects.region,
          },
        };
  const place = { host, port, ...(url === undefined ? {} : { publicUrl: url }) };
  const config = { dataDirectory: directory.root, version, name: hostname(), ...place, ...probed };
  return [statusPart({ directory, config, clock: systemClock })];
}

/** It works with blobs of the object store. */
function workerParts({ workers = 0, objects }: UpOptions, directory: DataDirectory): readonly Part[] {
  if (workers === 0 || objects.count === 0) return [];
  return [workerPart({ directory, dependsOn: ["control"], slots: workers })];
}

function objectsPlace(options: UpOptions, port: number): ObjectsPlace | undefined {
  const { count, host } = options.objects;
  if (count === 0) return undefined;
  const url = options.objects.url === undefined ? undefined : new URL(options.objects.url);
  // Names of buckets may also stand before the name that others know.
  const known = url === undefined || isIP(url.hostname.replace(/^\[|\]$/g, "")) !== 0 ? [] : [url.hostname];
  const domains = [`s3.${options.gateways.domain}`, ...known];
  return { host, port, region: "us-east-1", domains, trustedOrigins: consoleOrigins(options) };
}

function urlOf({ host, port }: ObjectsPlace): string {
  const name = host === "0.0.0.0" || host === "::" ? "localhost" : host;
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}`;
}

/** They need neither control nor PostgreSQL. */
function objectsParts(
  options: UpOptions,
  directory: DataDirectory,
  place: ObjectsPlace | undefined,
): readonly Part[] {
  if (place === undefined) return [];
  const { count, drives } = options.objects;
  const common = { directory, drives, version, clock: systemClock };
  const fronts = Array.from({ length: count }, (_, index) =>
    objectsPart({ name: `objects-${index + 1}`, place, ...common }),
  );
  return [catalogPart(common), ...fronts];
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
  tell({ type: "line", to: "stdout", text });
}

/** Why it did not come up, in the command line's form. */
function complain(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  tell({ type: "line", to: "stderr", text: `error: ${message}` });
  if (error instanceof PartFailure && error.remedy !== undefined) {
    tell({ type: "line", to: "stderr", text: `what to do: ${error.remedy}` });
  }
}

function tell(message: UpMessage & { readonly type: "line" }): void {
  if (process.connected && process.send !== undefined) process.send(message);
  else process[message.to].write(`${message.text}\n`);
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
  process.on("disconnect", () => undefined);
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined); // the terminal is gone; the data center goes on
  const options = JSON.parse(process.argv[2] ?? "{}") as UpOptions; // written by `vdc up` alone
  process.title = `vdc up ${options.dataDirectory}`;
  let exit: number;
  try {
    exit = await up(options, sayLine);
  } catch (error) {
    complain(error);
    exit = error instanceof VdcError ? error.exit : error instanceof PartFailure ? unavailable : 70;
  }
  finishDetached(exit);
  process.exitCode = exit;
}

if (import.meta.main) await main();
