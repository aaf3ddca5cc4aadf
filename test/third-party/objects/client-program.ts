import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Debian's, not another of the same name that somebody installed for themselves. */
const debian = "/usr/bin";
const programMs = 120_000;

/** The first of these programs that Debian has not installed here, which is why a test is skipped. */
export function without(...programs: readonly string[]): string | false {
  return programs.find((program) => !existsSync(join(debian, program))) ?? false;
}

interface Ended {
  readonly code: number | null;
  readonly stdout: Buffer;
  /** What it printed on both, for messages. */
  readonly said: string;
}

/** Programs of a person with an own home, who has nothing set up but `env`. */
export class ClientPrograms {
  readonly #home: string;
  readonly #env: Readonly<Record<string, string>>;

  constructor(home: string, env: Readonly<Record<string, string>> = {}) {
    this.#home = home;
    this.#env = env;
  }

  /** What it prints. Fails when the program fails. */
  async run(...words: readonly string[]): Promise<string> {
    return (await this.bytes(words)).toString();
  }

  /** The bytes that it prints; `input` is what it reads. */
  async bytes(words: readonly string[], input?: Buffer): Promise<Buffer> {
    const { code, stdout, said } = await this.#end(words, input);
    assert.equal(code, 0, `${words.join(" ")} ended with ${code}:\n${said}`);
    return stdout;
  }

  /** What it says when it is refused. Fails when it is not. */
  async refusal(...words: readonly string[]): Promise<string> {
    const { code, said } = await this.#end(words);
    assert.notEqual(code, 0, `${words.join(" ")} was not refused:\n${said}`);
    return said;
  }

  async #end([program = "", ...words]: readonly string[], input?: Buffer): Promise<Ended> {
    const child = spawn(join(debian, program), words, {
      cwd: this.#home,
      env: { PATH: `${debian}:/bin`, HOME: this.#home, LANG: "C.UTF-8", ...this.#env },
      timeout: programMs,
      killSignal: "SIGKILL",
    });
    const stdout: Buffer[] = [];
    const said: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => said.push(chunk));
    child.stdin.on("error", () => undefined); // it ended without reading everything
    child.stdin.end(input);
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    return { code, stdout: Buffer.concat(stdout), said: Buffer.concat(said).toString().slice(-8_000) };
  }
}
