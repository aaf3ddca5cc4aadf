import { InvalidArgumentError, type Command } from "commander";
import { VdcError } from "#api/errors.ts";
import type { CliIo } from "#cli/io.ts";
import type { DoctorPorts, LocalActions, Place, UpRequest } from "#cli/local/actions.ts";
import { registerJoin } from "#cli/local/join.ts";
import { renderFindings, renderLogLine, renderStatus } from "#cli/local/render.ts";
import { serviceOrigin } from "#cli/local/service-origin.ts";
import type { Clock } from "#lib/clock.ts";
import { nearest } from "#lib/nearest.ts";

/** The little that local verbs need of it. */
export type LocalIo = Pick<CliIo, "stdout" | "stderr" | "env" | "cwd" | "signal">;

export interface LocalPorts {
  readonly actions: LocalActions;
  readonly clock: Clock;
  /** `vdc logs APP`: what is no part of this machine's data center is an app of the one that is talked to. */
  readonly appLogs: (words: readonly string[], options: Readonly<Record<string, unknown>>) => Promise<void>;
  /** Sets the exit status of the command line. */
  readonly exit: (status: number) => void;
}

const defaultPort = 8440;
const defaultHttpPort = 8080;
const defaultHttpsPort = 8443;
const maxGateways = 8;
const maxFronts = 8;
/** As the protocol of workers has it; that module is too heavy for `vdc --help`. */
const maxSlots = 256;
const maxLogLines = 100_000;

/** Adds the verbs that work on this machine, without the API: up, down, status, logs, restart, doctor, join. */
export function registerLocalCommands(program: Command, io: LocalIo, ports: LocalPorts): void {
  registerUp(program, io, ports);
  registerDown(program, io, ports);
  registerStatus(program, io, ports);
  registerLogs(program, io, ports);
  registerRestart(program, io, ports);
  registerDoctor(program, io, ports);
  registerJoin(program, io, ports);
}

interface UpWords {
  readonly data?: string;
  readonly listen: string;
  readonly port: number;
  readonly tls?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly host: readonly string[];
  readonly gateways?: number;
  readonly gatewayHost: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly domain: string;
  /** A number of processes; false with --no-objects. */
  readonly objects?: number | false;
  readonly objectsHost: string;
  readonly objectsPort?: number;
  readonly objectsUrl?: string;
  readonly drive: readonly string[];
  /** False with --no-status. */
  readonly status: boolean;
  readonly statusHost: string;
  readonly statusPort: number;
  readonly statusUrl?: string;
  readonly sample: boolean;
  /** A number of slots; false with --no-workers. */
  readonly workers?: number | false;
  readonly detach?: boolean;
}

function registerUp(program: Command, io: LocalIo, ports: LocalPorts): void {
  const command = local(program, "up", "Bring the data center up on this machine")
    .option("--listen <address>", "address to listen on; any but a loopback one needs TLS", "127.0.0.1")
    .option("--port <number>", "port of the console and the API; 0 = any free one", portNumber, defaultPort)
    .option("--tls <how>", "`self-signed`: make a certificate, and print its fingerprint")
    .option("--tls-cert <file>", "certificate chain, PEM")
    .option("--tls-key <file>", "private key of the certificate, PEM")
    .option("--host <name>", "further host name that requests may name (repeatable)", collect, [])
    .option(
      "--gateways <count>",
      "processes that serve the apps; one for each core, 2 to 8, if not given",
      gatewayCount,
    )
    .option("--gateway-host <address>", "address that the apps are served at; may be public", "127.0.0.1")
    .option("--http-port <number>", "port of the apps; 0 = any free one", portNumber, defaultHttpPort)
    .option(
      "--https-port <number>",
      "port of the apps with TLS; 0 = any free one",
      portNumber,
      defaultHttpsPort,
    )
    .option("--domain <name>", "apps that name no host are at NAME.DOMAIN", domainName, "localhost")
    .option("--objects <count>", "processes that serve S3; chosen for the machine if not given", frontCount)
    .option("--no-objects", "without object storage")
    .option("--objects-host <address>", "address that S3 is served at; may be public", "127.0.0.1")
    .option("--objects-port <number>", "port of S3; 9000 if it is free, 0 = any free one", portNumber)
    .option(
      "--objects-url <address>",
      "where others reach S3, for signed addresses and settings of clients",
      serviceOrigin,
    )
    .option(
      "--drive <dir>",
      "directory for objects, best on a disk of its own (repeatable); only when the store is made, later `vdc drive add`",
      collect,
      [],
    )
    .option("--no-status", "without the status page and notices of incidents")
    .option("--status-host <address>", "address of the status page; may be public", "127.0.0.1")
    .option(
      "--status-port <number>",
      "port of the status page; 0 = 9080 if it is free, or any",
      portNumber,
      0,
    )
    .option("--status-url <address>", "where others reach the status page, for links in messages")
    .option(
      "--workers <slots>",
      "tasks of burst jobs that run here at once; one for each core but one",
      slotCount,
    )
    .option("--no-workers", "run no tasks of burst jobs on this machine")
    .option("--no-sample", "a new data center begins without the sample app")
    .option("-d, --detach", "return when it is ready, and leave it running");
  examples(command, [
    "vdc up",
    "vdc up --detach --port 9000",
    "vdc up --listen 0.0.0.0 --tls self-signed --host vdc.example.org",
    "vdc up --gateway-host 0.0.0.0 --http-port 80 --https-port 443 --domain apps.example.org",
    "vdc up --drive /mnt/disk1/vdc --drive /mnt/disk2/vdc --drive /mnt/disk3/vdc",
  ]);
  command.action(async (words: UpWords) => ports.exit(await ports.actions.up(upRequest(words, io))));
}

function upRequest(words: UpWords, io: LocalIo): UpRequest {
  const tls = readTls(words);
  return {
    ...place(io, words),
    detach: words.detach === true,
    host: words.listen,
    port: words.port,
    hosts: words.host,
    sample: words.sample,
    workers: words.workers === false ? 0 : words.workers,
    gateways: {
      count: words.gateways,
      host: words.gatewayHost,
      httpPort: words.httpPort,
      httpsPort: words.httpsPort,
      domain: words.domain,
    },
    objects: {
      count: words.objects === false ? 0 : words.objects,
      host: words.objectsHost,
      port: words.objectsPort,
      ...(words.objectsUrl === undefined ? {} : { url: words.objectsUrl }),
      drives: words.drive,
    },
    ...(words.status
      ? {
          status: {
            host: words.statusHost,
            port: words.statusPort,
            ...(words.statusUrl === undefined ? {} : { url: withSlash(words.statusUrl) }),
          },
        }
      : {}),
    ...(tls === undefined ? {} : { tls }),
    signal: io.signal,
    onLine: (line, to) => io[to](`${line}\n`),
  };
}

const withSlash = (address: string) => (address.endsWith("/") ? address : `${address}/`);

function registerDown(program: Command, io: LocalIo, ports: LocalPorts): void {
  const command = local(
    program,
    "down",
    "Stop the data center of this machine with its apps, and wait until they are stopped",
  );
  command.option("--keep-apps", "leave the instances running, so that `vdc up` finds them as they are");
  examples(command, ["vdc down", "vdc down --data /srv/vdc", "vdc down --keep-apps"]);
  command.action(async (words: { data?: string; keepApps?: boolean }) => {
    const report = await ports.actions.down({
      ...place(io, words),
      keepsApps: words.keepApps === true,
    });
    if (report === undefined) return io.stdout("It is not running; nothing to do.\n");
    const parts = report.parts.length === 0 ? "no parts" : report.parts.join(", ");
    const how = report.wasForced ? "; the supervisor had to be killed" : "";
    io.stdout(
      `Stopped ${parts} and the supervisor (process ${report.pid}) in ${(report.elapsedMs / 1000).toFixed(1)} s${how}.\n`,
    );
  });
}

function registerStatus(program: Command, io: LocalIo, ports: LocalPorts): void {
  const command = local(program, "status", "Show the parts of the data center of this machine");
  command.option("--json", "as JSON");
  examples(command, ["vdc status", "vdc status --json"]);
  command.action(async (words: { data?: string; json?: boolean }) => {
    const status = await ports.actions.status(place(io, words));
    if (status === undefined) {
      if (words.json === true) io.stdout(`${JSON.stringify({ running: false })}\n`);
      throw new VdcError("unreachable", "the data center is not running");
    }
    if (words.json === true) io.stdout(`${JSON.stringify({ running: true, ...status }, undefined, 2)}\n`);
    else io.stdout(renderStatus(status, ports.clock.now()));
    if (status.parts.some(({ state }) => state !== "ready"))
      ports.exit(new VdcError("unavailable", "not ready").exit);
  });
}

interface LogWords {
  readonly data?: string;
  readonly follow?: boolean;
  readonly lines: number;
  readonly json?: boolean;
}

/** Names that are always parts, also before they have logged anything: an app of such a name is `app/NAME`. */
const partNames: ReadonlySet<string> = new Set([
  "catalog",
  "control",
  "gateway",
  "objects",
  "postgres",
  "status",
  "supervisor",
]);

function registerLogs(program: Command, io: LocalIo, ports: LocalPorts): void {
  const command = local(
    program,
    "logs",
    "Show what an app, or a part of this machine's data center, has logged",
  )
    .argument("[what]", "an app, or one part; all parts together when absent")
    .option("-f, --follow", "go on with new lines until Ctrl-C")
    .option("-n, --lines <count>", "how many lines to begin with, of each part or of the app", lineCount, 50)
    .option("--json", "lines as they were written, not made readable")
    .option("-p, --project <name>", "project of the app (default: default)")
    .option("--component <name>", "of an app: only of this component")
    .option("--instance <name>", "of an app: only of this instance")
    .option("--search <text>", "of an app: only lines that contain this")
    .option("--context <name>", "of an app: data center to talk to");
  examples(command, [
    "vdc logs news -f",
    "vdc logs app/shop/news --search error",
    "vdc logs",
    "vdc logs control -f",
  ]);
  command.action(async (what: string | undefined, words: LogWords) => {
    const known = ports.actions.logParts(place(io, words));
    if (what !== undefined && !known.includes(what)) {
      if (partNames.has(what)) throw unknownPart(what, known);
      return await ports.appLogs([what], { ...words, lines: String(words.lines) });
    }
    const request = {
      ...place(io, words),
      part: what,
      lines: words.lines,
      follow: words.follow === true,
      signal: io.signal,
    };
    await ports.actions.logs(request, (line) => {
      io.stdout(`${words.json === true ? line.text : renderLogLine(line, what === undefined)}\n`);
    });
  });
}

function registerRestart(program: Command, io: LocalIo, ports: LocalPorts): void {
  const command = local(program, "restart", "Restart one part, and wait until it is ready").argument(
    "<part>",
    "see `vdc status`",
  );
  examples(command, ["vdc restart control", "vdc restart gateway-1"]);
  command.action(async (part: string, words: { data?: string }) => {
    const report = await ports.actions.restart(place(io, words), part);
    switch (report.result) {
      case "not-running":
        throw new VdcError("unreachable", "the data center is not running");
      case "unknown-part":
        throw unknownPart(part, report.parts);
      case "failed":
        throw new VdcError(
          "unavailable",
          `${part} did not come back: ${report.detail}${report.remedy === undefined ? "" : `. ${report.remedy}`}`,
        );
      case "ready":
        io.stdout(
          `${part} is ready again after ${(report.elapsedMs / 1000).toFixed(1)} s${report.note === undefined ? "" : ` (${report.note})`}.\n`,
        );
    }
  });
}

function registerDoctor(program: Command, io: LocalIo, ports: LocalPorts): void {
  const command = local(program, "doctor", "Say what this machine can and cannot do, and how to help it");
  command
    .option("--json", "as JSON")
    .option("--port <number>", "port that `vdc up` would use", portNumber, defaultPort)
    .option("--http-port <number>", "port that the apps would have", portNumber, defaultHttpPort)
    .option("--https-port <number>", "port that the apps would have with TLS", portNumber, defaultHttpsPort);
  examples(command, ["vdc doctor", "vdc doctor --json"]);
  command.action(async (words: DoctorPorts & { data?: string; json?: boolean }) => {
    const { port, httpPort, httpsPort } = words;
    const wanted = { ...place(io, words), port, httpPort, httpsPort };
    const findings = await ports.actions.doctor(wanted, io.signal);
    io.stdout(words.json === true ? `${JSON.stringify(findings, undefined, 2)}\n` : renderFindings(findings));
    if (findings.some(({ state }) => state === "problem"))
      ports.exit(new VdcError("unsupported", "problems").exit);
  });
}

function local(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option("--data <dir>", "data directory (default: $VDC_DATA, or below the XDG state directory)");
}

function examples(command: Command, lines: readonly string[]): void {
  command.addHelpText("after", `\nExamples:\n${lines.map((line) => `  $ ${line}`).join("\n")}`);
}

function place(io: LocalIo, words: { readonly data?: string }): Place {
  return { data: words.data, env: io.env, cwd: io.cwd };
}

function unknownPart(part: string, known: readonly string[]): VdcError {
  const guess = nearest(part, known);
  const list = known.length === 0 ? "there are none yet" : `there are: ${known.join(", ")}`;
  return new VdcError(
    "not-found",
    guess === undefined
      ? `no part is called ${part}; ${list}`
      : `no part is called ${part}; did you mean ${guess}?`,
  );
}

function readTls(words: UpWords): UpRequest["tls"] | undefined {
  const { tls, tlsCert, tlsKey } = words;
  if (tls !== undefined && tls !== "self-signed")
    throw new VdcError("invalid", "--tls takes only `self-signed`; for files use --tls-cert and --tls-key");
  if (tls !== undefined && (tlsCert ?? tlsKey) !== undefined)
    throw new VdcError("invalid", "--tls self-signed and certificate files exclude each other");
  if (tlsCert !== undefined && tlsKey !== undefined) return { certFile: tlsCert, keyFile: tlsKey };
  if ((tlsCert ?? tlsKey) !== undefined)
    throw new VdcError("invalid", "--tls-cert and --tls-key belong together");
  return tls === undefined ? undefined : "self-signed";
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new InvalidArgumentError("a port is a number from 0 to 65535");
  return port;
}

function gatewayCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count > maxGateways)
    throw new InvalidArgumentError(`a number of processes from 0 to ${maxGateways}`);
  return count;
}

function slotCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count > maxSlots)
    throw new InvalidArgumentError(`a number of slots from 0 to ${maxSlots}`);
  return count;
}

function frontCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count > maxFronts)
    throw new InvalidArgumentError(`a number of processes from 0 to ${maxFronts}`);
  return count;
}

function domainName(text: string): string {
  const domain = text.toLowerCase();
  // As the hosts of routes (src/api/kinds/route.ts), with room for an app's name before it.
  const label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
  if (domain.length > 180 || !new RegExp(`^${label}(?:\\.${label})*$`).test(domain))
    throw new InvalidArgumentError("a domain name, such as apps.example.org");
  return domain;
}

function lineCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count > maxLogLines)
    throw new InvalidArgumentError(`a number of lines from 0 to ${maxLogLines}`);
  return count;
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}
