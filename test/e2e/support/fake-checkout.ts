import { spawn, type ChildProcess } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launcher, type Outcome } from "./center.ts";

/** Commands that the launcher may use; a PATH of only these shows that it needs no others. */
const coreutils = [
  "awk",
  "cat",
  "cmp",
  "cp",
  "date",
  "df",
  "dirname",
  "find",
  "grep",
  "id",
  "ls",
  "mkdir",
  "mktemp",
  "mv",
  "readlink",
  "rm",
  "sh",
  "sleep",
  "stat",
  "tail",
  "tr",
  "uname",
  "wc",
];

/**
 * A checkout with the real launcher, a `node` that prints what it was called with, and an `npm` of the test's making.
 * Its path has spaces and other characters that a careless script trips over.
 */
export class FakeCheckout implements Disposable {
  readonly parent = mkdtempSync(join(tmpdir(), "vl-"));
  readonly root = join(this.parent, "my 'check$out' [1]");
  readonly bin = join(this.parent, "bin");
  readonly launcher = join(this.root, "vdc");

  constructor() {
    chmodSync(this.parent, 0o755);
    mkdirSync(this.root);
    mkdirSync(this.bin);
    copyFileSync(launcher, this.launcher);
    chmodSync(this.launcher, 0o755);
    writeFileSync(join(this.root, "package-lock.json"), '{"lockfileVersion":3}\n');
    for (const name of coreutils) symlinkSync(`/usr/bin/${name}`, join(this.bin, name));
    this.program("node", 'echo "v22.1.0"');
  }

  /** Puts a program on the launcher's PATH. */
  program(name: string, body: string): void {
    rmSync(join(this.bin, name), { force: true });
    writeFileSync(join(this.bin, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  }

  /** An npm that installs a `node` which prints its arguments; `before` runs first, in the checkout. */
  npm(before = ""): void {
    this.program(
      "npm",
      [
        `echo run >>'${this.parent}/npm-runs'`,
        before,
        "/bin/mkdir -p node_modules/.bin",
        `printf '#!/bin/sh\\nfor word; do printf "<%%s>" "$word"; done\\necho\\n' >node_modules/.bin/node`,
        "/bin/chmod 755 node_modules/.bin/node",
      ].join("\n"),
    );
  }

  start(
    words: readonly string[],
    options: {
      readonly file?: string;
      readonly cwd?: string;
      readonly path?: string;
      readonly uid?: number;
    } = {},
  ): ChildProcess {
    const account = options.uid === undefined ? {} : { uid: options.uid, gid: options.uid };
    const env = { PATH: options.path ?? this.bin, HOME: this.parent, TMPDIR: "/tmp" };
    return spawn(options.file ?? this.launcher, words, {
      ...account,
      cwd: options.cwd ?? "/",
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  async run(words: readonly string[], options: Parameters<FakeCheckout["start"]>[1] = {}): Promise<Outcome> {
    return await outcomeOf(this.start(words, options));
  }

  [Symbol.dispose](): void {
    rmSync(this.parent, { recursive: true, force: true });
  }
}

export async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk) => (stdout += String(chunk)));
  child.stderr?.on("data", (chunk) => (stderr += String(chunk)));
  const status = await new Promise<number | null>((resolve, reject) =>
    child.once("close", resolve).once("error", reject),
  );
  return { status, stdout, stderr };
}
