/** A program for Node that tries to leave its sandbox and prints what it got, as JSON on one line. For tests. */
const program = `
const fs = require("node:fs"), os = require("node:os"), { spawnSync } = require("node:child_process");
const attempt = (run) => { try { return { done: run() ?? true }; } catch (error) { return { code: error.code ?? String(error) }; } };
const canWrite = (path) => attempt(() => fs.writeFileSync(path, "x")).done === true;
const asked = JSON.parse(process.argv[1]);
const lines = (path) => fs.readFileSync(path, "utf8").split("\\n");
const status = Object.fromEntries(lines("/proc/self/status").map((line) => line.split(":\\t")));
const python = (code) => spawnSync("/usr/bin/python3", ["-c", code], { encoding: "utf8" }).stdout?.trim();
const syscalls = "import ctypes,os\\nlibc=ctypes.CDLL(None,use_errno=True)\\nr=[]\\n" +
  asked.syscalls.map((words) => "x=libc.syscall(" + words.join(",") + ")\\nr.append('ok' if x>=0 else os.strerror(ctypes.get_errno()))\\n").join("") + "print('|'.join(r))";
console.log(JSON.stringify({
  written: asked.write.filter(canWrite),
  read: asked.read.filter((path) => attempt(() => fs.statSync(path).isDirectory() ? fs.readdirSync(path) : fs.readFileSync(path)).code === undefined),
  processes: fs.readdirSync("/proc").filter((name) => /^\\d+$/.test(name)).map((pid) => attempt(() => fs.readFileSync("/proc/" + pid + "/cmdline", "utf8")).done),
  descriptors: fs.readdirSync("/proc/self/fd").map((name) => attempt(() => fs.readlinkSync("/proc/self/fd/" + name)).done).filter((target) => typeof target === "string"),
  environment: Object.keys(process.env).sort(),
  uid: process.getuid(), gid: process.getgid(), groups: process.getgroups(), hostname: os.hostname(), cwd: process.cwd(),
  status, secrets: Object.fromEntries(fs.readdirSync("/run/secrets").map((name) => [name, fs.readFileSync("/run/secrets/" + name, "utf8") + ":" + (fs.statSync("/run/secrets/" + name).mode & 0o777).toString(8)])),
  app: attempt(() => fs.readdirSync("/app")).done ?? [],
  syscalls: (python(syscalls) ?? "").split("|"),
  mount: spawnSync("/usr/bin/mount", ["-t", "tmpfs", "none", "/tmp"]).status, unshare: spawnSync("/usr/bin/unshare", ["--user", "true"]).status,
  value: process.env[asked.variable],
}));
`;

export interface ProbeQuestion {
  readonly write: readonly string[];
  readonly read: readonly string[];
  /** Arguments of syscall(2), the number first. */
  readonly syscalls: readonly (readonly (number | string)[])[];
  readonly variable: string;
}

export interface ProbeAnswer {
  readonly written: readonly string[];
  readonly read: readonly string[];
  readonly processes: readonly string[];
  readonly descriptors: readonly string[];
  readonly environment: readonly string[];
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly hostname: string;
  readonly cwd: string;
  readonly status: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly app: readonly string[];
  readonly syscalls: readonly string[];
  readonly mount: number | null;
  readonly unshare: number | null;
  readonly value: string;
}

export function probeProgram(question: ProbeQuestion): string[] {
  return ["node", "-e", program, JSON.stringify(question)];
}
