/** A violation to plant: the files of a small tree, which rule must find it, where, and what it must say. */
export interface Planted {
  readonly what: string;
  /** Key of the rule in rules.ts. */
  readonly sentence: string;
  readonly files: Readonly<Record<string, string>>;
  /** `path:line` of every violation; empty when this is allowed and must not be found. */
  readonly at: readonly string[];
  readonly says: RegExp;
}

const table = "folders import only what the import table allows";
const ports = "time, chance and the machine are reached only through ports";
const syntax = "only syntax that Node strips, and no default exports";
const reasons = "every assertion of a type has its reason beside it";
const hidden = "no test is hidden by only, skip or todo";
const names = "no two tests have the same name";
const dead = "every file of the product is reached from an entry";
const hosts = "no package registry is named";
const paths = "no path of one machine is written down";
const shape = "half of the files fit on a screen or two, and most functions on half of one";

/** One import in one file, on its second line. */
const importing = (path: string, line: string) => ({ [path]: `// A file.\n${line}\n` });
const registry = ["registry", "npmjs", "org"].join(".");

const importCases: readonly Planted[] = [
  {
    what: "an import upwards",
    sentence: table,
    files: importing("src/lib/a.ts", `import { x } from "#api/x.ts";`),
    at: ["src/lib/a.ts:2"],
    says: /'lib' may not import 'api'; it may import nothing of ours/,
  },
  {
    what: "an import upwards by a relative path",
    sentence: table,
    files: importing("src/store/a.ts", `import { x } from "../control/x.ts";`),
    at: ["src/store/a.ts:2"],
    says: /'store' may not import 'control'; it may import lib, api/,
  },
  {
    what: "an import upwards that takes only a type",
    sentence: table,
    files: importing("src/api/a.ts", `import type { X } from "#store/x.ts";`),
    at: ["src/api/a.ts:2"],
    says: /'api' may not import 'store'/,
  },
  {
    what: "an import upwards inside a type",
    sentence: table,
    files: importing("src/api/a.ts", `export type X = import("#store/x.ts").X;`),
    at: ["src/api/a.ts:2"],
    says: /'api' may not import 'store'/,
  },
  {
    what: "an import upwards at run time",
    sentence: table,
    files: importing("src/cli/a.ts", `export const x = () => import("#server/x.ts");`),
    at: ["src/cli/a.ts:2"],
    says: /'cli' may not import 'server'/,
  },
  {
    what: "an import upwards by import.meta.resolve",
    sentence: table,
    files: importing("src/cli/a.ts", `export const x = import.meta.resolve("#server/x.ts");`),
    at: ["src/cli/a.ts:2"],
    says: /'cli' may not import 'server'/,
  },
  {
    what: "a re-export from above",
    sentence: table,
    files: importing("src/lib/a.ts", `export * from "#store/x.ts"; export const y = 1;`),
    at: ["src/lib/a.ts:2"],
    says: /'lib' may not import 'store'/,
  },
  {
    what: "a driver that imports another",
    sentence: table,
    files: importing("src/drivers/host/a.ts", `import { x } from "#drivers/postgres/x.ts";`),
    at: ["src/drivers/host/a.ts:2"],
    says: /drivers never import each other/,
  },
  {
    what: "a capability that imports another",
    sentence: table,
    files: importing("src/scale/a.ts", `import type { App } from "#apps/app.ts";`),
    at: ["src/scale/a.ts:2"],
    says: /capabilities meet only in resources/,
  },
  {
    what: "a value of the store in the server",
    sentence: table,
    files: importing("src/server/a.ts", `import { limits } from "#store/limits.ts";`),
    at: ["src/server/a.ts:2"],
    says: /'server' may import only types of 'store'; write 'import type'/,
  },
  {
    what: "no fault in a type of the store in the server",
    sentence: table,
    files: importing("src/server/a.ts", `import type { Store } from "#store/store.ts";`),
    at: [],
    says: /./,
  },
  {
    what: "an engine named outside src/main",
    sentence: table,
    files: {
      ...importing("src/control/a.ts", `import { openPostgres } from "#store/postgres/open.ts";`),
      ...importing("src/main/b.ts", `import { openPostgres } from "#store/postgres/open.ts";`),
      ...importing("src/apps/c.ts", `import { qemu } from "./engines/qemu/qemu.ts";`),
    },
    at: ["src/control/a.ts:2", "src/apps/c.ts:2"],
    says: /only src\/main names an engine/,
  },
  {
    what: "a console that reaches into the server",
    sentence: table,
    files: importing("console/src/a.tsx", `import { x } from "../../src/server/x.ts";`),
    at: ["console/src/a.tsx:2"],
    says: /'console' may not import 'server'; it may import api, lib/,
  },
  {
    what: "a product file that imports test support",
    sentence: table,
    files: importing("src/main/a.ts", `import { waitFor } from "#test/support/wait-for.ts";`),
    at: ["src/main/a.ts:2"],
    says: /is for tests/,
  },
  {
    what: "a folder without a row in the import table",
    sentence: table,
    files: importing("src/helpers/a.ts", `import { x } from "#lib/x.ts";`),
    at: ["src/helpers/a.ts:2"],
    says: /'helpers' is not in the import table/,
  },
  {
    what: "a package used outside its folder",
    sentence: table,
    files: importing("src/control/a.ts", `import fastify from "fastify";`),
    at: ["src/control/a.ts:2"],
    says: /'fastify' is used only in server/,
  },
  {
    what: "no fault in a co-located test that imports everything",
    sentence: table,
    files: importing("src/lib/a.test.ts", `import { x } from "#store/postgres/x.ts";`),
    at: [],
    says: /./,
  },
];

const browserCases: readonly Planted[] = [
  {
    what: "a module of Node that the console reaches through api, and not one behind a type",
    sentence: "what the browser loads needs no Node",
    files: {
      "console/src/main.tsx": `import { a } from "#api/a.ts";\nimport type { C } from "#lib/c.ts";\na;\n`,
      "src/api/a.ts": `import { b } from "#lib/b.ts";\nexport const a = b;\n`,
      "src/lib/b.ts": `// Hashes.\nimport { hash } from "node:crypto";\nexport const b = hash;\n`,
      "src/lib/c.ts": `import { randomBytes } from "node:crypto";\nexport type C = typeof randomBytes;\n`,
    },
    at: ["src/lib/b.ts:2"],
    says: /browsers have no node:crypto; take what it gives as a parameter/,
  },
];

const banned = (line: string, says: RegExp): Planted => ({
  what: `\`${line}\``,
  sentence: ports,
  files: importing("src/control/a.ts", line),
  at: ["src/control/a.ts:2"],
  says,
});

const banCases: readonly Planted[] = [
  banned("export const at = () => Date.now();", /Date\.now .*clock\.now\(\)/),
  banned("export const clock = { now: Date.now };", /Date\.now .*clock\.now\(\)/),
  banned("export const at = () => new Date();", /new Date\(\) .*clock\.now\(\)/),
  banned("export const at = () => performance.now();", /performance\.now .*clock\.monotonic\(\)/),
  banned("export const dice = () => Math.random();", /Math\.random .*the Random/),
  banned("setTimeout(() => undefined, 10);", /setTimeout .*clock\.sleep\(\) or clock\.after\(\)/),
  banned("globalThis.setTimeout(() => undefined, 10);", /setTimeout .*clock\.sleep\(\)/),
  banned("export const later = [setInterval];", /setInterval .*clock\.after\(\)/),
  banned("setImmediate(() => undefined);", /setImmediate .*clock\.after\(\)/),
  banned(`import { setTimeout as nap } from "node:timers/promises";`, /node:timers\/promises .*clock\.sleep/),
  banned(`import { readFileSync } from "node:fs";`, /node:fs .*a driver in src\/drivers/),
  banned(`export const fs = () => import("node:fs/promises");`, /node:fs\/promises .*driver/),
  banned(`import { connect } from "node:net";`, /node:net .*driver/),
  banned(`import { spawn } from "node:child_process";`, /node:child_process .*a driver in src\/drivers/),
  banned(`import { request } from "node:http";`, /node:http .*src\/api\/client\.ts/),
  banned(`export const home = process.env["HOME"];`, /process\.env .*src\/main reads once/),
  banned(`console.log("ready");`, /console\.log .*the Log/),
  banned(`import { randomBytes } from "node:crypto";`, /randomBytes .*the Random/),
  {
    what: "no fault in a browser that has no other clock, timer or log",
    sentence: ports,
    files: { "console/src/a.ts": "console.error(Date.now(), setTimeout(() => undefined, 5));\n" },
    at: [],
    says: /./,
  },
  {
    what: "no fault in a date made of a number, a parameter's own now, or a type of a banned module",
    sentence: ports,
    files: {
      "src/control/a.ts": [
        `import type { Socket } from "node:net";`,
        `export const day = (clock: { now(): number }) => new Date(clock.now()).toISOString();`,
        `export interface Timers { setTimeout(ms: number): void; socket: Socket }`,
      ].join("\n"),
      "src/drivers/x/b.ts": `import { readFileSync } from "node:fs";\nexport const read = readFileSync;\n`,
      "src/lib/clock.ts": `export const now = () => Date.now();\n`,
      "test/c.ts": `export const now = () => Date.now();\n`,
    },
    at: [],
    says: /./,
  },
];

const syntaxCases: readonly Planted[] = [
  {
    what: "a TODO without an issue, and not one with its number or in a string",
    sentence: "every TODO names its issue",
    files: {
      "src/lib/a.ts": [
        "// TODO: later",
        "// TODO #12: later",
        `export const text = "TODO";`,
        "/*",
        " * FIXME */",
      ].join("\n"),
    },
    at: ["src/lib/a.ts:1", "src/lib/a.ts:4"],
    says: /`TODO #12`/,
  },
  {
    what: "default exports, also by name, but not those of a tool's configuration",
    sentence: syntax,
    files: {
      "src/lib/a.ts": "const x = 1;\nexport default x;\n",
      "src/lib/b.ts": "const x = 1;\nexport { x as default };\n",
      "console/vite.config.ts": "export default {};\n",
    },
    at: ["src/lib/a.ts:2", "src/lib/b.ts:2"],
    says: /no default export; write a named export/,
  },
  {
    what: "enums and namespaces, also in tests, but not a declared module",
    sentence: syntax,
    files: {
      "src/lib/a.test.ts": "enum Colour { red }\nnamespace Shapes { export const a = 1; }\n",
      "console/src/css.d.ts": `declare module "*.css" {}\ndeclare global { interface Window { vdc: string } }\nexport {};\n`,
    },
    at: ["src/lib/a.test.ts:1", "src/lib/a.test.ts:2"],
    says: /no (enum; write a union|namespace; write a module)/,
  },
  {
    what: "decorators and parameter properties",
    sentence: syntax,
    files: { "src/lib/a.ts": "@sealed\nclass A {\n  constructor(private readonly b: number) {}\n}\n" },
    at: ["src/lib/a.ts:1", "src/lib/a.ts:3"],
    says: /no (decorator; write a function|parameter property; write a field)/,
  },
  {
    what: "assertions without a reason, and not `as const`",
    sentence: reasons,
    files: {
      "src/lib/a.ts": [
        "export const a = x as string;",
        "export const b = y!.z;",
        "export const c: any = 1;",
        "",
        "",
        "export const d = y as string; // the parser has checked it",
        "// The table has every key.",
        "export const e = y!.z;",
        "export const f = [1] as const;",
      ].join("\n"),
    },
    at: ["src/lib/a.ts:1", "src/lib/a.ts:2", "src/lib/a.ts:3"],
    says: /without a reason; say in a comment/,
  },
  {
    what: "barrels, by name and by content",
    sentence: "there are no barrels",
    files: {
      "src/lib/index.ts": "export const x = 1;\n",
      "src/lib/all.ts": `export * from "./a.ts";\nexport { b } from "./b.ts";\n`,
      "src/lib/a.ts": `export * from "./b.ts";\nexport const own = 1;\n`,
    },
    at: ["src/lib/index.ts:1", "src/lib/all.ts:1"],
    says: /no barrel; importers name the file/,
  },
];

const testCases: readonly Planted[] = [
  {
    what: "only, skip and todo, and not a skip with a condition",
    sentence: hidden,
    files: {
      "src/lib/a.test.ts": [
        `test.only("a", () => {});`,
        `describe.skip("b", () => {});`,
        `it("c", { todo: true }, () => {});`,
        `test("d", { skip: missing("bwrap") }, () => {});`,
        `test("e", { only: true }, () => {});`,
      ].join("\n"),
    },
    at: ["src/lib/a.test.ts:1", "src/lib/a.test.ts:2", "src/lib/a.test.ts:3", "src/lib/a.test.ts:5"],
    says: /--test-name-pattern|missing program's name/,
  },
  {
    what: "two tests of one name, also in two files, but not in two groups",
    sentence: names,
    files: {
      "src/lib/a.test.ts": `test("it works", () => {});\ndescribe("boats", () => {\n  it("floats", () => {});\n});\n`,
      "src/lib/b.test.ts": `describe("corks", () => {\n  it("floats", () => {});\n});\ntest("it works", () => {});\n`,
    },
    at: ["src/lib/b.test.ts:4"],
    says: /stands at src\/lib\/a\.test\.ts:1/,
  },
];

const sizeCases: readonly Planted[] = [
  {
    what: "a file of 601 lines",
    sentence: "no file is longer than 600 lines",
    files: { "src/lib/a.ts": "// line\n".repeat(601), "src/lib/b.ts": "// line\n".repeat(600) },
    at: ["src/lib/a.ts:1"],
    says: /601 lines, more than 600; split it/,
  },
  {
    what: "a function of 71 lines and a component of 121, and not tests of that size",
    sentence: "no function is longer than 70 lines, no component than 120",
    files: {
      "src/lib/a.ts": `// A file.\nexport const long = () => {\n${"  step();\n".repeat(69)}};\n`,
      "src/lib/b.ts": `export function fits() {\n${"  step();\n".repeat(68)}}\n`,
      "src/lib/b.test.ts": `describe("b", () => {\n${"  step();\n".repeat(90)}});\n`,
      "src/store/conformance/c.ts": `export function suite() {\n${"\n".repeat(90)}  test("c", () => {});\n}\n`,
      "console/src/d.tsx": `export function Page() {\n${"  step();\n".repeat(118)}}\n`,
      "console/src/e.tsx": `export function Page() {\n${"  step();\n".repeat(119)}}\n`,
    },
    at: ["src/lib/a.ts:2", "console/src/e.tsx:1"],
    says: /(71 lines, more than 70|121 lines, more than 120); split it/,
  },
  {
    what: "long files and long functions as a habit",
    sentence: shape,
    files: {
      "src/lib/a.ts": `export function f() {\n${"  step();\n".repeat(45)}}\n${"\n".repeat(100)}`,
      "src/lib/b.ts": `export function g() {\n${"  step();\n".repeat(45)}}\n${"\n".repeat(100)}`,
    },
    at: ["src:1", "src:1"],
    says: /the median file has 147 lines|95 % of functions take up to 47 lines/,
  },
  {
    what: "a file that no entry reaches, also when tests or its like import it",
    sentence: dead,
    files: {
      "knip.json": `{ "entry": ["src/main/up.ts!", "test/**/*.test.ts"] }`,
      "src/main/up.ts": `import { used } from "#lib/used.ts";\nawait import("./late.ts");\nused();\n`,
      "src/main/late.ts": "export const late = 1;\n",
      "src/lib/used.ts": "export const used = () => undefined;\n",
      "src/lib/dead.ts": `import { dead2 } from "./dead2.ts";\nexport const dead = dead2;\n`,
      "src/lib/dead2.ts": "export const dead2 = 1;\n",
      "src/lib/dead.test.ts": `import { dead } from "#lib/dead.ts";\ndead;\n`,
    },
    at: ["src/lib/dead.ts:1", "src/lib/dead2.ts:1"],
    says: /delete it, or name it as an entry/,
  },
  {
    what: "a file of the console that its page does not reach",
    sentence: dead,
    files: {
      "knip.json": `{ "entry": [] }`,
      "console/index.html": `<body><script type="module" src="/src/main.tsx"></script></body>\n`,
      "console/src/main.tsx": `import { shown } from "#console/shown.ts";\nshown;\n`,
      "console/src/shown.ts": "export const shown = 1;\n",
      "console/src/dead.ts": "export const dead = 1;\n",
    },
    at: ["console/src/dead.ts:1"],
    says: /delete it, or name it as an entry/,
  },
];

const textCases: readonly Planted[] = [
  {
    what: "file names that are not kebab-case",
    sentence: "file names are kebab-case",
    files: {
      "src/lib/camelCase.ts": "",
      "console/src/Button.tsx": "",
      "src/lib/snake_case.test.ts": "",
      "src/lib/good-name.test.ts": "",
      "src/store/README.md": "",
    },
    at: ["src/lib/camelCase.ts:1", "console/src/Button.tsx:1", "src/lib/snake_case.test.ts:1"],
    says: /kebab-case/,
  },
  {
    what: "a registry by name",
    sentence: hosts,
    files: {
      "package-lock.json": `{\n  "resolved": "https://${registry}/x.tgz"\n}\n`,
      "README.md": "See https://www.postgresql.org/docs/ and https://nodejs.org.\n",
    },
    at: ["package-lock.json:2"],
    says: /no registry by name/,
  },
  {
    what: "a link to a page that is not there, and not those to pages, folders, parts of a page or the web",
    sentence: "every link between documents leads somewhere",
    files: {
      "docs/a.md":
        "See [b](b.md#part), [c](../c/), [web](https://example.org/x) and [top](#top).\n[gone](gone.md)\n",
      "docs/b.md": "[up](../README.md)\n",
      "README.md": "[a](docs/a.md)\n",
      "c/d.md": "",
    },
    at: ["docs/a.md:2"],
    says: /'gone.md' is not there/,
  },
  {
    what: "paths of one machine",
    sentence: paths,
    files: {
      "docs/guide.md": `Run it.\n\ncd ${["", "work", "main"].join("/")}\n`,
      "src/lib/a.ts": `export const path = \`\${data}${["", "root", "file"].join("/")}\`; // also src/work/ in a longer path\n`,
    },
    at: ["docs/guide.md:3"],
    says: /absolute path of one machine/,
  },
];

const ratchetCases: readonly Planted[] = [
  {
    what: "no fault in a ratchet without entries",
    sentence: "no ratchet is held by something that is gone",
    files: {},
    at: [],
    says: /./,
  },
];

export const planted: readonly Planted[] = [
  ...importCases,
  ...browserCases,
  ...banCases,
  ...syntaxCases,
  ...testCases,
  ...sizeCases,
  ...textCases,
  ...ratchetCases,
];
