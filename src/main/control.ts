import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { asVdcError } from "#server/http/problems.ts";
import { errorTable, VdcError } from "#api/errors.ts";
import { kinds } from "#api/kinds.ts";
import { parseInput } from "#api/validate.ts";
import { background } from "#lib/background.ts";
import { systemClock } from "#lib/clock.ts";
import { newId } from "#lib/ids.ts";
import { createLog, type Log } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import { controlConfigSchema, controlConfigVariable, type ControlConfig } from "./control-config.ts";
import type { ControlMessage } from "./control-messages.ts";
import { hostProbe } from "./control/host.ts";
import { openControlPlane, type ControlPlane } from "./control/control-plane.ts";
import { connectObjectStore } from "./control/object-store-link.ts";
import { readOidcFile } from "./control/oidc-file.ts";
import { statusLink } from "./status/status-link.ts";
import { supervisorPort } from "./control/supervisor-port.ts";
import { readTls } from "./control/tls.ts";
import { layOut } from "./data-directory.ts";

/** The control process: reads what the supervisor tells it, opens the control plane, and stops when it is told to or left alone. */
const firstProject = "default";
const log = createLog({ part: "control", level: logLevel() });
let plane: ControlPlane | undefined;
let isStopping = false;

// Whatever is half done is safe to lose: every acknowledged write is on disk.
process.on("disconnect", () => end("the supervisor is gone"));
process.on("SIGTERM", () => end("SIGTERM"));
process.on("SIGINT", () => end("SIGINT"));

try {
  const config = readConfig();
  const opened = await open(config, log);
  plane = opened.plane;
  if (isStopping) await plane.stop();
  else send(opened.ready);
} catch (thrown) {
  const error = asVdcError(startError(thrown));
  log.error("control.start.failed", { code: error.code, error });
  send({ type: "failed", code: error.code, message: error.message, remedy: errorTable[error.code].remedy });
  process.exitCode = error.exit;
  process.disconnect?.();
}

async function open(config: ControlConfig, to: Log) {
  const { listen, tls: tlsConfig, hosts, sampleDirectories: sampleFolders = [] } = config;
  requireTls(config);
  const clock = systemClock;
  const directory = layOut(config.dataDirectory);
  const names = [listen.host, hostname(), ...hosts].filter((name) => name !== "0.0.0.0" && name !== "::");
  const tls = tlsConfig === undefined ? undefined : await readTls(tlsConfig, names, clock.now());
  const opened = await openControlPlane({
    databaseUrl: databaseUrl(config),
    kinds,
    listen,
    hosts: [...hosts, hostname()],
    ...(tls === undefined ? {} : { tls: { cert: tls.cert, key: tls.key } }),
    ...(config.consoleDirectory === undefined ? {} : { consoleDirectory: config.consoleDirectory }),
    version: config.version,
    name: hostname(),
    hostname: hostname(),
    ...succession(directory.controlHolder, newId("process", clock, systemRandom)),
    host: hostProbe(clock),
    oidc: readOidcFile(join(config.dataDirectory, "oidc.json")),
    supervisor: supervisorPort(directory),
    ...(config.gateways === undefined
      ? {}
      : { gateways: { ...config.gateways, directory, ownHosts: [config.listen.host, ...config.hosts] } }),
    ...(config.objects === undefined
      ? {}
      : { objects: connectObjectStore(config.objects, { clock, random: systemRandom }) }),
    ...(config.statusSocket === undefined ? {} : { status: statusLink(config.statusSocket) }),
    dataDirectory: config.dataDirectory,
    // The sample apps are installed there, and whoever begins has a place to put things.
    firstProject: {
      name: firstProject,
      title: "Default",
      samples: sampleFolders.map((folder) => basename(folder)),
    },
    clock,
    random: systemRandom,
    log: to,
  });
  try {
    await listenLocal(opened, config.controlSocket);
    await opened.listen();
    const link = await opened.firstSignIn();
    const samples = await opened.installSamples(firstProject, sampleFolders);
    const ready: ControlMessage = {
      type: "ready",
      url: opened.url(),
      ...(link === undefined ? {} : { signInLink: link.url }),
      samples,
      ...(tls?.fingerprint === undefined ? {} : { certificateFingerprint: tls.fingerprint }),
    };
    return { plane: opened, ready };
  } catch (error) {
    await opened.stop();
    throw error;
  }
}

/** Whoever can open this socket is an owner: nobody but its own user may, from the first moment on. */
async function listenLocal(opened: ControlPlane, path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  rmSync(path, { force: true }); // left by a killed predecessor; the supervisor's lock says that it is dead
  const before = process.umask(0o177);
  try {
    await opened.listenLocal(path);
  } finally {
    process.umask(before);
  }
  chmodSync(path, 0o600);
}

/** The supervisor starts one control process after the other: when this one runs, the one before has ended. */
function succession(file: string, holder: string): { holder: string; predecessor: string | undefined } {
  let predecessor: string | undefined;
  try {
    predecessor = readFileSync(file, "utf8");
  } catch {
    // The first one; or one that is not known, whose leases run out by themselves.
  }
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, holder, { mode: 0o600 });
  return { holder, predecessor };
}

function databaseUrl(config: ControlConfig): string {
  const given = process.env["VDC_DATABASE_URL"];
  if (config.postgres === undefined) {
    if (given !== undefined && given !== "") return given;
    throw new VdcError("invalid", "There is neither an embedded PostgreSQL nor VDC_DATABASE_URL.");
  }
  const password = readFileSync(config.postgres.passwordFile, "utf8").trim();
  const host = encodeURIComponent(config.postgres.socketDirectory);
  return `postgresql://vdc:${encodeURIComponent(password)}@/postgres?host=${host}`;
}

/** Invariant: nothing but this machine is served without TLS. */
function requireTls({ listen, tls }: ControlConfig): void {
  if (tls !== undefined || /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/.test(listen.host)) return;
  throw new VdcError(
    "invalid",
    `${listen.host} can be reached from other machines, which needs TLS: give a certificate and its key, or ask for a self-signed one.`,
  );
}

function readConfig(): ControlConfig {
  const text = process.env[controlConfigVariable];
  if (text === undefined) throw new VdcError("invalid", "The control process is started by `vdc up`.");
  return parseInput(controlConfigSchema, JSON.parse(text), controlConfigVariable);
}

/** Errors of the system that people meet at the start, in words. */
function startError(thrown: unknown): unknown {
  const { code, port } = (thrown ?? {}) as { code?: unknown; port?: unknown }; // any thrown thing can be asked
  if (code === "EADDRINUSE")
    return new VdcError("in-use", `Port ${String(port)} is taken by another program.`, { cause: thrown });
  if (code === "EACCES" || code === "EADDRNOTAVAIL")
    return new VdcError("forbidden", "This address cannot be listened on.", { cause: thrown });
  return thrown;
}

function end(why: string): void {
  if (isStopping) return;
  isStopping = true;
  log.info("control.stop.begun", { why });
  background(stopAndExit(), "control.stop", log);
}

async function stopAndExit(): Promise<void> {
  try {
    await plane?.stop();
    log.info("control.stop.done");
  } catch (error) {
    log.error("control.stop.failed", { error });
    process.exitCode = 1;
  }
  // What is left are timers and sockets of libraries, which hold nothing that matters.
  process.exit();
}

function send(message: ControlMessage): void {
  if (process.connected) process.send?.(message);
}

function logLevel(): "debug" | "info" | "warn" | "error" {
  const level = process.env["VDC_LOG_LEVEL"];
  return level === "debug" || level === "warn" || level === "error" ? level : "info";
}
