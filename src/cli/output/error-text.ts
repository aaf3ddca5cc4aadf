import { errorTable, type VdcError } from "#api/errors.ts";
import { HouseCommand, type CommandUsageError } from "#cli/declare.ts";
import { harmlessLine, harmlessText } from "#cli/output/harmless.ts";
import { placeOf } from "#cli/place.ts";

/** What goes to stderr when a command fails: what, which fields, what to do, and where to look. */
export const errorText = { operating, usage, file };

function operating(error: VdcError, withStack: boolean): string {
  const remedy = error.extra["remedy"];
  const requestId = error.extra["requestId"];
  const place = error.code === "unreachable" || error.code === "unauthenticated" ? placeOf(error) : undefined;
  const lines = [
    `error: ${harmlessLine(error.message)}`,
    ...error.fields.map((field) => `  ${harmlessLine(field.path)}: ${harmlessLine(field.message)}`),
    ...(place === undefined ? [] : [`where: ${harmlessLine(`${place.where} (context ${place.context})`)}`]),
    ...(error.code === "unreachable" ? causeLines(error) : []),
    `what to do: ${harmlessLine(typeof remedy === "string" ? remedy : errorTable[error.code].remedy)}`,
    ...(error.code === "fault" && typeof requestId === "string"
      ? [`request: ${harmlessLine(requestId)}`]
      : []),
    ...(error.code === "fault" && requestId === undefined && !withStack
      ? ["VDC_DEBUG=1 shows where it happened."]
      : []),
    ...(withStack ? [stackOf(error)] : []),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function usage(error: CommandUsageError): string {
  const path = pathOf(error.command);
  const example = nearestExample(error.command);
  const lines = [
    `error: ${harmlessLine(error.message)}`,
    ...(error.hint === undefined ? [] : [harmlessLine(error.hint)]),
    ...(example === undefined ? [] : [`example: ${example}`]),
    `what to do: see \`${path} --help\``,
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function file(error: Error): string {
  return `error: ${harmlessLine(error.message)}\n`;
}

/** The command's own first example, or the one of the nearest command above that has any. */
function nearestExample(command: HouseCommand): string | undefined {
  return lineage(command)
    .map((one) => one.examples[0])
    .find((example) => example !== undefined);
}

function pathOf(command: HouseCommand): string {
  return lineage(command)
    .map((one) => one.name())
    .toReversed()
    .join(" ");
}

/** The command and those above it. */
function lineage(command: HouseCommand): readonly HouseCommand[] {
  return command.parent instanceof HouseCommand ? [command, ...lineage(command.parent)] : [command];
}

/** For a connection that failed the system's own word is what helps: ECONNREFUSED, ENOENT, the certificate. */
function causeLines(error: Error): readonly string[] {
  const reasons: string[] = [];
  for (let cause = error.cause; cause instanceof Error && reasons.length < 4; cause = cause.cause)
    if (cause.message !== "") reasons.push(cause.message);
  const last = reasons.at(-1);
  return last === undefined ? [] : [`why: ${harmlessLine(last)}`];
}

function stackOf(error: Error): string {
  const stacks: string[] = [];
  for (let at: unknown = error; at instanceof Error && stacks.length < 8; at = at.cause)
    stacks.push(at.stack ?? at.message);
  return harmlessText(stacks.join("\ncaused by "));
}
