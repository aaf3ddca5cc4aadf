import { createInterface } from "node:readline";
import { isatty } from "node:tty";
import { errorTable, VdcError } from "#api/errors.ts";
import { Interrupted, interruptedStatus, type CliIo } from "#cli/io.ts";

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
