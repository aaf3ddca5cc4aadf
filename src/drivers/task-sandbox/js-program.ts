import { readFileSync, writeSync } from "node:fs";

/**
 * Runs inside the sandbox, once for each task: loads the module, calls its function with numbers and byte strings, and writes the byte strings that it answers. Nothing here
 * protects anything: the module can change all of it, and only hurts its own task.
 */
// Also for what is thrown below, and for promises that nobody waits for.
process.on("uncaughtException", (error: unknown) => {
  writeSync(2, error instanceof Error ? error.message : String(error));
  process.exit(1);
});
const call = JSON.parse(readFileSync("/task/call.json", "utf8")) as {
  readonly fn: string;
  readonly args: readonly number[];
  readonly inputs: number;
}; // written by TaskFolder
const inputs = Array.from(
  { length: call.inputs },
  (_, index) => new Uint8Array(readFileSync(`/task/inputs/${index}`)),
);
const code = readFileSync("/task/code", "base64");
const module = (await import(`data:text/javascript;base64,${code}`)) as Record<string, unknown>; // what it exports is looked at next
const run = module[call.fn];
if (typeof run !== "function") throw new Error(`the module has no function ${call.fn}`);
const answer: unknown = await run(call.args, inputs);
if (!Array.isArray(answer) || !answer.every((each) => each instanceof Uint8Array))
  throw new Error("the function did not answer byte strings");
const outputs: readonly Uint8Array[] = answer;
writeAll(Buffer.from(`${outputs.map(({ length }) => length).join(" ")}\n`));
for (const output of outputs) writeAll(output);
process.exit(0);

function writeAll(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(1, bytes, at);
}
