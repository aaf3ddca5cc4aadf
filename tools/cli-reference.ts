import type { Command } from "commander";
import type { CliIo } from "#cli/io.ts";
import { registerLocalCommands } from "#cli/local/commands.ts";
import { topics } from "#cli/help-topics.ts";
import { createProgram } from "#cli/program.ts";
import { table, type GeneratedFile } from "#tools/generated-file.ts";

/** docs/reference/cli.md from the tree of commands: what `vdc help` says, on one page. */
export const cliReference: GeneratedFile = {
  path: "docs/reference/cli.md",
  generate: () => {
    const program = wholeProgram();
    const commands = program.commands.filter(isShown);
    const overview = table(
      ["command", "what it does"],
      commands.map((command) => [`[\`vdc ${command.name()}\`](#vdc-${command.name()})`, summaryOf(command)]),
    );
    return `# Command line

Made from the commands themselves by \`npm run generate\`; do not edit.

${overview}

${commands.flatMap(sections).join("\n\n")}

## Topics

${[...topics].map(([name, topic]) => `### vdc help ${name}\n\n${block(topic.text)}`).join("\n\n")}
`;
  },
};

function wholeProgram(): Command {
  // Nothing is called, so nothing of the process is needed.
  const io = { env: {}, cwd: "/", stdout: () => undefined, stderr: () => undefined } as unknown as CliIo;
  const program = createProgram(io);
  registerLocalCommands(program, io, {} as never);
  return program;
}

function sections(command: Command): readonly string[] {
  return [section(command), ...command.commands.filter(isShown).flatMap(sections)];
}

function section(command: Command): string {
  let help = "";
  command.configureOutput({ writeOut: (text) => void (help += text), getOutHelpWidth: () => 100 });
  command.outputHelp();
  const path = pathOf(command);
  const level = "#".repeat(path.split(" ").length);
  return `${level} ${path}\n\n${block(help)}`;
}

function block(text: string): string {
  return `\`\`\`text\n${text.trimEnd()}\n\`\`\``;
}

function summaryOf(command: Command): string {
  return command.summary() === "" ? command.description() : command.summary();
}

function isShown(command: Command): boolean {
  return !command.name().startsWith("__");
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
