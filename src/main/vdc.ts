import { registerLocalCommands } from "#cli/local/commands.ts";
import { run } from "#cli/run.ts";
import { systemClock } from "#lib/clock.ts";
import { localActions } from "#main/local/actions.ts";
import { processIo } from "#main/process-io.ts";
import { version } from "#main/version.ts";

/** The command line: what `./vdc WORDS` runs. */
const io = processIo();
const cliIo = {
  ...io,
  // Loaded by the commands that talk to a data center; `--help` and `up` stay light.
  ports: async () => (await import("#main/cli-ports.ts")).createPorts({ env: io.env, cwd: io.cwd }),
};
const appLogs = async (words: readonly string[], options: Readonly<Record<string, unknown>>) => {
  const { runAppLogs } = await import("#cli/commands/app-logs.ts");
  await runAppLogs(cliIo, words, options);
};
process.exitCode = await run(process.argv.slice(2), cliIo, {
  version,
  extend: (program, exit) =>
    registerLocalCommands(program, cliIo, { actions: localActions, appLogs, clock: systemClock, exit }),
});
// What was interrupted may still have a connection open, and nobody waits for its answer.
if (io.signal.aborted) process.exit();
