import { declare, HouseCommand, type Declaration } from "#cli/declare.ts";
import { appCommands } from "#cli/declarations-apps.ts";
import { accessCommands, toolCommands } from "#cli/declarations-access.ts";
import { burstCommands } from "#cli/declarations-burst.ts";
import { burstMoneyCommands } from "#cli/declarations-burst-money.ts";
import { incidentCommands } from "#cli/declarations-incidents.ts";
import { objectCommands } from "#cli/declarations-objects.ts";
import { packageCommand } from "#cli/declarations-package.ts";
import { recordCommands, resourceCommands } from "#cli/declarations-resources.ts";
import type { CliIo } from "#cli/io.ts";

const groups: readonly (readonly [heading: string, commands: readonly Declaration[]])[] = [
  ["Apps:", appCommands],
  ["Objects:", objectCommands],
  ["Burst:", [...burstCommands, ...burstMoneyCommands]],
  ["Incidents:", incidentCommands],
  ["Resources:", resourceCommands],
  ["What happens:", recordCommands],
  ["Access:", accessCommands],
  ["Tools:", [packageCommand, ...toolCommands]],
];

const examples = ["vdc up", "vdc deploy compose.yaml", "vdc get projects --watch", "vdc help contexts"];

/** The tree of commands. Only names, options and examples are loaded here; the code of a verb is, when it is called. */
export function createProgram(io: CliIo, options: { readonly version?: string } = {}): HouseCommand {
  const program = new HouseCommand("vdc");
  program
    .description("The virtual data center: runs applications, not machines.")
    .usage("COMMAND [WORDS] [OPTIONS]")
    .version(options.version ?? "unknown", "-V, --version", "print the version of this program")
    .helpOption("-h, --help", "explain a command")
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout(text),
      writeErr: (text) => io.stderr(text),
      // Colour would need a look at the terminal that commander takes at the process, not at `io`.
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      getOutHelpWidth: () => 100,
      getErrHelpWidth: () => 100,
    })
    .addHelpText("after", `\nExamples:\n${examples.map((line) => `  ${line}\n`).join("")}`);
  program.examples = examples;
  for (const [heading, declarations] of groups) {
    for (const declaration of declarations) declare(program, declaration, io, heading);
  }
  program.commandsGroup("This machine:");
  return program;
}
