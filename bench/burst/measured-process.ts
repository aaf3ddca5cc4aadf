import { spawn } from "node:child_process";

/** What a process and its children took. */
export interface Took {
  readonly wall: number;
  /** User and system time, in seconds. */
  readonly cpu: number;
  /** Of the largest process among them, in bytes. */
  readonly residentBytes: number;
  readonly stdout: string;
}

const timeProgram = "/usr/bin/time";
const marker = "measured";

/** Runs a program to its end under GNU time. Rejects with its own words when it fails. */
export async function measured(command: string, args: readonly string[], cwd?: string): Promise<Took> {
  const words = ["-q", "-f", `${marker} %e %U %S %M`, command, ...args];
  const child = spawn(timeProgram, words, { stdio: ["ignore", "pipe", "pipe"], cwd });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  });
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${stderr.slice(-2_000)}`);
  const line = stderr.split("\n").findLast((text) => text.startsWith(marker));
  const [wall = 0, user = 0, system = 0, kibibytes = 0] = line?.split(" ").slice(1).map(Number) ?? [];
  return { wall, cpu: user + system, residentBytes: kibibytes * 1024, stdout };
}
