import { createInterface } from "node:readline";
import { VdcError } from "#api/errors.ts";
import type { CliIo } from "#cli/io.ts";

/** The CLI's world as this process has it. */
export function processIo(): Omit<CliIo, "ports"> {
  const stop = new AbortController();
  const abort = () => stop.abort();
  process.once("SIGINT", abort).once("SIGTERM", abort);
  // `vdc logs | head` closes our output early: that ends the command, it is no fault.
  process.stdout.on("error", abort);
  return {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    isTty: { stdin: process.stdin.isTTY, stdout: process.stdout.isTTY, stderr: process.stderr.isTTY },
    env: process.env,
    cwd: process.cwd(),
    readLine,
    readAll,
    signal: stop.signal,
  };
}

async function readLine(
  question: string,
  options: { readonly secret?: boolean } = {},
): Promise<string | undefined> {
  process.stderr.write(question);
  const secret = options.secret === true && process.stdin.isTTY;
  // Without an output readline echoes nothing; the terminal itself must be told, too.
  const lines = createInterface({ input: process.stdin, terminal: secret });
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
