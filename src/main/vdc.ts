import { Command } from "commander";
import { registerLocalCommands } from "#cli/local/commands.ts";
import { systemClock } from "#lib/clock.ts";
import { localActions } from "#main/local/actions.ts";
import { processIo } from "#main/process-io.ts";

/** The command line: what `./vdc WORDS` runs. */
const io = processIo();
const program = new Command("vdc");
program.configureOutput({ writeOut: io.stdout, writeErr: io.stderr });
registerLocalCommands(program, io, {
  actions: localActions,
  clock: systemClock,
  exit: (status) => {
    process.exitCode = status;
  },
});
try {
  await program.parseAsync(process.argv.slice(2), { from: "user" });
} catch (error) {
  const { VdcError } = await import("#api/errors.ts");
  io.stderr(`vdc: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof VdcError ? error.exit : 70;
}
