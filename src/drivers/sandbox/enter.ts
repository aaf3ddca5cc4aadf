import { accountWords, capabilityArguments } from "#drivers/sandbox/arguments.ts";
import type { SandboxFacts } from "#drivers/sandbox/facts.ts";
import { limitWords } from "#drivers/sandbox/launch.ts";
import type { SandboxSpec } from "#drivers/sandbox/spec.ts";

/** Where a command goes: into the namespaces that this process holds. */
export interface BesidePlace {
  readonly spec: SandboxSpec;
  readonly facts: SandboxFacts;
  readonly holder: number;
  readonly cgroupFolders: readonly string[];
}

/**
 * The words that run a command beside an instance: its groups and limits, its namespaces (nsenter), then a second bubblewrap that
 * only loads the filter and drops capabilities, then the app's account. The environment is the script that lies in the sandbox.
 */
export function besideWords(
  place: BesidePlace,
  command: readonly string[],
  options: { readonly filterDescriptor: number; readonly newSession: boolean },
): string[] {
  const { spec, facts, holder, cgroupFolders } = place;
  const { nsenter = "nsenter", bwrap = "bwrap" } = facts.programs;
  const namespaces = ["--mount", "--pid", "--ipc", "--uts"];
  const user = facts.isRoot ? [] : ["--user", "--preserve-credentials"];
  const filter = facts.filterArch === undefined ? [] : ["--seccomp", String(options.filterDescriptor)];
  const wrap = [
    bwrap,
    "--dev-bind",
    "/",
    "/",
    "--die-with-parent",
    ...(options.newSession ? ["--new-session"] : []),
    ...capabilityArguments(facts.isRoot),
    "--chdir",
    spec.workingDirectory,
    ...filter,
    "--",
    ...accountWords(spec.account, facts, command),
  ];
  const enter = [nsenter, "--target", String(holder), ...user, ...namespaces, "--", ...wrap];
  return limitWords(spec, facts, { folders: cgroupFolders }, enter);
}
