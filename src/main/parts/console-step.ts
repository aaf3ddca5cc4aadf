import { execFile } from "node:child_process";
import { join } from "node:path";
import type { ConsoleBuild } from "#main/console-build.ts";
import { repositoryRoot } from "#main/repository.ts";
import type { PartReport, Step } from "#main/supervisor/part.ts";

const limits = { timeout: 200_000, maxBuffer: 1024 * 1024 } as const;

/**
 * Brings the built console up to date. Even the look whether it is happens in a process of its own: reading and hashing its
 * sources would stay in the supervisor's memory. A console that does not build is told, and does not keep the API down.
 */
export function consoleStep(fallbackDirectory: string): {
  readonly step: Step;
  readonly directory: () => string | undefined;
} {
  let directory: string | undefined;
  const run = async (signal: AbortSignal): Promise<PartReport | undefined> => {
    const result = await runBuild(fallbackDirectory, signal);
    if (result.kind === "no-sources") return undefined;
    directory = result.directory;
    if (result.kind !== "failed") return result.kind === "built" ? { label: "built" } : undefined;
    const left =
      result.directory === undefined ? "there is none until this is solved" : "an older one is served";
    return { label: "failed", note: `${result.reason}; ${left}` };
  };
  return { step: { kind: "step", name: "console", dependsOn: [], run }, directory: () => directory };
}

async function runBuild(fallbackDirectory: string, signal: AbortSignal): Promise<ConsoleBuild> {
  const program = join(repositoryRoot, "src/main/console-build.ts");
  const words = ["--disable-warning=ExperimentalWarning", program, repositoryRoot, fallbackDirectory];
  return await new Promise((resolve) => {
    execFile(process.execPath, words, { ...limits, cwd: repositoryRoot, signal }, (error, stdout, stderr) => {
      if (error === null) resolve(JSON.parse(stdout) as ConsoleBuild); // our own program's only output
      else
        resolve({
          kind: "failed",
          reason: `its build ended early: ${stderr.trim().split("\n").at(-1) ?? ""}`,
        });
    });
  });
}
