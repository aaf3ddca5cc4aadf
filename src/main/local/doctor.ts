import { readFile, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { DoctorPorts, Finding } from "#cli/local/actions.ts";
import { isoTime, systemClock } from "#lib/clock.ts";
import { tryBubblewrap } from "#drivers/host/isolation.ts";
import { parseMemory, parseSoftLimit } from "#drivers/host/parse.ts";
import { probeHost, type HostFacts } from "#drivers/host/probe.ts";
import { tryCommand } from "#drivers/host/programs.ts";
import { locateBinaries } from "#drivers/postgres/binaries.ts";
import { holderOfPort, nextFreePort, tryListen } from "#drivers/process/port-holder.ts";
import type { DataDirectory } from "#main/data-directory.ts";
import { liveGateways } from "#main/gateway/identity.ts";
import { repositoryRoot } from "#main/repository.ts";
import { runningFronts } from "#main/parts/objects-part.ts";
import { lockHolder } from "#main/supervisor/lock.ts";
import { expectedObjectsPort } from "#main/supervisor/objects-port.ts";
import { statSync } from "node:fs";

const gibibyte = 1024 ** 3;
const mebibyte = 1024 ** 2;

interface Examination extends DoctorPorts {
  readonly directory: DataDirectory;
  readonly signal: AbortSignal;
}

/** What this machine can and cannot do. A `problem` keeps VDC from running; a `warning` limits what it can do. */
export async function examine(examination: Examination): Promise<readonly Finding[]> {
  const facts = await probeHost(examination.signal);
  const [sandbox, memory, disk, clock, ports, database] = await Promise.all([
    examineSandbox(facts, examination.signal),
    examineMemory(),
    examineDisk(examination.directory.root),
    examineClock(examination.signal),
    examinePorts(examination),
    examineDatabase(examination.signal),
  ]);
  return [
    ...examineSystem(facts),
    ...memory,
    ...disk,
    ...clock,
    ...(await examineFileLimit()),
    ...database,
    ...ports,
    ...sandbox,
    ...examineEngines(facts),
  ];
}

function examineSystem(facts: HostFacts): readonly Finding[] {
  const [major = 0, minor = 0] = facts.kernel.split(".").map(Number);
  const system = ok("system", `${facts.operatingSystem}, ${facts.cores} cores, ${facts.cpuModel}`);
  // 5.10 is Debian 11's; older kernels lack what bubblewrap and cgroup v2 need.
  if (major > 5 || (major === 5 && minor >= 10)) return [system, ok("kernel", facts.kernel)];
  return [
    system,
    warning("kernel", facts.kernel, "Install a kernel of 5.10 or newer (apt install linux-image-amd64)."),
  ];
}

async function examineMemory(): Promise<readonly Finding[]> {
  const { totalBytes, availableBytes } = parseMemory(await readFile("/proc/meminfo", "utf8").catch(() => ""));
  const detail = `${(availableBytes / gibibyte).toFixed(1)} of ${(totalBytes / gibibyte).toFixed(1)} GiB available`;
  if (availableBytes < 512 * mebibyte)
    return [
      problem(
        "memory",
        detail,
        "The data center itself needs about 450 MiB: end other programs or add memory.",
      ),
    ];
  if (availableBytes < 2 * gibibyte)
    return [warning("memory", detail, "Enough for the data center, little for applications.")];
  return [ok("memory", detail)];
}

async function examineDisk(root: string): Promise<readonly Finding[]> {
  const place = nearestExisting(root);
  const { bavail, bsize, files, ffree } = await statfs(place);
  const freeBytes = bavail * bsize;
  const detail = `${(freeBytes / gibibyte).toFixed(1)} GiB free at ${place}`;
  const remedy = "Free some space, or choose another place with --data DIR.";
  const space =
    freeBytes < 512 * mebibyte
      ? problem("disk space", detail, remedy)
      : freeBytes < 5 * gibibyte
        ? warning("disk space", detail, remedy)
        : ok("disk space", detail);
  if (files === 0) return [space]; // btrfs and others have no fixed number of inodes
  const inodes = `${ffree} of ${files} inodes free at ${place}`;
  if (ffree < 10_000)
    return [space, problem("inodes", inodes, "Remove small files, or choose another place with --data DIR.")];
  return [space, ok("inodes", inodes)];
}

/** Certificates, tokens and sessions live by the clock. */
async function examineClock(signal: AbortSignal): Promise<readonly Finding[]> {
  const now = systemClock.now();
  // The lock file was written before now, unless the clock went back.
  const written = statSync(join(repositoryRoot, "package-lock.json")).mtimeMs;
  if (now < written) {
    return [
      problem(
        "clock",
        `it says ${isoTime(now)}, before this VDC was installed (${isoTime(written)})`,
        "Set it: timedatectl set-ntp true (apt install systemd-timesyncd).",
      ),
    ];
  }
  const answer = await tryCommand(
    "/usr/bin/timedatectl",
    ["show", "--property=NTPSynchronized", "--value"],
    signal,
  );
  const time = isoTime(now);
  if (answer.succeeded && answer.output.trim() === "yes") return [ok("clock", `${time}, synchronised`)];
  if (answer.succeeded)
    return [
      warning(
        "clock",
        `${time}, not synchronised`,
        "Switch it on: timedatectl set-ntp true (apt install systemd-timesyncd or chrony).",
      ),
    ];
  return [ok("clock", `${time}; whether it is synchronised is not known here`)];
}

async function examineFileLimit(): Promise<readonly Finding[]> {
  const limit = parseSoftLimit(await readFile("/proc/self/limits", "utf8").catch(() => ""), "Max open files");
  if (limit === undefined) return [ok("open files", "no limit")];
  const detail = `${limit} for each process`;
  if (limit < 1024)
    return [problem("open files", detail, "Raise it: ulimit -n 65536, or LimitNOFILE= in the unit.")];
  if (limit < 8192)
    return [
      warning(
        "open files",
        detail,
        "Raise it for many connections: ulimit -n 65536, or LimitNOFILE= in the unit.",
      ),
    ];
  return [ok("open files", detail)];
}

async function examineDatabase(signal: AbortSignal): Promise<readonly Finding[]> {
  if ((process.env["VDC_DATABASE_URL"] ?? "") !== "")
    return [ok("database", "VDC_DATABASE_URL is set; the embedded PostgreSQL is not used")];
  const binaries = locateBinaries();
  if (binaries === undefined) {
    return [
      problem(
        "database",
        `no PostgreSQL binaries for ${process.arch}`,
        "Set VDC_DATABASE_URL to a PostgreSQL of your own, 15 or newer (apt install postgresql).",
      ),
    ];
  }
  const trial = await tryCommand(join(binaries.directory, "bin/postgres"), ["--version"], signal);
  if (trial.succeeded) return [ok("database", `embedded ${trial.output.trim()}`)];
  return [
    problem(
      "database",
      `the embedded PostgreSQL does not start: ${trial.output.trim().split("\n")[0] ?? ""}`,
      "Install the dependencies again: rm node_modules/.vdc-installed && ./vdc doctor",
    ),
  ];
}

async function examinePorts(wanted: Examination): Promise<readonly Finding[]> {
  const { directory, port, httpPort, httpsPort } = wanted;
  const own = lockHolder(directory.lock)?.url?.endsWith(`:${port}`) === true;
  const gateways = liveGateways(directory.gatewayRun);
  const isGateways = (number: number) =>
    gateways.some((gateway) => gateway.httpPort === number || gateway.httpsPort === number);
  const s3 = expectedObjectsPort(directory);
  return await Promise.all([
    examinePort({ subject: "port", port, flag: "--port", isOurs: own }),
    examinePort({ subject: "apps", port: httpPort, flag: "--http-port", isOurs: isGateways(httpPort) }),
    examinePort({
      subject: "apps, TLS",
      port: httpsPort,
      flag: "--https-port",
      isOurs: isGateways(httpsPort),
    }),
    examinePort({
      subject: "objects",
      port: s3,
      flag: "--objects-port",
      isOurs: runningFronts(directory).some((front) => front.port === s3),
    }),
  ]);
}

async function examinePort(wanted: {
  readonly subject: string;
  readonly port: number;
  readonly flag: string;
  readonly isOurs: boolean;
}): Promise<Finding> {
  const { subject, port, flag, isOurs } = wanted;
  const result = await tryListen("127.0.0.1", port);
  if (result.free) return ok(subject, `port ${port} is free`);
  if (isOurs) return ok(subject, `port ${port} is this data center's, which is up`);
  const holder = holderOfPort(port);
  const who =
    holder === undefined
      ? "another program"
      : `${holder.program ?? "a program"}${holder.pid === undefined ? "" : ` (pid ${holder.pid})`} of ${holder.user}`;
  const free = await nextFreePort("127.0.0.1", port);
  return warning(
    subject,
    `port ${port} is taken by ${who}`,
    `Start with another: vdc up ${flag} ${free ?? "N"}`,
  );
}

async function examineSandbox(facts: HostFacts, signal: AbortSignal): Promise<readonly Finding[]> {
  const trial = await tryBubblewrap(signal);
  const findings: Finding[] = [];
  if (trial === undefined)
    findings.push(
      warning("bubblewrap", "not installed: instances run without a sandbox", "apt install bubblewrap"),
    );
  else if (trial.succeeded)
    findings.push(
      ok(
        "bubblewrap",
        `${facts.programs.find(({ name }) => name === "bubblewrap")?.version ?? ""}, a trial sandbox works`,
      ),
    );
  else
    findings.push(
      warning(
        "bubblewrap",
        `a trial sandbox failed: ${trial.output.trim().split("\n")[0] ?? ""}`,
        "Allow user namespaces (next line), or run VDC as root.",
      ),
    );
  findings.push(
    facts.userNamespaces
      ? ok("namespaces", "user namespaces can be made")
      : warning(
          "namespaces",
          "user namespaces cannot be made",
          "sysctl -w kernel.unprivileged_userns_clone=1 (Debian), kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu)",
        ),
  );
  if (facts.cgroup === "v2") findings.push(ok("cgroup", "v2"));
  else
    findings.push(
      warning(
        "cgroup",
        `${facts.cgroup}: limits of processor and memory cannot be delegated`,
        "Boot with systemd.unified_cgroup_hierarchy=1.",
      ),
    );
  return findings;
}

function examineEngines(facts: HostFacts): readonly Finding[] {
  const kvm = facts.virtualization
    ? ok("kvm", "/dev/kvm opens")
    : warning(
        "kvm",
        "/dev/kvm does not open: virtual machines would be emulated, about ten times slower",
        "Switch virtualization on in the firmware; add yourself to the group: adduser $USER kvm",
      );
  const programs = facts.programs
    .filter(({ name }) => name !== "bubblewrap")
    .map((program) => {
      if (program.present) return ok(program.name, `${program.version ?? "present"} (${program.purpose})`);
      return warning(program.name, `not installed (${program.purpose})`, program.remedy ?? "");
    });
  return [kvm, ...programs];
}

/** Bounded by the depth of the path. */
function nearestExisting(path: string): string {
  return statSync(path, { throwIfNoEntry: false }) === undefined ? nearestExisting(dirname(path)) : path;
}

function ok(subject: string, detail: string): Finding {
  return { subject, state: "ok", detail };
}

function warning(subject: string, detail: string, remedy: string): Finding {
  return { subject, state: "warning", detail, remedy };
}

function problem(subject: string, detail: string, remedy: string): Finding {
  return { subject, state: "problem", detail, remedy };
}
