import type { Command } from "commander";
import type { Call } from "#cli/declare.ts";
import { topics } from "#cli/help-topics.ts";
import { UsageError } from "#cli/usage-error.ts";
import { nearest } from "#lib/nearest.ts";

/** `vdc help [COMMAND…|TOPIC]`. */
export async function help(call: Call): Promise<void> {
  let command: Command = call.program;
  for (const word of call.words) {
    const below = command.commands.find((one) => one.name() === word);
    const topic = command === call.program ? topics.get(word) : undefined;
    if (below !== undefined) command = below;
    else if (topic !== undefined && call.words.length === 1) return call.io.stdout(topic.text);
    else throw unknown(command, call.program, word);
  }
  command.outputHelp();
}

function unknown(command: Command, program: Command, word: string): UsageError {
  const names = command.commands.map((one) => one.name()).filter((name) => !name.startsWith("__"));
  const known = command === program ? [...names, ...topics.keys()] : names;
  const meant = nearest(word, known);
  return new UsageError(
    `there is no help on '${word.slice(0, 63)}'`,
    meant === undefined ? `topics are: ${[...topics.keys()].join(", ")}` : `did you mean '${meant}'?`,
  );
}
