import { execFile } from "node:child_process";
import { access, constants, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";

/** An interpreter of this machine, and how a sandbox gets it. */
export interface Runtime {
  readonly name: "node" | "python";
  readonly version: string;
  /** The program on this machine. */
  readonly path: string;
  /** What has to be seen in the sandbox beside /usr. */
  readonly readOnly: readonly { readonly from: string; readonly to: string }[];
  /** Folder inside the sandbox that comes first on PATH; absent: it is there already. */
  readonly folder?: string;
}

const askMs = 5_000;
/** Inside the sandbox; what the machine's folder is called is nobody's business. */
const nodePlace = "/opt/node/bin";
/** What Python says of itself: version, program and folder of its library. */
const pythonQuestion =
  "import sys; print('%d.%d.%d' % sys.version_info[:3]); print(sys.executable); print(sys.base_prefix)";

/** Interpreters of this machine, best first: our own Node before the system's. Asks each for its version, some 50 ms. */
export async function findRuntimes(): Promise<readonly Runtime[]> {
  const nodes = [process.execPath, "/usr/local/bin/node", "/usr/bin/node"];
  const pythons = ["/usr/local/bin/python3", "/usr/bin/python3", ...onPath("python3")];
  const found = await Promise.all([...unique(nodes).map(askNode), ...unique(pythons).map(askPython)]);
  const seen = new Set<string>();
  return found.filter((runtime): runtime is Runtime => {
    if (runtime === undefined || seen.has(runtime.path)) return false;
    seen.add(runtime.path);
    return true;
  });
}

async function askNode(path: string): Promise<Runtime | undefined> {
  const [line] = await ask(path, ["--version"]);
  const version = /^v(\d+\.\d+\.\d+)/.exec(line ?? "")?.[1];
  if (version === undefined) return undefined;
  const program = await realpath(path);
  const isShared = program.startsWith("/usr/bin/");
  const common = { name: "node" as const, version, path: program };
  if (isShared) return { ...common, readOnly: [] };
  // One file is all of it: Node is linked with everything but the C library.
  return { ...common, readOnly: [{ from: program, to: join(nodePlace, "node") }], folder: nodePlace };
}

async function askPython(path: string): Promise<Runtime | undefined> {
  const [version, executable, prefix] = await ask(path, ["-I", "-c", pythonQuestion]);
  if (version === undefined || executable === undefined || prefix === undefined) return undefined;
  const common = { name: "python" as const, version, path: executable };
  if (prefix === "/usr" || prefix.startsWith("/usr/")) return { ...common, readOnly: [] };
  // It finds its library by its own place, so that stays the same.
  return { ...common, readOnly: [{ from: prefix, to: prefix }], folder: join(prefix, "bin") };
}

/** The lines that a program answers; none when it is not there, fails, or takes more than 5 s. */
async function ask(path: string, words: readonly string[]): Promise<readonly string[]> {
  const isThere = await access(path, constants.X_OK).then(
    () => true,
    () => false, // absent is the answer
  );
  if (!isThere) return [];
  const env = { PATH: "/usr/bin:/bin", HOME: "/nonexistent", LC_ALL: "C.UTF-8" };
  return await new Promise((resolve) => {
    execFile(path, words, { timeout: askMs, env, cwd: dirname(path) }, (error, stdout) =>
      resolve(error === null ? stdout.trim().split("\n") : []),
    );
  });
}

function onPath(name: string): string[] {
  const folders = (process.env["PATH"] ?? "").split(":").filter((folder) => folder.startsWith("/"));
  return folders.map((folder) => join(folder, name));
}

function unique(paths: readonly string[]): string[] {
  return [...new Set(paths)];
}
