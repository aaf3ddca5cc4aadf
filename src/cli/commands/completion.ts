import type { Command, Option } from "commander";
import type { Call } from "#cli/declare.ts";
import { fileFallback, scripts } from "#cli/completion-scripts.ts";
import { UsageError } from "#cli/usage-error.ts";
import { nearest } from "#lib/nearest.ts";

/** A shell waits for this; a data center that answers later gives no names this time. */
const answerWithinMs = 1500;
const maxCandidates = 500;

/** `vdc completion bash|zsh|fish`: the script that a shell loads. */
export async function completion(call: Call): Promise<void> {
  const shell = call.words[0] ?? "";
  const script = scripts.get(shell);
  if (script === undefined) {
    const known = [...scripts.keys()];
    const meant = nearest(shell, known);
    throw new UsageError(
      `there is no completion for '${shell.slice(0, 40)}'`,
      meant === undefined ? `shells are: ${known.join(", ")}` : `did you mean '${meant}'?`,
    );
  }
  call.io.stdout(script);
}

/** The hidden `vdc __complete WORD…`: candidates for the last word, one a line. Never fails: it is asked at every Tab. */
export async function complete(call: Call): Promise<void> {
  // Candidates end up on somebody's command line: nothing that a shell would take for more than a word.
  const candidates = await candidatesFor(call, call.words).catch(() => []);
  const shown = candidates.filter((word) => /^[\w./:@=-]+$/.test(word)).slice(0, maxCandidates);
  call.io.stdout(shown.map((word) => `${word}\n`).join(""));
}

async function candidatesFor(call: Call, words: readonly string[]): Promise<readonly string[]> {
  const current = words.at(-1) ?? "";
  const { command, operands, pending } = position(call.program, words.slice(0, -1));
  const starting = (all: readonly string[]) => all.filter((word) => word.startsWith(current));
  if (pending !== undefined) return starting(await values(call, pending));
  if (current.startsWith("-")) return starting(command.options.flatMap(namesOf));
  const below = command.commands.filter((one) => !isHidden(one)).map((one) => one.name());
  if (below.length > 0 && operands.length === 0) {
    const own = command.registeredArguments.length > 0 ? await argumentValues(call, command, operands) : [];
    return starting([...below, ...own]);
  }
  return starting(await argumentValues(call, command, operands));
}

/** Walks the words before the one that is being typed. */
function position(
  program: Command,
  words: readonly string[],
): { readonly command: Command; readonly operands: readonly string[]; readonly pending: Option | undefined } {
  let command = program;
  const operands: string[] = [];
  let pending: Option | undefined;
  for (const word of words) {
    if (pending !== undefined) {
      pending = undefined;
    } else if (word.startsWith("-")) {
      const option = command.options.find((one) => one.long === word || one.short === word);
      pending = option?.required === true ? option : undefined;
    } else {
      const below = operands.length === 0 ? command.commands.find((one) => one.name() === word) : undefined;
      if (below === undefined) operands.push(word);
      else command = below;
    }
  }
  return { command, operands, pending };
}

async function values(call: Call, option: Option): Promise<readonly string[]> {
  switch (option.attributeName()) {
    case "project":
      return remoteNames(call, "project");
    case "context":
      return contextNames(call);
    case "output":
      return ["table", "wide", "name", "json", "yaml"];
    case "role":
      return ["viewer", "operator", "admin"];
    case "sort":
      return ["cpu", "memory"];
    case "for":
      return ["deleted", "created", "status.phase="];
    case "filename":
    case "data":
    case "directory":
      return [fileFallback];
    default:
      return option.argChoices ?? [];
  }
}

async function argumentValues(
  call: Call,
  command: Command,
  operands: readonly string[],
): Promise<readonly string[]> {
  const declared = command.registeredArguments;
  const argument =
    declared[operands.length] ?? (declared.at(-1)?.variadic === true ? declared.at(-1) : undefined);
  switch (argument?.name()) {
    case "kind":
      return kindWords(call);
    case "name":
    case "names":
      return operands[0] === undefined ? [] : remoteNames(call, operands[0]);
    case "machine":
      return remoteNames(call, "machine");
    case "context":
      return contextNames(call);
    case "shell":
      return [...scripts.keys()];
    case "topic": {
      const { topics } = await import("#cli/help-topics.ts");
      return [
        ...call.program.commands.filter((one) => !isHidden(one)).map((one) => one.name()),
        ...topics.keys(),
        "kinds",
        ...(await kindWords(call)),
      ];
    }
    case "part":
      return ["control", "gateway", "postgres"];
    case "what":
      return command.name() === "deploy"
        ? [...(await remoteNames(call, "package")), fileFallback]
        : ["control", "gateway", "postgres", ...(await remoteNames(call, "app"))];
    case "app":
      return remoteNames(call, "app");
    case "target":
      if (command.name() !== "exec") return (await kindWords(call)).map((kind) => `${kind}/`);
      return operands.length > 0
        ? []
        : [...(await remoteNames(call, "app")), ...(await remoteNames(call, "instance"))];
    case "secret":
      return remoteNames(call, "secret");
    default:
      return [];
  }
}

async function kindWords(call: Call): Promise<readonly string[]> {
  const { kinds } = await call.io.ports();
  return [...kinds.values()].map((kind) => kind.plural);
}

async function contextNames(call: Call): Promise<readonly string[]> {
  const { loadConfig } = await import("#cli/contexts/config.ts");
  const config = await loadConfig(call.io, await call.io.ports());
  return [...new Set([...config.contexts.map((context) => context.name), "local"])];
}

async function remoteNames(call: Call, kindWord: string): Promise<readonly string[]> {
  const { withSession } = await import("#cli/session.ts");
  const { projectFor, resolveKind } = await import("#cli/input/targets.ts");
  return withSession(call, async (session) => {
    const kind = resolveKind(session.kinds, kindWord);
    const project = projectFor(kind, projectWord(call.words));
    const { items } = await session.client.list(kind, {
      ...(project === undefined ? {} : { project }),
      limit: maxCandidates,
      signal: AbortSignal.timeout(answerWithinMs),
    });
    return items.map((item) => item.name);
  });
}

/** The project that the words before the cursor name. */
function projectWord(words: readonly string[]): string | undefined {
  const at = words.findLastIndex((word) => word === "-p" || word === "--project");
  return at < 0 ? undefined : words[at + 1];
}

function namesOf(option: Option): readonly string[] {
  return [option.long, option.short].filter((name) => name !== undefined && name !== null);
}

/** commander keeps that in a field which its types do not show; hidden verbs are named so. */
function isHidden(command: Command): boolean {
  return command.name().startsWith("__");
}
