import { createInterface } from "node:readline";
import { isatty } from "node:tty";
import { errorTable, VdcError } from "#api/errors.ts";
import { Interrupted, interruptedStatus, type CliIo, type RawTerminal } from "#cli/io.ts";

/** Exit status after SIGTERM, as shells give it. */
const terminatedStatus = 143;

/** The CLI's world as this process has it. */
export function processIo(): CliIo {
  const stop = new AbortController();
  const abort = (exitStatus: number) => () => stop.abort(new Interrupted(exitStatus));
  process.once("SIGINT", abort(interruptedStatus)).once("SIGTERM", abort(terminatedStatus));
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // `vdc logs | head` closes our output early: that ends the command, it is no fault.
    if (error.code === "EPIPE") return abort(0)();
    process.stderr.write(`error: the output cannot be written (${error.code ?? "unknown"})\n`);
    // The status may have been given already: output is written behind.
    process.exitCode = errorTable.fault.exit;
    abort(errorTable.fault.exit)();
  });
  return {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    isTty: { stdin: isatty(0), stdout: isatty(1), stderr: isatty(2) },
    env: process.env,
    cwd: process.cwd(),
    readLine,
    readAll,
    readChunks,
    writeBytes,
    rawTerminal,
    signal: stop.signal,
    ports: async () => {
      const { createPorts } = await import("#main/cli-ports.ts");
      return createPorts();
    },
  };
}

async function readLine(
  question: string,
  options: { readonly secret?: boolean } = {},
): Promise<string | undefined> {
  const secret = options.secret === true && process.stdin.isTTY;
  // Without an output readline echoes nothing; the terminal itself must be told, too, and before the question is
  // seen: what is typed ahead would be echoed.
  const lines = createInterface({ input: process.stdin, terminal: secret });
  // A terminal in raw mode sends Ctrl-C as a character.
  lines.once("SIGINT", () => process.kill(process.pid, "SIGINT"));
  process.stderr.write(question);
  try {
    return await new Promise((resolve) =>
      lines.once("line", resolve).once("close", () => resolve(undefined)),
    );
  } finally {
    lines.close();
    if (secret) process.stderr.write("\n");
  }
}

async function readAll(maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    const part = chunk as Buffer; // stdin without an encoding gives buffers
    bytes += part.length;
    if (bytes > maxBytes) throw new VdcError("too-large", `the input is larger than ${maxBytes} bytes`);
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function* readChunks(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const { stdin } = process;
  const state: { waiting: Buffer[]; isEnded: boolean; wake?: () => void } = { waiting: [], isEnded: false };
  const take = (chunk: Buffer) => {
    state.waiting.push(chunk);
    stdin.pause();
    state.wake?.();
  };
  const end = () => {
    state.isEnded = true;
    state.wake?.();
  };
  stdin.on("data", take).on("end", end).on("error", end);
  signal.addEventListener("abort", end, { once: true });
  try {
    while (!signal.aborted) {
      const next = state.waiting.shift();
      if (next !== undefined) yield next;
      else if (state.isEnded || stdin.readableEnded) return;
      else {
        const woken = new Promise<void>((resolve) => (state.wake = resolve));
        stdin.resume();
        await woken;
      }
    }
  } finally {
    stdin.off("data", take).off("end", end).off("error", end).pause();
    signal.removeEventListener("abort", end);
  }
}

function writeBytes(to: "stdout" | "stderr", bytes: Uint8Array): Promise<void> {
  // A reader that has gone is told of by the stream's `error`; the bytes are then nobody's.
  return new Promise((resolve) => process[to].write(bytes, () => resolve()));
}

function rawTerminal(): RawTerminal | undefined {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY) return undefined;
  const before = stdin.isRaw;
  let resized: (() => void) | undefined;
  const restore = () => {
    stdin.setRawMode(before);
    if (resized !== undefined) stdout.off("resize", resized);
    process.off("exit", restore);
  };
  stdin.setRawMode(true);
  process.once("exit", restore);
  return {
    // A terminal that does not know its size says 0; it gets the usual one.
    size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
    onResize: (changed) => {
      resized = changed;
      stdout.on("resize", changed);
    },
    [Symbol.dispose]: restore,
  };
}
