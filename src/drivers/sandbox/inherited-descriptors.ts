import type { StdioOptions } from "node:child_process";
import { closeSync, openSync, readFileSync, readdirSync } from "node:fs";

/** O_CLOEXEC in the `flags` of /proc/self/fdinfo, which are octal. */
const closeOnExec = 0o2000000;

/** Descriptors beyond the three that every program that we start would get: Node opens its own with close-on-exec. */
function inheritedDescriptors(): readonly number[] {
  return readdirSync("/proc/self/fd")
    .map(Number)
    .filter((descriptor) => {
      if (descriptor <= 2) return false;
      try {
        const flags = /^flags:\s+([0-7]+)$/m.exec(
          readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8"),
        )?.[1];
        return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0;
      } catch {
        return false; // it was the descriptor by which the folder was read
      }
    });
}

/** Closes what this process inherited from whoever started it. To be called before anything else is opened. */
export function closeInheritedDescriptors(): void {
  for (const descriptor of inheritedDescriptors()) closeSync(descriptor);
}

let known: { readonly inherited: readonly number[]; readonly nothing: number } | undefined;

/** For a process that may not close what it inherited: the program that is started with this gets /dev/null in their places. */
export function coverInherited(stdio: readonly ("ignore" | "pipe")[]): StdioOptions {
  known ??= { inherited: inheritedDescriptors(), nothing: openSync("/dev/null", "r") };
  const covered: ("ignore" | "pipe" | number)[] = [...stdio];
  for (const descriptor of known.inherited) {
    if (descriptor < stdio.length) continue;
    while (covered.length < descriptor) covered.push("ignore");
    covered[descriptor] = known.nothing;
  }
  return covered;
}
