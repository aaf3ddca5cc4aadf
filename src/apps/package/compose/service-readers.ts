import type { ServiceDraft } from "./draft.ts";
import { readEnvFile } from "./env-file.ts";
import { absolutePath, insidePath } from "./inside-path.ts";
import { resourceName } from "./mounts.ts";
import type { Place } from "./problem.ts";
import {
  booleanOf,
  bytesOf,
  listOf,
  mapOf,
  numberOf,
  secondsOf,
  textOf,
  wholeOf,
  wordsOf,
} from "./values.ts";

/** Readers of single keys of a service, as `service-table.ts` lists them. */

const variableName = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

export async function readEnvFiles(place: Place, draft: ServiceDraft): Promise<void> {
  const ones = Array.isArray(place.value) ? (listOf(place) ?? []) : [place];
  for (const one of ones) {
    const isShort = typeof one.value === "string";
    const members = new Map(isShort ? [] : (mapOf(one) ?? []));
    for (const [key, member] of members)
      if (key !== "path" && key !== "required")
        member.wrong("not supported: of an env_file only path and required are");
    const text = textOf(isShort ? one : (members.get("path") ?? one));
    const path = text === undefined ? undefined : insidePath(one, text);
    if (path === undefined) continue;
    const required = members.get("required");
    const content = await draft.file.readText(path);
    if (content === undefined) {
      if (required === undefined || booleanOf(required) !== false)
        one.wrong(`there is no file ${path} in the package's folder`);
      continue;
    }
    const read = readEnvFile(content);
    if ("wrongLine" in read) one.wrong(`line ${read.wrongLine} of ${path} is not NAME=value`);
    else for (const [name, value] of Object.entries(read.variables)) setVariable(one, name, value, draft);
  }
}

export function readEnvironment(place: Place, draft: ServiceDraft): void {
  if (!Array.isArray(place.value)) {
    for (const [name, member] of mapOf(place) ?? []) {
      if (member.value === null) member.wrong(hostVariable);
      else setVariable(member, name, textOf(member), draft);
    }
    return;
  }
  for (const one of listOf(place) ?? []) {
    const text = textOf(one);
    const equals = text?.indexOf("=") ?? -1;
    if (text === undefined) continue;
    if (equals === -1) one.wrong(hostVariable);
    else setVariable(one, text.slice(0, equals), text.slice(equals + 1), draft);
  }
}

const hostVariable =
  "it would take its value from the builder's environment; give it one, or `${settings.NAME}`";

function setVariable(place: Place, name: string, value: string | undefined, draft: ServiceDraft): void {
  if (!variableName.test(name))
    place.wrong("a variable's name has letters, digits and '_' and begins with no digit");
  else if (value !== undefined) draft.environment[name] = value;
}

/** `[[HOST:]PUBLISHED:]TARGET[/PROTOCOL]` or the long form. The gateway serves, so what is published has no meaning here. */
export function readPorts(place: Place, draft: ServiceDraft): void {
  for (const one of listOf(place) ?? []) {
    const members = new Map(typeof one.value === "object" ? (mapOf(one) ?? []) : []);
    const target = members.get("target");
    const text =
      typeof one.value === "object"
        ? target === undefined
          ? ""
          : (textOf(target) ?? "")
        : (textOf(one) ?? "");
    const protocol = members.get("protocol");
    if (protocol !== undefined && protocol.value !== "tcp")
      protocol.wrong("not supported: the gateway serves TCP only");
    for (const key of ["mode", "host_ip"])
      members.get(key)?.wrong("not supported: the gateway listens; a route gives the address");
    const published = members.get("published")?.value ?? (text.includes(":") ? text : undefined);
    if (published !== undefined)
      draft.file.notes.push(
        `${one.path}: no port of the machine is opened; the gateway serves it at the address of its route`,
      );
    addPort(one, text.split(":").at(-1) ?? "", draft);
  }
}

export function readExpose(place: Place, draft: ServiceDraft): void {
  for (const one of listOf(place) ?? []) addPort(one, textOf(one) ?? "", draft);
}

function addPort(place: Place, text: string, draft: ServiceDraft): void {
  const match = /^(\d{1,5})(?:\/(tcp|udp))?$/.exec(text);
  const port = Number(match?.[1]);
  if (match === null || port < 1 || port > 65_535)
    place.wrong("one port from 1 to 65535 is expected; ranges are not supported");
  else if (match[2] === "udp") place.wrong("not supported: the gateway serves TCP only");
  else if (draft.ports.some((known) => known.port !== port))
    place.wrong("not supported: a service has one port here; make a service of each");
  else draft.ports.push({ port, path: place.path });
}

export function readHealthcheck(place: Place, draft: ServiceDraft): void {
  const members = new Map(mapOf(place) ?? []);
  const known = ["test", "interval", "timeout", "retries", "start_period", "start_interval", "disable"];
  for (const [key, member] of members)
    if (!known.includes(key) && !key.startsWith("x-"))
      member.wrong(`unknown key; known are ${known.join(", ")}`);
  const disable = members.get("disable");
  if (disable !== undefined && booleanOf(disable) === true) return;
  const test = members.get("test");
  const command = test === undefined ? place.wrong("a health check needs a test") : testOf(test);
  if (command === undefined || command.length === 0) return;
  const seconds = (key: string, fallback: number) => {
    const member = members.get(key);
    return member === undefined ? fallback : (secondsOf(member) ?? fallback);
  };
  const retries = members.get("retries");
  draft.healthcheck = {
    command: [...command],
    intervalSeconds: Math.min(Math.max(seconds("interval", 30), 0.05), 3600),
    timeoutSeconds: Math.min(Math.max(seconds("timeout", 30), 0.05), 600),
    failures: Math.min(Math.max(retries === undefined ? 3 : (wholeOf(retries) ?? 3), 1), 100),
    startSeconds: Math.min(Math.max(seconds("start_period", 60), 1), 3600),
  };
  draft.startIntervalSeconds = Math.max(seconds("start_interval", 1), 0.05);
}

/** `NONE`: empty. A text and `CMD-SHELL` are run by a shell, by their definition. */
function testOf(place: Place): readonly string[] | undefined {
  if (typeof place.value === "string") return ["/bin/sh", "-c", place.value];
  const words = wordsOf(place);
  const [how, ...rest] = words ?? [];
  if (how === "NONE") return [];
  if (how === "CMD" && rest.length > 0) return rest;
  if (how === "CMD-SHELL" && rest[0] !== undefined && rest.length === 1) return ["/bin/sh", "-c", rest[0]];
  return place.wrong("a test is [CMD, program, …], [CMD-SHELL, text], [NONE] or a text");
}

export function readRestart(place: Place, draft: ServiceDraft): void {
  const text = textOf(place);
  if (text === "always" || text === "unless-stopped") draft.restart = "always";
  else if (text === "no" || text === "false") draft.restart = "no";
  else if (text === "on-failure") draft.restart = "on-failure";
  else if (text?.startsWith("on-failure:") === true)
    place.wrong("not supported: restarts are slowed down, not counted; write on-failure");
  else if (text !== undefined) place.wrong("no, always, on-failure or unless-stopped is expected");
}

export function readUlimits(place: Place, draft: ServiceDraft): void {
  for (const [key, member] of mapOf(place) ?? []) {
    if (key !== "nofile") {
      member.wrong("not supported: of the limits only nofile is; processes have pids_limit");
      continue;
    }
    const hard = typeof member.value === "object" ? new Map(mapOf(member) ?? []).get("hard") : member;
    const files = hard === undefined ? member.wrong("soft and hard are expected") : wholeOf(hard);
    if (files !== undefined) draft.limits.openFiles = files;
  }
}

export function readDependsOn(place: Place, draft: ServiceDraft): void {
  const ones: readonly (readonly [string, Place])[] = Array.isArray(place.value)
    ? (listOf(place) ?? []).map((one) => [textOf(one) ?? "", one])
    : (mapOf(place) ?? []);
  for (const [name, one] of ones) {
    if (!draft.file.services.has(name)) one.wrong(`there is no service '${name.slice(0, 63)}'`);
    const until = typeof one.value === "object" && one.value !== null ? conditionOf(one) : "started";
    const component = resourceName(one, name);
    if (component !== undefined && until !== undefined) draft.dependsOn.push({ component, until });
  }
}

function conditionOf(place: Place): "started" | "ready" | undefined {
  const members = new Map(mapOf(place) ?? []);
  for (const [key, member] of members)
    if (key !== "condition") member.wrong("not supported: a dependency only says when to start");
  const condition = members.get("condition")?.value ?? "service_started";
  if (condition === "service_started") return "started";
  if (condition === "service_healthy") return "ready";
  return place.wrong(
    "not supported: wait for service_started or service_healthy; what has to end first is a hook of the package",
  );
}

export function readLabels(place: Place, draft: ServiceDraft): void {
  if (Array.isArray(place.value)) {
    for (const one of listOf(place) ?? []) {
      const [key = "", ...value] = (textOf(one) ?? "").split("=");
      draft.labels[key] = value.join("=");
    }
  } else for (const [key, member] of mapOf(place) ?? []) draft.labels[key] = textOf(member) ?? "";
}

export function readWorkingDirectory(place: Place, draft: ServiceDraft): void {
  const text = textOf(place);
  const path = text === undefined ? undefined : absolutePath(place, text);
  if (path !== undefined) draft.workingDirectory = path;
}

export function readStopSignal(place: Place, draft: ServiceDraft): void {
  const text = textOf(place);
  if (text === undefined) return;
  const name = text.startsWith("SIG") ? text : `SIG${text}`;
  if (/^SIG(TERM|INT|QUIT|HUP|USR1|USR2|KILL|WINCH)$/.test(name)) draft.stopSignal = name;
  else place.wrong("a signal such as SIGTERM, SIGINT, SIGQUIT or SIGHUP is expected");
}

export function readReplicas(place: Place, draft: ServiceDraft): void {
  const count = wholeOf(place);
  if (count !== undefined && count > 64) place.wrong("at most 64 instances");
  else if (count !== undefined) draft.replicas = count;
}

export function readMemory(place: Place, draft: ServiceDraft): void {
  const bytes = bytesOf(place);
  if (bytes !== undefined) draft.limits.memoryBytes = bytes;
}

export function readCpus(place: Place, draft: ServiceDraft): void {
  const cores = numberOf(place);
  if (cores !== undefined) draft.limits.cpuMillicores = Math.max(1, Math.round(cores * 1000));
}

export function readPids(place: Place, draft: ServiceDraft): void {
  const count = wholeOf(place);
  if (count !== undefined) draft.limits.processes = count;
}

export function readStopGrace(place: Place, draft: ServiceDraft): void {
  const seconds = secondsOf(place);
  if (seconds !== undefined) draft.stopGraceSeconds = Math.min(seconds, 3600);
}

/** For keys that ask for what is so anyway: only that value is taken. */
export function onlyTrue(value: boolean, otherwise: string): (place: Place) => void {
  return (place) => {
    const given = booleanOf(place);
    if (given !== undefined && given !== value) place.wrong(`not supported: ${otherwise}`);
  };
}
