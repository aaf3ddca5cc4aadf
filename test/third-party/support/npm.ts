import { spawn } from "node:child_process";
import { cpSync, mkdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

/** An installation of a few hundred packages on a busy machine with an empty cache. */
const installWithinMs = 180_000;

export interface NpmOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs the machine's npm on the Node of this test; gives what it printed, or throws with everything that it said. */
export async function npm(words: readonly string[], { cwd, env = {} }: NpmOptions): Promise<string> {
  return await new Promise((resolve, reject) => {
    const child = spawn("npm", words, {
      cwd,
      env: {
        ...process.env,
        PATH: `${dirname(process.execPath)}${delimiter}${process.env["PATH"] ?? ""}`,
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: installWithinMs,
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => (stdout += String(chunk)));
    child.stderr.on("data", (chunk) => (stderr += String(chunk)));
    child.once("error", reject);
    child.once("close", (status) =>
      status === 0
        ? resolve(stdout)
        : reject(new Error(`npm ${words.join(" ")} ended with ${status}:\n${stdout}${stderr}`)),
    );
  });
}

/** Copies a folder of this directory, and installs one exact version of the software into the copy. */
export async function installInto(folder: string, source: string, software: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  cpSync(join(import.meta.dirname, "..", source), folder, { recursive: true });
  await npm(
    ["install", "--save-exact", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", software],
    { cwd: folder },
  );
}
