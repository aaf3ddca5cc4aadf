import { Command, Option } from "commander";
import { Flags } from "#cli/flags.ts";
import { Interrupted, interruptedStatus, type CliIo } from "#cli/io.ts";
import { UsageError } from "#cli/usage-error.ts";

/** One call of a command. */
export interface Call {
  readonly io: CliIo;
  /** The arguments, in order, without options. */
  readonly words: readonly string[];
  readonly flags: Flags;
  /** The tree of commands, for those that speak of it: help and completion. */
  readonly program: HouseCommand;
}

/** Does the work; gives the exit status, 0 when nothing. */
export type Action = (call: Call) => Promise<number | void>;

/** What a command is. Its code is loaded when it is called, so that `vdc --help` stays fast. */
export interface Declaration {
  readonly name: string;
  /** In commander's notation: `<kind> [names...]`. */
  readonly words?: string;
  readonly summary: string;
  readonly description?: string;
  readonly options?: readonly OptionDeclaration[];
  /** What it adds: `remote` --context and --data; `values` --json and --yaml too; `reads` --no-headers too. */
  readonly uses: "nothing" | "remote" | "values" | "reads";
  readonly examples: readonly string[];
  readonly load?: () => Promise<Action>;
  readonly commands?: readonly Declaration[];
  readonly hidden?: boolean;
}

export type OptionDeclaration = readonly [flags: string, description: string, how?: "repeatable"];

const remoteOptions: readonly OptionDeclaration[] = [
  ["--context <name>", "data center to talk to: a name of `vdc context list`"],
  ["--data <dir>", "the local data center with this data directory, without signing in"],
];
const valueOptions: readonly OptionDeclaration[] = [
  ["--json", "print JSON"],
  ["--yaml", "print YAML"],
];
const tableOptions: readonly OptionDeclaration[] = [
  ["--no-headers", "print a table without its header line"],
];

/** commander's command, whose usage errors are ours and know which command they are about. */
export class HouseCommand extends Command {
  examples: readonly string[] = [];
  exitStatus = 0;

  override createCommand(name?: string): HouseCommand {
    return new HouseCommand(name);
  }

  override error(message: string): never {
    const [first = "", ...more] = message.replace(/^error: /, "").split("\n");
    const meant = /^\(Did you mean (?:one of )?(.*)\?\)$/.exec(more.join(" "))?.[1]?.split(", ");
    const nearer = this.commands.find((command) => command.name() === meant?.[0]);
    throw new CommandUsageError(
      first,
      meant === undefined ? undefined : `did you mean ${meant.map((word) => `'${word}'`).join(" or ")}?`,
      nearer instanceof HouseCommand ? nearer : this,
    );
  }
}

export class CommandUsageError extends UsageError {
  readonly command: HouseCommand;

  constructor(message: string, hint: string | undefined, command: HouseCommand) {
    super(message, hint);
    this.command = command;
  }
}

/** Adds a declared command (and those below it) to `parent`. */
export function declare(parent: HouseCommand, declaration: Declaration, io: CliIo, group?: string): void {
  const name =
    declaration.words === undefined ? declaration.name : `${declaration.name} ${declaration.words}`;
  const command = parent.command(name, { hidden: declaration.hidden === true });
  command.examples = declaration.examples;
  command.helpCommand(false);
  command.summary(declaration.summary).description(declaration.description ?? `${declaration.summary}.`);
  if (group !== undefined) command.helpGroup(group);
  for (const option of optionsOf(declaration)) command.addOption(commanderOption(option));
  if (declaration.examples.length > 0)
    command.addHelpText(
      "after",
      () => `\nExamples:\n${declaration.examples.map((line) => `  ${line}\n`).join("")}`,
    );
  for (const below of declaration.commands ?? []) declare(command, below, io);
  const { load } = declaration;
  if (load !== undefined) command.action(async () => runAction(command, load, io));
}

async function runAction(command: HouseCommand, load: () => Promise<Action>, io: CliIo): Promise<void> {
  const program = rootOf(command);
  const action = await load();
  const stop = interruption(io.signal);
  try {
    const call = { io, words: command.args, flags: new Flags(command.opts()), program };
    // A call that does not listen to the signal must not hold Ctrl-C up.
    program.exitStatus = (await Promise.race([action(call), stop.promise])) ?? 0;
  } catch (error) {
    if (error instanceof UsageError && !(error instanceof CommandUsageError))
      throw new CommandUsageError(error.message, error.hint, command);
    throw error;
  } finally {
    stop.forget();
  }
}

function interruption(signal: AbortSignal): {
  readonly promise: Promise<never>;
  readonly forget: () => void;
} {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () =>
    reject(signal.reason instanceof Error ? signal.reason : new Interrupted(interruptedStatus));
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  return { promise, forget: () => signal.removeEventListener("abort", stop) };
}

function optionsOf(declaration: Declaration): readonly OptionDeclaration[] {
  const { uses } = declaration;
  return [
    ...(declaration.options ?? []),
    ...(uses === "values" || uses === "reads" ? valueOptions : []),
    ...(uses === "reads" ? tableOptions : []),
    ...(uses === "nothing" ? [] : remoteOptions),
  ];
}

function commanderOption([flags, description, how]: OptionDeclaration): Option {
  const option = new Option(flags, description);
  if (how === "repeatable")
    option.argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value]);
  return option;
}

function rootOf(command: Command): HouseCommand {
  let at = command;
  while (at.parent !== null) at = at.parent;
  return at as HouseCommand; // every command of the tree is made by HouseCommand.createCommand
}
