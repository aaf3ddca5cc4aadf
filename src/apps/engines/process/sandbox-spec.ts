import type { InstanceRun } from "#apps/engine.ts";
import type { RuntimePlace } from "#apps/engines/process/protocol.ts";
import type { SandboxSpec } from "#drivers/sandbox/spec.ts";

/** System accounts of apps, by `accountIndex`. Above what distributions and containers give out. */
export const firstAccount = 600_000;
/** Processes and threads of an instance that asks for no limit: enough for anything but a fork bomb. */
const defaultProcesses = 1_024;
const defaultOpenFiles = 65_536;
const systemPath = "/usr/local/bin:/usr/bin:/bin";

/** The sandbox of a run. Pure: the shim, hooks and commands all get the same. */
export function sandboxSpec(run: InstanceRun, runtime: RuntimePlace): SandboxSpec {
  const { component, environment } = run;
  const path = [runtime.path, environment["PATH"] ?? systemPath]
    .filter((part) => part !== undefined)
    .join(":");
  const account = firstAccount + run.accountIndex;
  const { memoryBytes, cpuMillicores, processes, openFiles } = component.limits;
  return {
    id: run.id,
    hostname: run.identity.instance,
    command: component.command,
    workingDirectory: component.workingDirectory,
    environment: { HOME: "/tmp", LANG: "C.UTF-8", ...environment, PATH: path },
    readOnly: runtime.readOnly,
    ...(run.artifactDirectory === undefined ? {} : { artifactDirectory: run.artifactDirectory }),
    volumes: run.volumes,
    secretFiles: run.secretFiles,
    account: { uid: account, gid: account },
    limits: {
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      ...(cpuMillicores === undefined ? {} : { cpuMillicores }),
      processes: processes ?? defaultProcesses,
      openFiles: openFiles ?? defaultOpenFiles,
    },
  };
}
