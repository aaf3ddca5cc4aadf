import { closeSync, readFileSync, readdirSync } from "node:fs";

/** O_CLOEXEC in the `flags` of /proc/self/fdinfo, which are octal. */
const closeOnExec = 0o2000000;

/**
 * Closes what this process inherited from whoever started it and would pass on to the programs that it starts. To be called
 * before anything else is opened: Node itself opens everything with close-on-exec.
 */
export function closeInheritedDescriptors(): void {
  for (const name of readdirSync("/proc/self/fd")) {
    const descriptor = Number(name);
    if (descriptor <= 2) continue;
    try {
      const flags = /^flags:\s+([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${name}`, "utf8"))?.[1];
      if (flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0) closeSync(descriptor);
    } catch {
      // It was the descriptor by which the folder was read.
    }
  }
}
