import type { Command } from "commander";
import type { Call } from "#cli/declare.ts";
import { topics } from "#cli/help-topics.ts";
import { UsageError } from "#cli/usage-error.ts";
import { nearest } from "#lib/nearest.ts";

/** `vdc help [COMMAND…|TOPIC|KIND]`. */
export async function help(call: Call): Promise<void> {
  let command: Command = call.program;
  for (const word of call.words) {
    const below = command.commands.find((one) => one.name() === word);
    const topic = command === call.program ? topics.get(word) : undefined;
    if (below !== undefined) command = below;
    else if (topic !== undefined && call.words.length === 1) return call.io.stdout(topic.text);
    else if (await showKind(call, command, word)) return;
    else throw unknown(command, call.program, word);
  }
  command.outputHelp();
}

/** `vdc help kinds` and `vdc help projects`: loaded only when no command and no topic has that name. */
async function showKind(call: Call, command: Command, word: string): Promise<boolean> {
  if (command !== call.program || call.words.length !== 1) return false;
  const { kinds } = await call.io.ports();
  const { kindsText, kindText } = await import("#cli/kind-help.ts");
  if (word === "kinds") call.io.stdout(kindsText(kinds));
  const names = (kind: { kind: string; plural: string; shortNames: readonly string[] }) => [
    kind.kind,
    kind.plural,
    ...kind.shortNames,
  ];
  const kind = [...kinds.values()].find((one) => names(one).includes(word));
  if (kind !== undefined) call.io.stdout(await kindText(kind));
  return kind !== undefined || word === "kinds";
}

function unknown(command: Command, program: Command, word: string): UsageError {
  const names = command.commands.map((one) => one.name()).filter((name) => !name.startsWith("__"));
  const known = command === program ? [...names, ...topics.keys(), "kinds"] : names;
  const meant = nearest(word, known);
  return new UsageError(
    `there is no help on '${word.slice(0, 63)}'`,
    meant === undefined ? `topics are: ${[...topics.keys()].join(", ")}` : `did you mean '${meant}'?`,
  );
}
