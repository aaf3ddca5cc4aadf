import { InvalidArgumentError, type Command } from "commander";
import { VdcError } from "#api/errors.ts";
import type { JoinRequest } from "#cli/local/actions.ts";
import type { LocalIo, LocalPorts } from "#cli/local/commands.ts";

interface JoinWords {
  readonly token?: string;
  readonly tokenFile?: string;
  readonly fingerprint?: string;
  readonly project?: string;
  readonly name?: string;
  readonly slots?: number;
  readonly memory?: number;
  readonly trust: readonly string[];
  readonly allow: readonly ("js" | "native")[];
}

const maxSlots = 256;
const mebibyte = 1024 ** 2;

/** `vdc join URL`: needs neither root nor a data directory. */
export function registerJoin(program: Command, io: LocalIo, ports: LocalPorts): void {
  const command = program
    .command("join")
    .description("Let this machine work for a data center, until Ctrl-C")
    .argument("<url>", "address of the data center")
    .option("--token-file <file>", "file with the token of a user who may operate the project")
    .option(
      "--token <token>",
      "the token itself; other users may see it for a moment, so better a file or VDC_TOKEN",
    )
    .option("--fingerprint <sha256>", "fingerprint of the certificate, when no authority vouches for it")
    .option(
      "-p, --project <name>",
      "work for this project alone; without it for all, for which owners may ask",
    )
    .option("--name <name>", "what people call this worker (default: the machine's name)")
    .option("--slots <count>", "tasks at once; one for each core but one, if not given", slotCount)
    .option(
      "--memory <mebibytes>",
      "memory for tasks, all together; half of the machine's at most, if not given",
      memory,
    )
    .option("--trust <key>", "run only packages that this key has signed (repeatable)", collect, [])
    .option(
      "--allow <level>",
      "also run packages of level js or native, in sandboxes (repeatable); needs --trust",
      level,
      [],
    );
  const examples = [
    "vdc join https://vdc.example.org:8440 --token-file join-token --project photos",
    "vdc join https://vdc.example.org:8440 --token-file join-token --slots 4",
  ];
  command.addHelpText("after", `\nExamples:\n${examples.map((line) => `  $ ${line}`).join("\n")}`);
  command.action(async (url: string, words: JoinWords) => {
    ports.exit(await ports.actions.join(joinRequest(url, words, io)));
  });
}

function joinRequest(url: string, words: JoinWords, io: LocalIo): JoinRequest {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new VdcError("invalid", "the data center's address begins with https:// or http://");
  if (words.allow.length > 0 && words.trust.length === 0)
    throw new VdcError("invalid", "--allow needs --trust: say whose packages may do more than compute");
  return {
    url,
    token: tokenOf(words, io),
    trustedKeys: words.trust,
    levels: words.allow,
    ...(words.fingerprint === undefined ? {} : { caFingerprint: words.fingerprint }),
    ...(words.project === undefined ? {} : { project: words.project }),
    ...(words.name === undefined ? {} : { name: words.name }),
    ...(words.slots === undefined ? {} : { slots: words.slots }),
    ...(words.memory === undefined ? {} : { memoryBytes: words.memory }),
    say: (line) => io.stdout(`${line}\n`),
    signal: io.signal,
  };
}

function tokenOf({ token, tokenFile }: JoinWords, { env }: LocalIo): JoinRequest["token"] {
  if (tokenFile !== undefined) return { file: tokenFile };
  const value = token ?? env["VDC_TOKEN"] ?? "";
  if (value === "")
    throw new VdcError("unauthenticated", "a token is missing: give --token-file, or set VDC_TOKEN");
  return { value };
}

function slotCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > maxSlots)
    throw new InvalidArgumentError(`a number of slots from 1 to ${maxSlots}`);
  return count;
}

function memory(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 16 || count > 1_048_576)
    throw new InvalidArgumentError("a number of mebibytes, at least 16");
  return count * mebibyte;
}

function level(text: string, previous: readonly ("js" | "native")[]): readonly ("js" | "native")[] {
  if (text !== "js" && text !== "native") throw new InvalidArgumentError("it is js or native");
  return previous.includes(text) ? previous : [...previous, text];
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}
