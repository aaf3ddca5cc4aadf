import { harmlessLine } from "#cli/output/harmless.ts";
import type { ReadyMessage } from "#main/control-messages.ts";
import type { PartEvent } from "#main/supervisor/part.ts";

/** One happening as lines for people: `postgres    ready      0.9 s   new cluster, PostgreSQL 18.4`. */
export function eventLines(event: PartEvent): readonly string[] {
  switch (event.type) {
    case "ready":
      return [
        line(
          event.part,
          event.report.label ?? (event.again ? "recovered" : "ready"),
          seconds(event.elapsedMs),
          event.report.note ?? "",
        ),
      ];
    case "stopped":
      return [
        line(event.part, "stopped", seconds(event.elapsedMs), event.forced ? "it had to be killed" : ""),
      ];
    case "down": {
      const next = event.retryInMs === undefined ? "" : `; starting it again in ${seconds(event.retryInMs)}`;
      const state = event.retryInMs === undefined ? "failed" : "down";
      const remedy = event.remedy === undefined ? [] : [indent(event.remedy)];
      return [
        line(event.part, state, "", `${event.reason}${next}`),
        ...remedy,
        ...event.tail.map((text) => indent(`| ${harmlessLine(text)}`)), // a log holds words of strangers
      ];
    }
  }
}

/** What became of the apps when the data center went down. */
export function eventLinesOfApps(stopped: {
  readonly count: number;
  readonly elapsedMs: number;
}): readonly string[] {
  if (stopped.count === 0) return [];
  const many = stopped.count === 1 ? "1 instance" : `${stopped.count} instances`;
  return [line("apps", "stopped", seconds(stopped.elapsedMs), many)];
}

/** The last lines of a start: where the console is and, while there is no user yet, how to become the first. */
export function readyBanner(
  message: ReadyMessage,
  apps: string | undefined,
  objects: ObjectsLine | undefined,
): readonly string[] {
  const lines = ["", `The data center is up: ${message.url}`];
  if (apps !== undefined) lines.push(`Apps answer at ${apps}`);
  if (objects !== undefined) lines.push(...objectsLines(objects));
  for (const { name, url, isBuilt } of message.samples ?? []) {
    if (isBuilt) lines.push(`The sample app ${name} is built first; the console shows how far it is`);
    else if (url !== undefined) lines.push(`The sample app ${name} is starting: ${url}`);
  }
  if (message.certificateFingerprint !== undefined) {
    lines.push(
      `Its certificate is self-signed; compare before you trust it: SHA-256 ${message.certificateFingerprint}`,
    );
  }
  if (message.signInLink !== undefined)
    lines.push(
      "",
      "Sign in as its first administrator, once, with this link:",
      "",
      `  ${message.signInLink}`,
      "",
    );
  return lines;
}

/** Where S3 is, and whether its drives are what the word promises. */
export interface ObjectsLine {
  readonly url: string;
  readonly isOneDisk: boolean;
}

function objectsLines({ url, isOneDisk }: ObjectsLine): readonly string[] {
  const warning =
    "  All its drives lie on one disk, whose end would be the end of every object: give it real ones, " +
    "with --drive DIR at the first start or `vdc drive add`";
  return [`Objects (S3) are at ${url}`, ...(isOneDisk ? [warning] : [])];
}

/** Where an app is found that names no host of its own. */
export function appsUrl(domain: string, httpPort: number): string {
  return `http://NAME.${domain}${httpPort === 80 ? "" : `:${httpPort}`}/`;
}

function line(part: string, state: string, time: string, note: string): string {
  return `${part.padEnd(11)} ${state.padEnd(9)} ${time.padStart(6)}   ${note}`.trimEnd();
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function indent(text: string): string {
  return `            ${text}`;
}
