import { harmlessLine } from "#cli/output/harmless.ts";
import type { CenterStatus, Finding, LogLine, PartLine } from "#cli/local/actions.ts";

const mebibyte = 1024 ** 2;

/** The table of `vdc status`; `now` is wall time in milliseconds. */
export function renderStatus(status: CenterStatus, now: number): string {
  const rows = status.parts.map((part) => statusRow(part, now));
  const own = [
    "supervisor",
    "ready",
    String(status.pid),
    age(status.startedAt, now),
    "0",
    memory(status.residentBytes),
    `version ${status.version}`,
  ];
  const table = renderTable([["PART", "STATE", "PID", "FOR", "RESTARTS", "MEMORY", "NOTE"], own, ...rows]);
  const total = status.parts.reduce((sum, part) => sum + (part.residentBytes ?? 0), status.residentBytes);
  const apps = status.appsUrl === undefined ? "" : `apps     ${status.appsUrl}\n`;
  const objects = status.objectsUrl === undefined ? "" : `objects  ${status.objectsUrl} (S3)\n`;
  return `${table}\n\nconsole  ${status.url ?? "not ready yet"}\n${apps}${objects}data     ${status.dataDirectory}\nmemory   ${memory(total)}\n`;
}

function statusRow(part: PartLine, now: number): readonly string[] {
  const used = part.residentBytes === undefined ? "-" : memory(part.residentBytes);
  return [
    part.name,
    part.state,
    part.pid === undefined ? "-" : String(part.pid),
    age(part.since, now),
    String(part.restarts),
    used,
    part.note ?? "",
  ];
}

const marks = { ok: "ok", warning: "warning", problem: "PROBLEM" } as const;

/** The list of `vdc doctor`: findings, each with its remedy below, and a verdict. */
export function renderFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ subject }) => subject.length));
  const lines = findings.flatMap(({ subject, state, detail, remedy }) => {
    const line = `${marks[state].padEnd(8)} ${subject.padEnd(width)}  ${detail}`;
    return remedy === undefined ? [line] : [line, `${" ".repeat(width + 11)}→ ${remedy}`];
  });
  const count = (state: Finding["state"]) => findings.filter((finding) => finding.state === state).length;
  const problems = count("problem");
  const verdict =
    problems === 0
      ? "VDC can run here"
      : `${problems} problem${problems === 1 ? "" : "s"} must be solved first`;
  return `${lines.join("\n")}\n\n${verdict}; ${count("warning")} of ${findings.length} findings limit what it can do.\n`;
}

/**
 * A line of a log for people: pino's JSON becomes `time level event key=value`, any other text stays as it is. Anybody who can
 * reach the port puts words into the log (a user name that was tried), so nothing of it may steer the terminal.
 */
export function renderLogLine(line: LogLine, withPart: boolean): string {
  return harmlessLine(readableLine(line, withPart));
}

function readableLine(line: LogLine, withPart: boolean): string {
  const prefix = withPart ? `${line.part.padEnd(9)} ` : "";
  const entry = parseEntry(line.text);
  if (entry === undefined) return `${prefix}${line.text}`;
  const { time, level, msg, ...rest } = entry;
  const clock = typeof time === "string" ? time.slice(11, 23) : "";
  const fields = Object.entries(rest)
    .filter(([key]) => key !== "part" && key !== "pid" && key !== "hostname")
    .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  return `${prefix}${clock} ${String(level).padEnd(5)} ${String(msg)} ${fields.join(" ")}`.trimEnd();
}

function parseEntry(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    const value = JSON.parse(text) as Readonly<Record<string, unknown>>; // starts with a brace, so it is an object
    return "msg" in value && "level" in value ? value : undefined;
  } catch {
    return undefined; // a text that only looks like it, or half a line
  }
}

function renderTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function memory(bytes: number): string {
  return `${(bytes / mebibyte).toFixed(0)} MiB`;
}

function age(since: string, now: number): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
