import { isProduct, isTestCode, type Source, type Violation } from "#test/tidy/source.ts";

/** A name or module that only some places may use, and what the others use instead. */
interface Ban {
  readonly names?: readonly string[];
  readonly modules?: readonly string[];
  /** Path prefixes where it is allowed. */
  readonly allowed: readonly string[];
  readonly instead: string;
}

/** Where the real machine begins; the simulator replaces what lies here as a whole. */
const outside = ["src/main/", "src/drivers/"];

/** Time and chance belong to the simulator, the machine belongs to ports: every ban names the way out. */
export const bans: readonly Ban[] = [
  {
    names: ["Date.now", "new Date()", "performance.now", "process.hrtime", "Temporal.Now"],
    allowed: ["src/lib/clock.ts", "console/src/", ...outside],
    instead: "the Clock that you were given: clock.now() or clock.monotonic() (src/lib/clock.ts)",
  },
  {
    names: ["setTimeout", "setInterval", "setImmediate"],
    modules: ["node:timers", "node:timers/promises"],
    allowed: ["src/lib/clock.ts", "console/src/", ...outside],
    instead: "clock.sleep() or clock.after() (src/lib/clock.ts)",
  },
  {
    names: ["Math.random", "crypto.getRandomValues", "crypto.randomUUID"],
    allowed: ["src/lib/random.ts", "console/src/lib/random.ts", ...outside],
    instead: "the Random that you were given, or newId() (src/lib/random.ts, src/lib/ids.ts)",
  },
  {
    modules: ["node:fs", "node:fs/promises"],
    allowed: outside,
    instead: "a port in src/lib or a driver in src/drivers, passed in by src/main",
  },
  {
    modules: ["node:net", "node:tls", "node:dgram", "node:dns", "node:dns/promises"],
    allowed: outside,
    instead: "a port in src/lib or a driver in src/drivers, passed in by src/main",
  },
  {
    modules: ["node:child_process", "node:worker_threads", "node:cluster"],
    allowed: outside,
    instead: "a driver in src/drivers, passed in by src/main",
  },
  {
    modules: ["node:http", "node:https", "node:http2"],
    allowed: [...outside, "src/server/"],
    instead: "the client of src/api/client.ts, or a driver in src/drivers",
  },
  {
    names: ["process.env"],
    allowed: outside,
    instead: "a setting that src/main reads once and passes in",
  },
  {
    names: ["process.exit"],
    allowed: outside,
    instead: "an error or a result; src/main turns it into an exit status",
  },
  {
    names: ["console.log", "console.error", "console.warn", "console.info", "console.debug"],
    // A browser's console is where a page logs; in the server only programs print.
    allowed: ["src/main/", "console/src/"],
    instead: "the Log that you were given (src/lib/log.ts)",
  },
];

/** Names of node:crypto that are randomness by the back door. */
const randomNames = new Set(["randomBytes", "randomUUID", "randomInt", "randomFillSync", "webcrypto"]);

export function bannedCallsRule(files: readonly Source[]): readonly Violation[] {
  return files.flatMap((file) => {
    if (file.facts === undefined || !isProduct(file.path) || isTestCode(file.path)) return [];
    const { path, facts } = file;
    const found = (name: string, line: number, instead: string): Violation => ({
      rule: "banned-calls",
      path,
      line,
      message: `${name} is not used here; use ${instead}`,
    });
    return bans
      .filter((ban) => !ban.allowed.some((prefix) => path.startsWith(prefix)))
      .flatMap((ban) => [
        ...facts.uses
          .filter((use) => ban.names?.includes(use.name))
          .map((use) => found(use.name, use.line, ban.instead)),
        ...facts.imports
          .filter((each) => !each.typeOnly && ban.modules?.includes(each.specifier))
          .map((each) => found(each.specifier, each.line, ban.instead)),
      ])
      .concat(randomImports(file, found));
  });
}

function randomImports(
  file: Source,
  found: (name: string, line: number, instead: string) => Violation,
): readonly Violation[] {
  if (["src/lib/random.ts", ...outside].some((prefix) => file.path.startsWith(prefix))) return [];
  return (file.facts?.imports ?? [])
    .filter((each) => each.specifier === "node:crypto")
    .flatMap((each) =>
      each.names
        .filter((name) => randomNames.has(name))
        .map((name) => found(name, each.line, "the Random that you were given (src/lib/random.ts)")),
    );
}
