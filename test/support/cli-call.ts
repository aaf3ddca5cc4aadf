import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kindRegistry, kinds } from "#api/kinds.ts";
import type { KindDefinition } from "#api/kind.ts";
import { Interrupted, interruptedStatus, type CliIo, type RawTerminal } from "#cli/io.ts";
import type { CliPorts } from "#cli/ports.ts";
import { runAppLogs } from "#cli/commands/app-logs.ts";
import { registerLocalCommands } from "#cli/local/commands.ts";
import { run, type Extension } from "#cli/run.ts";
import { createPorts } from "#main/cli-ports.ts";
import { localActions } from "#main/local/actions.ts";
import { waitFor } from "#test/support/wait-for.ts";

export interface CliWorld extends Disposable {
  /** A home of its own: no configuration of the person who runs the tests is touched. */
  readonly home: string;
  call(words: readonly string[], given?: CliGiven): Promise<CliResult>;
  /** Begins a call that goes on until it is stopped. */
  start(words: readonly string[], given?: CliGiven): RunningCli;
}

export interface CliGiven {
  readonly env?: Readonly<Record<string, string>>;
  /** What stdin holds; with `answers` stdin is a terminal at which somebody types them. */
  readonly stdin?: string;
  readonly answers?: readonly string[];
  /** Whether stdout and stderr are terminals. */
  readonly terminal?: boolean;
  /** For `exec -t`. */
  readonly rawTerminal?: RawTerminal;
}

export interface CliResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Waits until stdout holds the text. */
  says(text: string): Promise<void>;
  /** Ctrl-C. */
  stop(): Promise<CliResult>;
  readonly ended: Promise<CliResult>;
}

/** The CLI in this process with real ports; only the terminal and the home are the test's. */
export function cliWorld(
  options: {
    /** Stands for the default data directory's socket. */
    readonly socketPath?: string;
    readonly kinds?: readonly KindDefinition[];
    readonly ports?: Partial<CliPorts>;
    /** With the verbs of this machine, `logs` among them; they find no data center here. */
    readonly local?: boolean;
  } = {},
): CliWorld {
  const home = mkdtempSync(join(tmpdir(), "vdc-cli-"));
  const ports: CliPorts = {
    ...createPorts({ env: {}, cwd: home }),
    kinds: kindRegistry([...kinds.values(), ...(options.kinds ?? [])]),
    hostname: "test-host",
    homeDirectory: home,
    controlSocket: (data) =>
      data === undefined
        ? (options.socketPath ?? join(home, "none.sock"))
        : join(data, "run", "control.sock"),
    ...options.ports,
  };
  const start = (words: readonly string[], given: CliGiven = {}) =>
    begin(words, given, { home, ports, local: options.local === true });
  return {
    home,
    start,
    call: (words, given) => start(words, given).ended,
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  };
}

function begin(
  words: readonly string[],
  given: CliGiven,
  { home, ports, local }: { readonly home: string; readonly ports: CliPorts; readonly local: boolean },
): RunningCli {
  const written = { stdout: "", stderr: "" };
  const stop = new AbortController();
  const answers = [...(given.answers ?? [])];
  const io: CliIo = {
    stdout: (text) => void (written.stdout += text),
    stderr: (text) => void (written.stderr += text),
    isTty: {
      stdin: given.answers !== undefined,
      stdout: given.terminal === true,
      stderr: given.terminal === true || given.answers !== undefined,
    },
    env: { HOME: home, ...(local ? { VDC_DATA: join(home, "none") } : {}), ...given.env },
    cwd: home,
    readLine: (question) => {
      written.stderr += question;
      return Promise.resolve(answers.shift());
    },
    readAll: () => Promise.resolve(given.stdin ?? ""),
    readChunks: async function* () {
      if (given.stdin !== undefined) yield await Promise.resolve(Buffer.from(given.stdin));
    },
    writeBytes: (to, bytes) => {
      written[to] += Buffer.from(bytes).toString("utf8");
      return Promise.resolve();
    },
    rawTerminal: () => given.rawTerminal,
    signal: stop.signal,
    ports: () => Promise.resolve(ports),
  };
  const extend: Extension = (program, exit) => {
    const appLogs = async (named: readonly string[], flags: Readonly<Record<string, unknown>>) =>
      await runAppLogs(io, named, flags);
    registerLocalCommands(program, io, { actions: localActions, appLogs, clock: ports.clock, exit });
  };
  const ended = run(words, io, { version: "0.0.0-test", ...(local ? { extend } : {}) }).then((status) => ({
    status,
    ...written,
  }));
  return {
    stdout: () => written.stdout,
    stderr: () => written.stderr,
    says: async (text) => {
      const found = await waitFor(() => (written.stdout.includes(text) ? true : undefined), {
        withinMs: 10_000,
        what: `stdout holds ${JSON.stringify(text)}`,
      }).catch((error: unknown) => {
        throw new Error(`stdout is ${JSON.stringify(written.stdout)}, stderr ${written.stderr}`, {
          cause: error,
        });
      });
      void found;
    },
    stop: () => {
      stop.abort(new Interrupted(interruptedStatus));
      return ended;
    },
    ended,
  };
}
