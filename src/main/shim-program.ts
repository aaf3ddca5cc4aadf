import { flushCompileCache } from "node:module";
import { join } from "node:path";
import type { ShimProgram } from "#apps/engines/process/shims.ts";
import { repositoryRoot } from "#main/repository.ts";

/** There are many shims, and each makes hardly any garbage: unused heap would stay resident. */
const nodeFlags = ["--disable-warning=ExperimentalWarning", "--max-semi-space-size=1", "--no-opt"];

/**
 * Loads the shim's code here, so that shims find it compiled: one that has to strip types itself starts three times as slowly and keeps
 * the compiler, 18 MB, for the rest of its life.
 */
export async function warmShim(): Promise<void> {
  await import("#main/shim.ts");
  flushCompileCache();
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
