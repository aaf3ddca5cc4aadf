import { CommanderError, type Command } from "commander";
import { VdcError } from "#api/errors.ts";
import { CommandUsageError } from "#cli/declare.ts";
import { Interrupted, interruptedStatus, type CliIo } from "#cli/io.ts";
import { createProgram } from "#cli/program.ts";
import { usageStatus } from "#cli/usage-error.ts";

/** Adds the verbs of this machine to the tree; `exit` sets the status of the call. */
export type Extension = (program: Command, exit: (status: number) => void) => void;

/**
 * Runs one command line and gives its exit status: 0, `errorTable`'s status of what went wrong, 2 for wrong
 * usage, 130 after Ctrl-C. Never throws.
 */
export async function run(
  argv: readonly string[],
  io: CliIo,
  options: { readonly extend?: Extension; readonly version?: string } = {},
): Promise<number> {
  const program = createProgram(io, options.version === undefined ? {} : { version: options.version });
  options.extend?.(program, (status) => {
    program.exitStatus = status;
  });
  try {
    if (argv.length === 0) {
      program.outputHelp({ error: true });
      return usageStatus;
    }
    await program.parseAsync([...argv], { from: "user" });
    return program.exitStatus;
  } catch (error) {
    return failureStatus(error, io);
  }
}

async function failureStatus(error: unknown, io: CliIo): Promise<number> {
  if (error instanceof Interrupted) return error.exitStatus;
  if (io.signal.aborted)
    return io.signal.reason instanceof Interrupted ? io.signal.reason.exitStatus : interruptedStatus;
  // Help and version end by this; a group of commands without its verb shows help, and that is wrong usage.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageStatus;
  const { errorText } = await import("#cli/output/error-text.ts");
  if (error instanceof CommandUsageError) {
    io.stderr(errorText.usage(error));
    return usageStatus;
  }
  if (error instanceof Error && error.name === "VdcFileError") {
    io.stderr(errorText.file(error));
    return usageStatus;
  }
  const known =
    error instanceof VdcError
      ? error
      : new VdcError("fault", "A fault in the command line.", { cause: error });
  io.stderr(errorText.operating(known, io.env["VDC_DEBUG"] !== undefined));
  return known.exit;
}
