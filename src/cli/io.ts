import type { CliPorts } from "#cli/ports.ts";

/**
 * All that the CLI has of the process it runs in: tests pass one of their own. Results go to stdout, talk goes
 * to stderr; nothing else in the CLI writes anywhere.
 */
export interface CliIo {
  stdout(text: string): void;
  stderr(text: string): void;
  readonly isTty: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Asks on the terminal (stderr) and reads a line; undefined at the end of input. `secret` does not echo. */
  readLine(question: string, options?: { readonly secret?: boolean }): Promise<string | undefined>;
  /** The whole of stdin. Throws `too-large` past `maxBytes`. */
  readAll(maxBytes: number): Promise<string>;
  /** Stdin as it comes, until its end or the signal's. One reader; stdin waits while it does not read. */
  readChunks(signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Bytes as they are; resolves when more can be taken. */
  writeBytes(to: "stdout" | "stderr", bytes: Uint8Array): Promise<void>;
  /** Puts the terminal into raw mode until it is disposed, however this process ends. Undefined where stdin is none. */
  rawTerminal(): RawTerminal | undefined;
  /** Aborts at Ctrl-C, at SIGTERM, and when the reader of stdout has gone. */
  readonly signal: AbortSignal;
  /** The machine's files, sockets and clock, loaded when a command first needs them: `--help` does not. */
  ports(): Promise<CliPorts>;
}

/** A terminal whose keys arrive one by one, Ctrl-C among them. */
export interface RawTerminal extends Disposable {
  size(): { readonly columns: number; readonly rows: number };
  onResize(changed: () => void): void;
}

/** Why `CliIo.signal` aborts. The command line ends with this status and says nothing more. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly exitStatus: number;

  constructor(exitStatus: number) {
    super("interrupted");
    this.exitStatus = exitStatus;
  }
}

/** Exit status after Ctrl-C, as shells give it: 128 and the signal's number. */
export const interruptedStatus = 130;
