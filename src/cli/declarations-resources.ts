import type { Declaration, OptionDeclaration } from "#cli/declare.ts";

const project: OptionDeclaration = ["-p, --project <name>", "project of the resources (default: default)"];
const files: OptionDeclaration = [
  "-f, --filename <path>",
  "file, folder, or - for stdin; may be given again",
  "repeatable",
];
const dryRun: OptionDeclaration = [
  "--dry-run",
  "check everything and show what would change; change nothing",
];
const output: OptionDeclaration = ["-o, --output <form>", "table, wide, name, json or yaml"];

/** The verbs that work on every kind. */
export const resourceCommands: readonly Declaration[] = [
  {
    name: "apply",
    summary: "Create or change resources from documents",
    description:
      "Create or change resources from YAML or JSON documents. All documents are checked before the first\nis sent; it stops at the first one that is refused, and says what was applied. See `vdc help documents`.",
    options: [
      files,
      project,
      dryRun,
      ["--if-revision <revision>", "only when the resource has this revision, or `absent`"],
    ],
    uses: "values",
    examples: [
      "vdc apply -f newsroom.yaml",
      "vdc apply -f projects/ --dry-run",
      "cat newsroom.yaml | vdc apply -f -",
    ],
    load: async () => (await import("#cli/commands/apply.ts")).apply,
  },
  {
    name: "get",
    words: "<kind> [names...]",
    summary: "List resources, or show some by name",
    description: "List resources of a kind, or show some of them by name.",
    options: [
      ["-l, --selector <labels>", "label selector: app=web,tier in (a,b),!old"],
      ["--field-selector <fields>", "field selector: status.phase=active,name!=web"],
      project,
      ["-A, --all-projects", "resources of every project that you may see"],
      ["-w, --watch", "go on with every change until Ctrl-C"],
      ["--limit <count>", "at most so many"],
      output,
    ],
    uses: "reads",
    examples: [
      "vdc get projects",
      "vdc get project newsroom --yaml",
      "vdc get projects -l team=web --watch",
      "vdc get machines -o wide",
    ],
    load: async () => (await import("#cli/commands/get.ts")).get,
  },
  {
    name: "describe",
    words: "<kind> [name]",
    summary: "Show one resource with what happened to it",
    description: "Show one resource for reading: what is wanted, what was observed, and its last events.",
    options: [project],
    uses: "values",
    examples: ["vdc describe project newsroom", "vdc describe project/newsroom"],
    load: async () => (await import("#cli/commands/describe.ts")).describe,
  },
  {
    name: "diff",
    summary: "Show what apply would change",
    description:
      "Show what `vdc apply` would change, by the data center's own dry run. The exit status is 0 when there is\nno difference, 1 when there is one, and 2 or more after an error.",
    options: [files, project],
    uses: "values",
    examples: ["vdc diff -f newsroom.yaml", "vdc diff -f projects/ --json"],
    load: async () => (await import("#cli/commands/diff.ts")).diff,
  },
  {
    name: "patch",
    words: "<kind> [name]",
    summary: "Change some fields of a resource",
    description: "Change some fields of a resource by a merge patch (RFC 7396): null removes a field.",
    options: [
      ["--patch <patch>", "JSON or YAML over labels and spec; @FILE or - reads it"],
      project,
      dryRun,
      ["--if-revision <revision>", "only when the resource has this revision"],
    ],
    uses: "values",
    examples: [
      `vdc patch project newsroom --patch '{"spec":{"title":"The newsroom"}}'`,
      "vdc patch project newsroom --patch 'labels: {old: null}' --dry-run",
    ],
    load: async () => (await import("#cli/commands/patch.ts")).patch,
  },
  {
    name: "delete",
    words: "[kind] [names...]",
    summary: "Delete resources and wait until they are gone",
    description:
      "Delete resources and wait until they are gone. On a terminal it asks for the name of each; elsewhere it needs --yes.",
    options: [
      files,
      project,
      ["--yes", "do not ask"],
      ["--no-wait", "return at once; deleting goes on in the data center"],
      ["--timeout <duration>", "longest wait for each: 90s, 5m (default 5m)"],
      dryRun,
    ],
    uses: "values",
    examples: [
      "vdc delete project newsroom",
      "vdc delete -f projects/ --yes",
      "vdc delete project newsroom --dry-run",
    ],
    load: async () => (await import("#cli/commands/delete.ts")).deleteResources,
  },
  {
    name: "wait",
    words: "<target>",
    summary: "Wait until a resource or an operation is as wanted",
    description:
      "Wait until a resource is as wanted, or until an operation has finished (and fail when it failed).",
    options: [
      ["--for <state>", "deleted, created, or a field: status.phase=active"],
      ["--timeout <duration>", "longest wait: 90s, 5m (default 60s)"],
      project,
    ],
    uses: "remote",
    examples: [
      "vdc wait project/newsroom --for=status.phase=active",
      "vdc wait project/newsroom --for=deleted --timeout=5m",
      "vdc wait operation/op_01jd8xq2v7e3k9m4n5p6r7s8t9",
    ],
    load: async () => (await import("#cli/commands/wait.ts")).wait,
  },
];

/** The verbs about what happened and what is going on. */
export const recordCommands: readonly Declaration[] = [
  {
    name: "events",
    words: "[target]",
    summary: "Show what happened",
    description:
      "Show the newest events in the order in which they happened, of everything or of one resource.",
    options: [
      project,
      ["-w, --watch", "go on with new ones until Ctrl-C"],
      ["--limit <count>", "at most so many (default 50)"],
    ],
    uses: "reads",
    examples: ["vdc events", "vdc events project/newsroom", "vdc events --watch --project newsroom"],
    load: async () => (await import("#cli/commands/events.ts")).events,
  },
  {
    name: "operations",
    words: "[operation]",
    summary: "Show running and finished operations",
    description: "Show running and finished operations, or one of them with its steps and its log.",
    options: [
      project,
      ["--state <state>", "running, cancelling, succeeded, failed or cancelled"],
      ["-w, --watch", "follow until it is finished; without an id, every change"],
      ["--limit <count>", "at most so many (default 50)"],
    ],
    uses: "reads",
    examples: [
      "vdc operations --state running",
      "vdc operations op_01jd8xq2v7e3k9m4n5p6r7s8t9 --watch",
      "vdc operations cancel op_01jd8xq2v7e3k9m4n5p6r7s8t9",
    ],
    load: async () => (await import("#cli/commands/operations.ts")).operations,
    commands: [
      {
        name: "cancel",
        words: "<operation>",
        summary: "Ask a running operation to stop",
        uses: "values",
        examples: ["vdc operations cancel op_01jd8xq2v7e3k9m4n5p6r7s8t9"],
        load: async () => (await import("#cli/commands/operations.ts")).cancelOperation,
      },
    ],
  },
  {
    name: "audit",
    summary: "Show or verify the audit chain",
    description: "Show the newest entries of the audit chain, or check every hash of it.",
    options: [
      project,
      ["--verify", "walk the whole chain and check every hash"],
      ["--limit <count>", "at most so many (default 50)"],
    ],
    uses: "reads",
    examples: ["vdc audit", "vdc audit --project newsroom --limit 200", "vdc audit --verify"],
    load: async () => (await import("#cli/commands/audit.ts")).audit,
  },
  {
    name: "machine",
    summary: "Look at the data center's machines",
    uses: "nothing",
    examples: ["vdc machine top", "vdc machine probe", "vdc get machines"],
    commands: [
      {
        name: "top",
        words: "[machine]",
        summary: "Show what a machine does now, and the processes that use most",
        options: [
          ["--sort <by>", "cpu or memory"],
          ["--limit <count>", "at most so many processes (default 20)"],
          ["-w, --watch", "again every two seconds until Ctrl-C"],
        ],
        uses: "reads",
        examples: ["vdc machine top", "vdc machine top --sort memory --watch"],
        load: async () => (await import("#cli/commands/machine.ts")).machineTop,
      },
      {
        name: "probe",
        words: "[machine]",
        summary: "Look again at what a machine has: cores, disks, programs",
        uses: "values",
        examples: ["vdc machine probe"],
        load: async () => (await import("#cli/commands/machine.ts")).machineProbe,
      },
      {
        name: "engines",
        summary: "Show what can run instances here, and how well it separates them",
        uses: "reads",
        examples: ["vdc machine engines"],
        load: async () => (await import("#cli/commands/app-traffic.ts")).engines,
      },
      {
        name: "gateways",
        summary: "Show the gateway processes and what they serve from",
        uses: "reads",
        examples: ["vdc machine gateways"],
        load: async () => (await import("#cli/commands/app-traffic.ts")).gateways,
      },
    ],
  },
];
