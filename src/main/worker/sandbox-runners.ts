import { join } from "node:path";
import { VdcError } from "#api/errors.ts";
import type { TaskCall, TaskOutcome, TaskRunner, TaskRunners } from "#burst/worker/ports.ts";
import { sandboxFacts, type SandboxFacts } from "#drivers/sandbox/facts.ts";
import { launchSandbox, type ProcessResult, type Sandbox } from "#drivers/sandbox/launch.ts";
import type { SandboxSpec } from "#drivers/sandbox/spec.ts";
import {
  lastWords,
  NoOutputs,
  outputsOf,
  readBounded,
  roomFor,
  TooMuchOutput,
} from "#drivers/task-sandbox/read-outputs.ts";
import { TaskFolder } from "#drivers/task-sandbox/task-folder.ts";
import { systemClock } from "#lib/clock.ts";
import { repositoryRoot } from "#main/repository.ts";

type SandboxLevel = "js" | "native";

/** Nobody: the account of tasks when the worker is root. */
const account = { uid: 65_534, gid: 65_534 };
const maxWords = 2_000;
/** Threads count as processes; Node has about a dozen. */
const processes = 64;
const openFiles = 256;
/** Node itself, beside what the task may use. */
const runtimeBytes = 128 * 1024 * 1024;

/** Runs a program with its outputs as files in the sandbox's memory, then writes their lengths and them. */
const nativeScript =
  'mkdir /tmp/outputs && cd /tmp/outputs || exit 125; n="$1"; shift; "$@" >/dev/null || exit 1; ' +
  'i=0; sizes=; while [ "$i" -lt "$n" ]; do [ -f "$i" ] || exit 124; sizes="$sizes $(wc -c < "$i")"; i=$((i+1)); done; ' +
  'echo $sizes; i=0; while [ "$i" -lt "$n" ]; do cat "$i"; i=$((i+1)); done';

/**
 * Runs tasks of these levels, each in a sandbox of its own: no network, a read-only system, no account, no processes of others, the filter of system calls, bounds by
 * control groups. Throws `VdcError` `unsupported` where bubblewrap does not work: without it nothing would hold such a task.
 */
export function sandboxRunners(levels: readonly SandboxLevel[]): TaskRunners {
  const facts = sandboxFacts();
  if (!facts.bubblewrap.usable)
    throw new VdcError(
      "unsupported",
      `Tasks of level ${levels.join(" and ")} cannot run here: ${facts.bubblewrap.reason}.`,
    );
  return Object.fromEntries(levels.map((level) => [level, sandboxRunner(level, facts)]));
}

let lastTask = 0;

function sandboxRunner(level: SandboxLevel, facts: SandboxFacts): TaskRunner {
  return {
    run: async (call, signal) => {
      const { code, ...files } = call;
      if (code.level !== level) return { kind: "worker", message: `this runs tasks of level ${level} only` };
      await using folder = await TaskFolder.make({ ...files, code: code.bytes });
      signal.throwIfAborted();
      const sandbox = await launchSandbox(specOf(level, folder, call), facts);
      const stop = () => sandbox.kill();
      signal.addEventListener("abort", stop, { once: true });
      if (signal.aborted) stop();
      try {
        return await outcomeOf(sandbox, call);
      } finally {
        signal.removeEventListener("abort", stop);
        await sandbox.removeGroup(systemClock);
        signal.throwIfAborted();
      }
    },
  };
}

function specOf(level: SandboxLevel, folder: TaskFolder, call: TaskCall): SandboxSpec {
  lastTask += 1;
  const memoryBytes = level === "js" ? call.memoryBytes + runtimeBytes : call.memoryBytes;
  return {
    id: `task_${process.pid}_${lastTask}`,
    hostname: "task",
    command: level === "js" ? jsCommand(call) : nativeCommand(call),
    workingDirectory: "/tmp",
    environment: { PATH: "/usr/bin:/bin", HOME: "/tmp", LC_ALL: "C.UTF-8" },
    readOnly: [{ from: folder.path, to: "/task" }, ...(level === "js" ? runtime : [])],
    volumes: [],
    secretFiles: {},
    account,
    limits: { memoryBytes, cpuMillicores: 1_000, processes, openFiles },
    network: "none",
  };
}

const runtime = [
  { from: process.execPath, to: "/runtime/node" },
  { from: join(repositoryRoot, "src/drivers/task-sandbox/js-program.ts"), to: "/runtime/js-program.ts" },
];

/** The permission model is a second fence inside the first: no files but the task's, no processes, threads, add-ons, network or inspector. */
function jsCommand({ memoryBytes }: TaskCall): string[] {
  return [
    "/runtime/node",
    "--permission",
    "--allow-fs-read=/task/",
    "--allow-fs-read=/runtime/js-program.ts",
    "--disallow-code-generation-from-strings",
    "--disable-proto=throw",
    "--disable-warning=ExperimentalWarning",
    `--max-old-space-size=${Math.max(16, Math.floor(memoryBytes / 1024 ** 2))}`,
    "/runtime/js-program.ts",
  ];
}

function nativeCommand({ fn, args, inputs, outputs }: TaskCall): string[] {
  const files = inputs.map((_, index) => `/task/inputs/${index}`);
  return [
    "/bin/sh",
    "-c",
    nativeScript,
    "sh",
    String(outputs),
    "/task/code",
    fn,
    ...args.map(String),
    ...files,
  ];
}

async function outcomeOf(sandbox: Sandbox, call: TaskCall): Promise<TaskOutcome> {
  const words = lastWords(sandbox.stderr, maxWords);
  const reading = readBounded(sandbox.stdout, roomFor(call.outputs, call.memoryBytes));
  // More than it may: nobody reads on, so it must not wait for us for ever.
  reading.catch(() => sandbox.kill());
  try {
    const [written, end, said] = await Promise.all([reading, sandbox.ended, words]);
    return failureOf(end, said) ?? { kind: "done", outputs: outputsOf(written) };
  } catch (error) {
    await sandbox.ended;
    if (error instanceof TooMuchOutput) return { kind: "memory", message: error.message };
    if (error instanceof NoOutputs) return { kind: "trap", message: error.message };
    throw error;
  }
}

function failureOf(end: ProcessResult, said: string): TaskOutcome | undefined {
  if (end.outOfMemory || end.signal === "SIGABRT" || end.signal === "SIGTRAP")
    return { kind: "memory", message: "it ran out of memory" };
  if (end.code === 0) return undefined;
  const how =
    end.signal === undefined ? `it ended with status ${end.code ?? "unknown"}` : `it ended by ${end.signal}`;
  return { kind: "trap", message: said === "" ? how : said };
}
