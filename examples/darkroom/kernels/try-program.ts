import { spawnSync } from "node:child_process";

/** Whether an optional program is on this machine; tests that compare with it skip by its name when it does not. */
export function hasProgram(name: string, argument = "-version"): boolean {
  return spawnSync(name, [argument], { stdio: "ignore" }).error === undefined;
}

/** Runs a program with bytes on its standard input, and gives what it writes. Throws with its own words when it fails. */
export function runProgram(name: string, args: readonly string[], input?: Uint8Array): Buffer {
  const result = spawnSync(name, args, { input: input ?? Buffer.alloc(0), maxBuffer: 2 ** 28 });
  if (result.status !== 0) throw new Error(`${name} failed: ${result.stderr.toString()}`);
  return result.stdout;
}
