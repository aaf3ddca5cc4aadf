import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { endTree, spawnBeside } from "#drivers/sandbox/beside.ts";
import type { BesidePlace } from "#drivers/sandbox/enter.ts";
import { setupEnvironment } from "#drivers/sandbox/launch.ts";
import { signalPid, terminalHolder, treeOf } from "#drivers/sandbox/process-tree.ts";
import type { Clock } from "#lib/clock.ts";

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export interface SessionChunk {
  readonly stream: "stdout" | "stderr";
  readonly data: Uint8Array;
}

/** A command beside an instance that somebody talks to. */
export interface Session {
  readonly output: AsyncIterable<SessionChunk>;
  readonly ended: Promise<{ readonly code?: number; readonly signal?: string }>;
  write(data: Uint8Array): Promise<void>;
  endInput(): void;
  resize(columns: number, rows: number): void;
  close(): void;
}

/** After a hang-up, this long until SIGKILL. */
const mercyMs = 1_000;
const maxSide = 1_000;

/**
 * Opens a session. A terminal comes from `script` of util-linux inside the sandbox: Node has none, and a native module is not
 * worth one. Its size is changed from outside, by `stty` on the descriptor of the process that holds it.
 */
export function openSession(
  place: BesidePlace,
  command: readonly string[],
  options: { readonly terminal?: TerminalSize; readonly clock: Clock },
): Session {
  const { terminal, clock } = options;
  const child = spawnSession(place, command, terminal);
  const ended = new Promise<{ code?: number; signal?: string }>((resolve) => {
    child.once("error", () => resolve({ code: 127 })); // the machine refused to start it
    child.once("exit", (code, signal) => resolve(signal === null ? { code: code ?? 0 } : { signal }));
  });
  child.stdin?.on("error", () => undefined); // it ended before it read: `ended` says so
  let isClosed = false;
  return {
    output: outputOf(child),
    ended,
    write: async (data) =>
      await new Promise<void>((resolve) => {
        // A session that is over takes no more; its end is told by `ended`.
        if (child.stdin?.writable !== true) resolve();
        else child.stdin.write(data, () => resolve());
      }),
    endInput: () => void child.stdin?.end(),
    resize: (columns, rows) => {
      if (terminal !== undefined) setSize(child, place, { columns, rows });
    },
    close: () => {
      if (isClosed) return;
      isClosed = true;
      hangUp(child, clock);
    },
  };
}

function spawnSession(
  place: BesidePlace,
  command: readonly string[],
  terminal: TerminalSize | undefined,
): ChildProcess {
  const stdio = ["pipe", "pipe", "pipe"] as const;
  if (terminal === undefined) return spawnBeside(place, command, { stdio, newSession: true });
  const around = (words: readonly string[]) => terminalWords(place, words, terminal);
  const typed = ["/usr/bin/env", "TERM=xterm-256color", ...command];
  // Only root's sandboxes have terminals of their own; a program in one of those can open its terminal by name.
  if (place.facts.isRoot && place.facts.bubblewrap.usable)
    return spawnBeside(place, around(typed), { stdio, newSession: false });
  return spawnBeside(place, typed, { stdio, newSession: false, around });
}

/** Both streams as their chunks come; a reader that does not read holds the command back. */
async function* outputOf(child: ChildProcess): AsyncGenerator<SessionChunk> {
  const waiting: SessionChunk[] = [];
  const open = new Set(["stdout", "stderr"]);
  let wake = Promise.withResolvers<void>();
  const streams: readonly (readonly ["stdout" | "stderr", Readable | null])[] = [
    ["stdout", child.stdout],
    ["stderr", child.stderr],
  ];
  for (const [stream, readable] of streams) {
    readable?.on("data", (data: Buffer) => {
      waiting.push({ stream, data });
      readable.pause();
      wake.resolve();
    });
    readable?.on("error", () => undefined); // `close` follows
    readable?.once("close", () => {
      open.delete(stream);
      wake.resolve();
    });
  }
  while (open.size > 0 || waiting.length > 0) {
    const next = waiting.shift();
    if (next === undefined) {
      await wake.promise;
      wake = Promise.withResolvers();
      continue;
    }
    yield next;
    (next.stream === "stdout" ? child.stdout : child.stderr)?.resume();
  }
}

function terminalWords(place: BesidePlace, command: readonly string[], size: TerminalSize): string[] {
  const { script = "script", stty = "stty" } = place.facts.programs;
  const { columns, rows } = bounded(size);
  const quoted = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const line = `${stty} rows ${rows} cols ${columns}; exec ${quoted}`;
  return [script, "-qfec", line, "/dev/null"];
}

function setSize(child: ChildProcess, place: BesidePlace, size: TerminalSize): void {
  const { stty } = place.facts.programs;
  const holder = child.pid === undefined ? undefined : terminalHolder(treeOf(child.pid));
  if (stty === undefined || holder === undefined) return;
  const { columns, rows } = bounded(size);
  const words = ["-F", `/proc/${holder}/fd/0`, "rows", String(rows), "cols", String(columns)];
  spawn(stty, words, { stdio: "ignore", env: setupEnvironment }).on("error", () => undefined); // the size stays as it was
}

function bounded({ columns, rows }: TerminalSize): TerminalSize {
  const side = (value: number) => Math.max(1, Math.min(maxSide, Math.trunc(value)));
  return { columns: side(columns), rows: side(rows) };
}

function hangUp(child: ChildProcess, clock: Clock): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const tree = treeOf(child.pid);
  for (const pid of tree.toReversed()) signalPid(pid, "SIGHUP");
  child.stdin?.destroy();
  clock.after(mercyMs, () => endTree(child));
}
