import type { Declaration, OptionDeclaration } from "#cli/declare.ts";

const project: OptionDeclaration = ["-p, --project <name>", "project of the app (default: default)"];
const output: OptionDeclaration = ["-o, --output <form>", "table, json or yaml"];
const wait: readonly OptionDeclaration[] = [
  ["--no-wait", "return at once; it goes on in the data center"],
  ["--timeout <duration>", "longest wait: 90s, 10m (default 10m)"],
];
const yes: OptionDeclaration = ["--yes", "do not ask"];
const dryRun: OptionDeclaration = ["--dry-run", "show what would be done; change nothing"];
const setSecret: OptionDeclaration = [
  "--set-secret <key=from>",
  "secret setting: KEY=@FILE, KEY=- for stdin, or KEY to be asked; may be given again",
  "repeatable",
];

/** What the short forms and the ones below `vdc app` share. */
const rollback: Declaration = {
  name: "rollback",
  words: "<app>",
  summary: "Go back to an earlier release of an app",
  description:
    "Make a new release with the contents of an earlier one: the last that was good, or the one that --to names.",
  options: [["--to <release>", "number of the release; see `vdc app history`"], project, ...wait, output],
  uses: "values",
  examples: ["vdc rollback news", "vdc rollback news --to 3"],
  load: async () => (await import("#cli/commands/app.ts")).appRollback,
};

const scale: Declaration = {
  name: "scale",
  words: "<app> <counts...>",
  summary: "Set how many instances the components of an app have",
  description:
    "Set how many instances the components of an app have. Those of a pool, whose instances work for jobs, follow from the\nwork that waits: give bounds, as in worker=1..8, or auto for the bounds of its package; a number fixes them.",
  options: [project, ...wait, output],
  uses: "values",
  examples: ["vdc scale news web=3", "vdc scale news web=2 worker=1", "vdc scale pool worker=1..8"],
  load: async () => (await import("#cli/commands/app.ts")).appScale,
};

const stop: Declaration = {
  name: "stop",
  words: "<app>",
  summary: "Stop an app; volumes, releases and routes stay",
  options: [project, ...wait, output],
  uses: "values",
  examples: ["vdc stop news"],
  load: async () => (await import("#cli/commands/app.ts")).appStop,
};

const start: Declaration = {
  name: "start",
  words: "<app>",
  summary: "Start an app that was stopped",
  options: [project, ...wait, output],
  uses: "values",
  examples: ["vdc start news"],
  load: async () => (await import("#cli/commands/app.ts")).appStart,
};

const remove: Declaration = {
  name: "remove",
  words: "<app>",
  summary: "Remove an app; its volumes and secrets stay unless told otherwise",
  description:
    "Remove an app with its instances, releases and routes. On a terminal it asks for the app's name;\nelsewhere it needs --yes. Volumes stay, unless --delete-volumes: then those that no other app uses\ngo, too.",
  options: [["--delete-volumes", "delete the volumes that only this app uses"], yes, project, ...wait],
  uses: "remote",
  examples: ["vdc remove news", "vdc remove news --delete-volumes --yes"],
  load: async () => (await import("#cli/commands/app.ts")).appRemove,
};

const history: Declaration = {
  name: "history",
  words: "<app>",
  summary: "List the releases of an app, newest first",
  options: [project, output],
  uses: "reads",
  examples: ["vdc app history news"],
  load: async () => (await import("#cli/commands/app.ts")).appHistory,
};

/** The same verb below `vdc app`. */
const belowApp = (verb: Declaration): Declaration => ({
  ...verb,
  examples: verb.examples.map((line) => line.replace(/^vdc /, "vdc app ")),
});

const appVerbs: readonly Declaration[] = [
  {
    name: "list",
    summary: "List the apps of a project",
    options: [project, ["-A, --all-projects", "apps of every project that you may see"], output],
    uses: "reads",
    examples: ["vdc app list", "vdc app list -A"],
    load: async () => (await import("#cli/commands/app.ts")).appList,
  },
  {
    name: "get",
    words: "<app>",
    summary: "Show an app with its instances and addresses",
    options: [project, output],
    uses: "reads",
    examples: ["vdc app get news", "vdc app get app/shop/news --json"],
    load: async () => (await import("#cli/commands/app.ts")).appGet,
  },
  history,
  {
    name: "set",
    words: "<app> [settings...]",
    summary: "Change settings of an app, which makes a release",
    options: [setSecret, yes, dryRun, project, ...wait, output],
    uses: "values",
    examples: [
      "vdc app set news title='The daily news'",
      "vdc app set news --set-secret adminPassword=@password.txt",
    ],
    load: async () => (await import("#cli/commands/app.ts")).appSet,
  },
  {
    name: "traffic",
    words: "<app>",
    summary: "Show the traffic of an app, a line a second, until Ctrl-C",
    options: [project],
    uses: "values",
    examples: ["vdc app traffic news"],
    load: async () => (await import("#cli/commands/app-traffic.ts")).appTraffic,
  },
  {
    name: "requests",
    words: "<app>",
    summary: "Show the requests of an app as they end, until Ctrl-C",
    options: [project],
    uses: "values",
    examples: ["vdc app requests news"],
    load: async () => (await import("#cli/commands/app-traffic.ts")).appRequests,
  },
  belowApp(rollback),
  belowApp(scale),
  {
    name: "restart",
    words: "<app>",
    summary: "Replace all instances one after the other, without a new release",
    options: [
      ["--component <name>", "of this component only"],
      project,
      ["--no-wait", "return at once; it goes on in the data center"],
      ["--timeout <duration>", "longest wait: 90s, 10m (default 30m)"],
    ],
    uses: "values",
    examples: ["vdc app restart news", "vdc app restart news --component web"],
    load: async () => (await import("#cli/commands/app.ts")).appRestart,
  },
  {
    name: "pause",
    words: "<app>",
    summary: "Hold a running rollout where it is",
    options: [project, ...wait, output],
    uses: "values",
    examples: ["vdc app pause news"],
    load: async () => (await import("#cli/commands/app.ts")).appPause,
  },
  {
    name: "resume",
    words: "<app>",
    summary: "Let a paused app go on",
    options: [project, ...wait, output],
    uses: "values",
    examples: ["vdc app resume news"],
    load: async () => (await import("#cli/commands/app.ts")).appResume,
  },
  belowApp(stop),
  belowApp(start),
  belowApp(remove),
  {
    name: "backup",
    words: "<app>",
    summary: "Keep a copy of an app's backup set",
    options: [
      project,
      ["--no-wait", "return at once; it goes on in the data center"],
      ["--timeout <duration>", "longest wait: 90s, 10m (default 30m)"],
    ],
    uses: "values",
    examples: ["vdc app backup news"],
    load: async () => (await import("#cli/commands/app.ts")).appBackup,
  },
  {
    name: "backups",
    words: "<app>",
    summary: "List the kept copies of an app, newest first",
    options: [project],
    uses: "reads",
    examples: ["vdc app backups news"],
    load: async () => (await import("#cli/commands/app.ts")).appBackups,
  },
  {
    name: "restore",
    words: "<app> <backup>",
    summary: "Put a kept copy back; what is there is kept as a copy first",
    options: [
      yes,
      project,
      ["--no-wait", "return at once; it goes on in the data center"],
      ["--timeout <duration>", "longest wait: 90s, 10m (default 30m)"],
    ],
    uses: "values",
    examples: ["vdc app restore news BACKUP"],
    load: async () => (await import("#cli/commands/app.ts")).appRestore,
  },
  {
    name: "open",
    words: "<app>",
    summary: "Open an app in the browser, and print its address",
    options: [project],
    uses: "remote",
    examples: ["vdc app open news"],
    load: async () => (await import("#cli/commands/app.ts")).appOpen,
  },
];

/** The verbs of applications. `vdc logs APP` is declared with the local verbs, whose parts have logs, too. */
export const appCommands: readonly Declaration[] = [
  {
    name: "deploy",
    words: "<what>",
    summary: "Install an app, or bring its next release",
    description:
      "Install an app, or bring its next release. WHAT is a folder with vdc-app.yaml, a compose.yaml, a\nbuilt package file, or a package of the catalogue. It shows the plan first where an app is there\nalready, follows the rollout, and fails when the release does not come up. See `vdc help apps`.",
    options: [
      ["--name <app>", "name of the app (default: the package's)"],
      project,
      ["--set <key=value>", "setting of the package; may be given again", "repeatable"],
      setSecret,
      ["--host <route=host>", "host name of a route; may be given again", "repeatable"],
      ["--accept-licence", "accept the package's licence"],
      yes,
      dryRun,
      ...wait,
      output,
    ],
    uses: "values",
    examples: [
      "vdc deploy examples/newsroom",
      "vdc deploy compose.yaml --name shop",
      "vdc deploy newsroom --name news --set title='The daily news' --set-secret adminPassword=@password.txt",
    ],
    load: async () => (await import("#cli/commands/deploy.ts")).deploy,
  },
  {
    name: "app",
    summary: "Look at apps and operate them",
    uses: "nothing",
    examples: [
      "vdc app list",
      "vdc app get news",
      "vdc app history news",
      "vdc app set news title='The daily news'",
    ],
    commands: appVerbs,
  },
  {
    name: "release",
    summary: "Look at the releases of apps",
    uses: "nothing",
    examples: ["vdc release list news"],
    commands: [{ ...history, name: "list", examples: ["vdc release list news"] }],
  },
  rollback,
  scale,
  {
    name: "exec",
    words: "<target> [command...]",
    summary: "Run a command in an instance's sandbox",
    description:
      "Run a command in the sandbox of an instance, or of an app's first ready one. Its exit status is\nthe command's. Write the command after --. Every start is in the audit chain, without the\narguments.",
    options: [
      ["-t, --terminal", "with a terminal: for shells and editors"],
      ["-i, --interactive", "taken for habit's sake: input is always sent"],
      ["--component <name>", "of an app: in an instance of this component"],
      project,
    ],
    uses: "remote",
    examples: [
      "vdc exec news -- ls -l",
      "vdc exec news -it -- sh",
      "echo hello | vdc exec news-web-1-k3f9 -- cat",
    ],
    load: async () => (await import("#cli/commands/exec.ts")).exec,
  },
  {
    name: "top",
    words: "[app]",
    summary: "Show what the instances of apps use and serve now",
    options: [project, ["-w, --watch", "again every two seconds until Ctrl-C"]],
    uses: "reads",
    examples: ["vdc top", "vdc top news --watch"],
    load: async () => (await import("#cli/commands/top.ts")).top,
  },
  stop,
  start,
  remove,
  {
    name: "demo",
    summary: "Make a data center move, to have something to look at",
    uses: "nothing",
    examples: ["vdc demo traffic"],
    commands: [
      {
        name: "traffic",
        words: "[app]",
        summary: "Send real visitors to an app (default: newsroom)",
        description:
          "Send real visitors to an app: they follow its links and watch its event stream, at a steady and bounded\nrate. Look at them with `vdc app traffic`, `vdc top` or in the console. It is no benchmark.",
        options: [
          ["--rate <number>", "requests a second, at most 1000 (default 50)"],
          ["--for <duration>", "how long: 30s, 10m; at most 1h (default 1m)"],
          ["--streams <number>", "event streams that are watched, at most 200 (default 5)"],
          project,
        ],
        uses: "reads",
        examples: ["vdc demo traffic", "vdc demo traffic news --rate 200 --for 5m"],
        load: async () => (await import("#cli/commands/demo.ts")).demoTraffic,
      },
    ],
  },
  {
    name: "secret",
    summary: "Set values that apps get and nobody can read back",
    uses: "nothing",
    examples: ["vdc secret set news-admin-password < password.txt", "vdc get secrets -p default"],
    commands: [
      {
        name: "set",
        words: "<secret> [value...]",
        summary: "Give a secret a new value; makes the secret when it is not there",
        description:
          "Give a secret a new value. It is asked for without echo, or read from stdin or a file; it is never\na word of the command, which others could read in the list of processes.",
        options: [["--file <path>", "read the value from this file"], project, output],
        uses: "values",
        examples: [
          "vdc secret set news-admin-password",
          "openssl rand -base64 32 | vdc secret set news-session-key",
        ],
        load: async () => (await import("#cli/commands/secret.ts")).secretSet,
      },
    ],
  },
];
