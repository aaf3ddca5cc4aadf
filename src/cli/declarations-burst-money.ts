import type { Declaration, OptionDeclaration } from "#cli/declare.ts";

const project: OptionDeclaration = ["-p, --project <name>", "project whose money it is (default: default)"];
const output: OptionDeclaration = ["-o, --output <form>", "table, wide, json or yaml"];
const month: OptionDeclaration = ["--month <month>", "as 2026-11 (default: this one)"];
const limit: OptionDeclaration = ["--limit <count>", "at most so many (default 50)"];

const planVerbs: readonly Declaration[] = [
  {
    name: "list",
    summary: "List plans",
    options: [output],
    uses: "reads",
    examples: ["vdc plan list"],
    load: async () => (await import("#cli/burst-money/plan.ts")).planList,
  },
  {
    name: "show",
    words: "<plan>",
    summary: "Show what a plan includes, and what more of it costs",
    uses: "reads",
    examples: ["vdc plan show sample"],
    load: async () => (await import("#cli/burst-money/plan.ts")).planShow,
  },
];

const offerVerbs: readonly Declaration[] = [
  {
    name: "list",
    summary: "List offers, newest first",
    options: [limit, project, output],
    uses: "reads",
    examples: ["vdc offer list -p photos"],
    load: async () => (await import("#cli/burst-money/offer.ts")).offerList,
  },
  {
    name: "create",
    words: "<graph>",
    summary: "Ask what a job would take and cost; nothing is ordered",
    options: [["--title <text>", "what people call the job"], project],
    uses: "values",
    examples: ["vdc offer create 9f86d08…0f00a08 --title 'Merge to HDR'"],
    load: async () => (await import("#cli/burst-money/offer.ts")).offerCreate,
  },
  {
    name: "show",
    words: "<offer>",
    summary: "Show an offer as a receipt: times, price, and what it is made of",
    options: [project],
    uses: "values",
    examples: ["vdc offer show ofr_01kb…"],
    load: async () => (await import("#cli/burst-money/offer.ts")).offerShow,
  },
  {
    name: "accept",
    words: "<offer>",
    summary: "Accept an offer: its price is reserved and the job begins",
    options: [
      ["--bound <amount>", "at most this much, when it is less: the job waits when it is used up"],
      ["--yes", "do not ask"],
      project,
    ],
    uses: "values",
    examples: ["vdc offer accept ofr_01kb…", "vdc offer accept ofr_01kb… --bound 0.01 --yes"],
    load: async () => (await import("#cli/burst-money/offer.ts")).offerAccept,
  },
];

const ledgerVerbs: readonly Declaration[] = [
  {
    name: "list",
    summary: "List transfers, newest first: what was reserved, charged and given back",
    options: [["--job <id>", "of this job alone"], limit, project, output],
    uses: "reads",
    examples: ["vdc ledger list", "vdc ledger list --job job_01kb…"],
    load: async () => (await import("#cli/burst-money/ledger.ts")).ledgerList,
  },
  {
    name: "invoice",
    words: "<job>",
    summary: "Show what a job that ended cost, a line for each stage",
    options: [project],
    uses: "values",
    examples: ["vdc ledger invoice job_01kb…"],
    load: async () => (await import("#cli/burst-money/ledger.ts")).ledgerInvoice,
  },
  {
    name: "refund",
    words: "<job>",
    summary: "Give back what a job cost, or part of it; for owners of the data center",
    options: [
      ["--reason <text>", "why; the project reads it"],
      ["--amount <amount>", "this much (default: all that was not given back yet)"],
      ["--id <id>", "name of this refund: asked again with the same one, it is given once"],
      project,
    ],
    uses: "values",
    examples: ["vdc ledger refund job_01kb… --reason 'The sky came out grey.'"],
    load: async () => (await import("#cli/burst-money/ledger.ts")).ledgerRefund,
  },
  {
    name: "export",
    summary: "Print the usage of a month for other programs",
    description:
      "Print the usage of a month: CSV with the columns of FOCUS (FinOps Open Cost and Usage Specification),\nor CloudEvents 1.0, one JSON document a line.",
    options: [month, ["--form <form>", "focus or cloudevents (default focus)"], project],
    uses: "remote",
    examples: [
      "vdc ledger export --month 2026-11 > november.csv",
      "vdc ledger export --form cloudevents -p photos",
    ],
    load: async () => (await import("#cli/burst-money/ledger.ts")).ledgerExport,
  },
];

const budgetVerbs: readonly Declaration[] = [
  {
    name: "show",
    summary: "Show what a month cost, what is reserved, and the budget",
    options: [month, project],
    uses: "values",
    examples: ["vdc budget show -p photos"],
    load: async () => (await import("#cli/burst-money/budget.ts")).budgetShow,
  },
  {
    name: "set",
    words: "<amount>",
    summary: "Set the most that a month may cost; none ends burst for the project",
    options: [
      ["--currency <code>", "as USD (default: that of the project's plan)"],
      ["--alerts <percents>", "percents of it at which an event tells (default 50,80,100)"],
      project,
    ],
    uses: "values",
    examples: ["vdc budget set 25 -p photos", "vdc budget set none"],
    load: async () => (await import("#cli/burst-money/budget.ts")).budgetSet,
  },
];

/** The verbs of burst's money. */
export const burstMoneyCommands: readonly Declaration[] = [
  {
    name: "plan",
    summary: "See what jobs have for nothing, and what more costs",
    uses: "nothing",
    examples: ["vdc plan list", "vdc plan show sample"],
    commands: planVerbs,
  },
  {
    name: "offer",
    summary: "Ask for the price of a job, and accept it",
    uses: "nothing",
    examples: ["vdc offer list", "vdc offer show ofr_01kb…"],
    commands: offerVerbs,
  },
  {
    name: "ledger",
    summary: "See what was reserved, charged and given back",
    uses: "nothing",
    examples: ["vdc ledger list", "vdc ledger export --month 2026-11"],
    commands: ledgerVerbs,
  },
  {
    name: "budget",
    summary: "Bound what a project may spend in a month",
    uses: "nothing",
    examples: ["vdc budget show", "vdc budget set 25"],
    commands: budgetVerbs,
  },
];
