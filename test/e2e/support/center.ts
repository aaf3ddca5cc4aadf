import { spawn, type ChildProcess } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repositoryRoot } from "#main/repository.ts";
import { waitFor } from "#test/support/wait-for.ts";

export const launcher = join(repositoryRoot, "vdc");
export const placeholder = join(repositoryRoot, "test/e2e/support/placeholder-control.ts");

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A short folder that PostgreSQL's account may pass through. */
export class TemporaryFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "v-"));

  constructor() {
    chmodSync(this.path, 0o755);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly file?: string;
}

/** Without gateways, objects and the status page unless the words name them: their usual ports are one for the machine, and tests run side by side. */
function gatewayWords(words: readonly string[]): readonly string[] {
  return [
    ...(words.includes("--gateways") ? [] : ["--gateways", "0"]),
    ...(words.includes("--objects") ? [] : ["--no-objects"]),
    ...(words.includes("--status-port") ? [] : ["--no-status"]),
  ];
}

/** Runs `./vdc WORDS` to its end; a placeholder stands in for control. */
export async function vdc(words: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const all = words[0] === "up" ? [...words, ...gatewayWords(words)] : words;
  const child = spawn(options.file ?? launcher, all, {
    cwd: options.cwd ?? "/",
    env: { ...process.env, VDC_CONTROL_SCRIPT: placeholder, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = collect(child);
  const status = await new Promise<number | null>((resolve, reject) =>
    child.once("close", resolve).once("error", reject),
  );
  return { status, ...output() };
}

/** `./vdc up` in the foreground. */
export class ForegroundCenter implements AsyncDisposable {
  readonly data: string;
  readonly child: ChildProcess;
  readonly #output: () => { stdout: string; stderr: string };
  readonly #closed: Promise<number | null>;

  constructor(data: string, words: readonly string[] = [], options: RunOptions = {}) {
    this.data = data;
    const all = ["up", "--data", data, "--port", "0", ...words, ...gatewayWords(words)];
    this.child = spawn(options.file ?? launcher, all, {
      cwd: options.cwd ?? "/",
      env: { ...process.env, VDC_CONTROL_SCRIPT: placeholder, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#output = collect(this.child);
    this.#closed = new Promise((resolve) => this.child.once("close", resolve));
  }

  get stdout(): string {
    return this.#output().stdout;
  }

  get pid(): number {
    const { pid } = this.child;
    if (pid === undefined) throw new Error("it did not start");
    return pid;
  }

  async ready(): Promise<void> {
    await this.shows(/The data center is up: http/);
  }

  /** Waits for a text on its standard output; fails at once when it ends before. */
  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    return await waitFor(
      () => {
        const match = pattern.exec(this.stdout);
        if (match === null && this.child.exitCode !== null)
          throw new Error(`it ended: ${JSON.stringify(this.#output())}`);
        return match ?? undefined;
      },
      { withinMs: 60_000, what: `${pattern} in ${JSON.stringify(this.#output())}` },
    );
  }

  async ended(): Promise<number | null> {
    return await this.#closed;
  }

  /** The pids of the server and of control, as the center's files give them. */
  pidOf(part: "postgres" | "control"): number {
    if (part === "postgres")
      return Number(readFileSync(join(this.data, "postgres/data/postmaster.pid"), "utf8").split("\n")[0]);
    return (JSON.parse(readFileSync(join(this.data, "run/control.json"), "utf8")) as { pid: number }).pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGTERM");
    await this.#closed;
  }
}

function collect(child: ChildProcess): () => { stdout: string; stderr: string } {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk) => (stdout += String(chunk)));
  child.stderr?.on("data", (chunk) => (stderr += String(chunk)));
  return () => ({ stdout, stderr });
}

/** Whether a process is there and not a corpse. */
export function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
