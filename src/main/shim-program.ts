import { spawn } from "node:child_process";
import { join } from "node:path";
import type { ShimProgram } from "#apps/engines/process/shims.ts";
import { repositoryRoot } from "#main/repository.ts";

/**
 * There are many shims, and each makes hardly any garbage: unused heap would stay resident. No flags that change how V8 compiles (`--no-opt` was
 * tried): Node's own modules come with compiled code that V8 refuses then, and a start costs half as much again.
 */
const nodeFlags = ["--disable-warning=ExperimentalWarning", "--max-semi-space-size=1"];

/** Runs the program once for nothing but its compiled code: the first instance after an upgrade need not wait for it. */
export function warmShim({ words, environment }: ShimProgram): void {
  const [program = "", ...rest] = words;
  const child = spawn(program, rest, { env: environment, cwd: "/", stdio: "ignore" });
  child.on("error", () => undefined); // then the first shim does it itself
  child.unref();
}

/** How a shim is started: our own Node, its program, and an environment that holds nothing of ours. */
export function shimProgram(compileCache = process.env["NODE_COMPILE_CACHE"]): ShimProgram {
  const cache: Record<string, string> =
    compileCache === undefined ? {} : { NODE_COMPILE_CACHE: compileCache };
  return {
    words: [process.execPath, ...nodeFlags, join(repositoryRoot, "src/main/shim.ts")],
    environment: { PATH: "/usr/bin:/bin", ...cache },
  };
}
