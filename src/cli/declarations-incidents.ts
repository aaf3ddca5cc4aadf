import type { Declaration, OptionDeclaration } from "#cli/declare.ts";

const ofProject: OptionDeclaration = [
  "-p, --project <name>",
  "as this project sees it; without it those of the whole data center, for owners",
];
const project: OptionDeclaration = ["-p, --project <name>", "project of the subscription (default: default)"];
const told: readonly OptionDeclaration[] = [
  ["--text <text>", "what is affected, what we do, what to do; everybody can read it"],
  ["--status <status>", "investigating, identified, monitoring or resolved"],
  ["--impact <impact>", "none, minor, major or critical"],
];

const incidentVerbs: readonly Declaration[] = [
  {
    name: "list",
    summary: "List incidents, newest first",
    options: [ofProject, ["--open", "only those that are not resolved"]],
    uses: "reads",
    examples: ["vdc incident list --open", "vdc incident list -p shop"],
    load: async () => (await import("#cli/commands/incident.ts")).incidentList,
  },
  {
    name: "show",
    words: "<id>",
    summary: "Show an incident: who is concerned, what was said when, and what was seen",
    description:
      "Show an incident: who is concerned, what was said when, and what was seen. With --project also which of\nits subscribers were told, and what the other side said.",
    options: [ofProject],
    uses: "reads",
    examples: ["vdc incident show 3kq8", "vdc incident show 3kq8 -p shop"],
    load: async () => (await import("#cli/commands/incident.ts")).incidentShow,
  },
  {
    name: "post",
    words: "<title>",
    summary: "Tell those concerned of something that no probe can see",
    options: [
      ...told,
      ["--component <name>", "objects, control or apps (default objects)"],
      ["--effect <effect>", "durability, latency, reads, writes or availability", "repeatable"],
      ["--affects <project>", "who is concerned (default: everyone)", "repeatable"],
    ],
    uses: "values",
    examples: ["vdc incident post 'Maintenance at 22:00' --text 'Nothing to do.' --affects shop"],
    load: async () => (await import("#cli/commands/incident-say.ts")).incidentPost,
  },
  {
    name: "update",
    words: "<id>",
    summary: "Say more about an incident that was posted by hand",
    options: told,
    uses: "values",
    examples: ["vdc incident update 3kq8 --text 'The disk is exchanged.' --status monitoring"],
    load: async () => (await import("#cli/commands/incident-say.ts")).incidentUpdate,
  },
  {
    name: "resolve",
    words: "<id>",
    summary: "Give the all-clear for an incident that was posted by hand",
    options: [["--text <text>", "what to say (default: that it is over)"]],
    uses: "values",
    examples: ["vdc incident resolve 3kq8 --text 'All disks are new.'"],
    load: async () => (await import("#cli/commands/incident-say.ts")).incidentResolve,
  },
];

const subscriptionVerbs: readonly Declaration[] = [
  {
    name: "list",
    summary: "List who is told of incidents, and how",
    options: [
      project,
      ["-A, --all-projects", "of every project that you may see"],
      ["-o, --output <form>", "table, wide, json or yaml"],
    ],
    uses: "reads",
    examples: ["vdc subscription list"],
    load: async () => (await import("#cli/commands/subscription.ts")).subscriptionList,
  },
  {
    name: "create",
    words: "<subscription>",
    summary: "Have somebody told of incidents that affect a project",
    options: [
      ["--email <address>", "messages go there"],
      ["--webhook <url>", "messages are posted there, signed"],
      ["--secret <name>", "the project's secret that signs them (default: one is made)"],
      ["--bucket <s3-name>", "only what is about this bucket; may be given again", "repeatable"],
      ["--from <impact>", "least impact that is told: none, minor, major or critical (default none)"],
      ["--description <text>", "who reads it"],
      project,
    ],
    uses: "values",
    examples: [
      "vdc subscription create operations --email operations@example.org",
      "vdc subscription create pager --webhook https://hooks.example.org/vdc --from major",
    ],
    load: async () => (await import("#cli/commands/subscription.ts")).subscriptionCreate,
  },
  {
    name: "test",
    words: "<subscription>",
    summary: "Send one message to see whether it arrives",
    options: [project],
    uses: "values",
    examples: ["vdc subscription test operations"],
    load: async () => (await import("#cli/commands/subscription.ts")).subscriptionTest,
  },
  {
    name: "receipts",
    summary: "Show which messages were sent, and what the other side said",
    options: [["--incident <id>", "only those about this incident"], project],
    uses: "reads",
    examples: ["vdc subscription receipts -p shop"],
    load: async () => (await import("#cli/commands/subscription.ts")).subscriptionReceipts,
  },
  {
    name: "delete",
    words: "<subscription>",
    summary: "Tell somebody no more",
    options: [
      ["--yes", "do not ask"],
      ["--no-wait", "return at once; it goes on in the data center"],
      ["--timeout <duration>", "longest wait: 90s, 10m"],
      project,
    ],
    uses: "values",
    examples: ["vdc subscription delete operations --yes"],
    load: async () => (await import("#cli/commands/subscription.ts")).subscriptionDelete,
  },
];

/** The verbs of incidents, and of those who are told of them. */
export const incidentCommands: readonly Declaration[] = [
  {
    name: "incident",
    summary: "See what is impaired, and tell those concerned",
    uses: "nothing",
    examples: [
      "vdc incident list --open",
      "vdc incident post 'Maintenance at 22:00' --text 'Nothing to do.'",
    ],
    commands: incidentVerbs,
  },
  {
    name: "subscription",
    summary: "Choose who is told of incidents",
    uses: "nothing",
    examples: ["vdc subscription create operations --email operations@example.org"],
    commands: subscriptionVerbs,
  },
  {
    name: "status-page",
    summary: "Print the address of the public status page, or of a project's own",
    options: [["-p, --project <name>", "the page of this project; whoever knows its address can read it"]],
    uses: "values",
    examples: ["vdc status-page", "vdc status-page -p shop"],
    load: async () => (await import("#cli/commands/incident.ts")).statusPage,
  },
];
