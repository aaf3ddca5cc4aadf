import type { Declaration, OptionDeclaration } from "#cli/declare.ts";

const project: OptionDeclaration = ["-p, --project <name>", "project of the job (default: default)"];

const jobVerbs: readonly Declaration[] = [
  {
    name: "list",
    summary: "List jobs, newest first",
    options: [["-p, --project <name>", "only those of this project"]],
    uses: "reads",
    examples: ["vdc job list -p photos"],
    load: async () => (await import("#cli/burst/jobs.ts")).jobList,
  },
  {
    name: "show",
    words: "<id>",
    summary: "Show a job: its stages, what it cost, its results",
    options: [project],
    uses: "values",
    examples: ["vdc job show job_3kq8 -p photos"],
    load: async () => (await import("#cli/burst/jobs.ts")).jobShow,
  },
  {
    name: "watch",
    words: "<id>",
    summary: "Follow a job to its end; ends with 7 when the job fails",
    options: [project],
    uses: "values",
    examples: ["vdc job watch job_3kq8 -p photos"],
    load: async () => (await import("#cli/burst/jobs.ts")).jobWatch,
  },
  {
    name: "results",
    words: "<id>",
    summary: "List the results of a job, or fetch them into a folder",
    options: [["--to <folder>", "fetch them into this folder, each verified"], project],
    uses: "reads",
    examples: ["vdc job results job_3kq8 -p photos", "vdc job results job_3kq8 -p photos --to merged"],
    load: async () => (await import("#cli/burst/job-results.ts")).jobResults,
  },
  {
    name: "pause",
    words: "<id>",
    summary: "Start no further task of a job; what runs ends",
    options: [project],
    uses: "values",
    examples: ["vdc job pause job_3kq8 -p photos"],
    load: async () => (await import("#cli/burst/jobs.ts")).jobChange("pause"),
  },
  {
    name: "resume",
    words: "<id>",
    summary: "Go on with a paused job",
    options: [project],
    uses: "values",
    examples: ["vdc job resume job_3kq8 -p photos"],
    load: async () => (await import("#cli/burst/jobs.ts")).jobChange("resume"),
  },
  {
    name: "raise",
    words: "<id> <amount>",
    summary: "Accept a higher bound for a job that waits for money",
    options: [project],
    uses: "values",
    examples: ["vdc job raise job_3kq8 0.02 -p photos"],
    load: async () => (await import("#cli/burst/jobs.ts")).jobRaise,
  },
  {
    name: "cancel",
    words: "<id>",
    summary: "Stop a job; what is not owed returns",
    options: [project],
    uses: "values",
    examples: ["vdc job cancel job_3kq8 -p photos"],
    load: async () => (await import("#cli/burst/jobs.ts")).jobChange("cancel"),
  },
];

const workerVerbs: readonly Declaration[] = [
  {
    name: "list",
    summary: "List the workers, and what they are worth as one core",
    uses: "reads",
    examples: ["vdc worker list"],
    load: async () => (await import("#cli/burst/workers.ts")).workerList,
  },
  {
    name: "pools",
    summary: "List the pools, how many workers each has, and why so many",
    options: [["-p, --project <name>", "only those of this project"]],
    uses: "reads",
    examples: ["vdc worker pools"],
    load: async () => (await import("#cli/burst/pools.ts")).workerPools,
  },
  {
    name: "drain",
    words: "<ids...>",
    summary: "Give workers nothing new; each leaves when it has finished",
    uses: "remote",
    examples: ["vdc worker drain worker-3"],
    load: async () => (await import("#cli/burst/workers.ts")).workerDrain,
  },
  {
    name: "release",
    words: "<names...>",
    summary: "End the quarantine of workers",
    description:
      "End the quarantine of workers: each by its name, or by the id that `vdc worker list` shows. A quarantine outlives restarts;\nonly this ends it, and the audit log keeps who did it. Find out first why the worker's results were wrong.",
    uses: "remote",
    examples: ["vdc worker release worker-photo-7"],
    load: async () => (await import("#cli/burst/workers.ts")).workerRelease,
  },
  {
    name: "token",
    words: "[name]",
    summary: "Make a token with which machines join for a project",
    description:
      "Make a token with which machines join for a project (`vdc join`). It is one of your own with the role operator in\nthis project alone: whoever has it may do there what an operator may. At the machine itself, without a sign-in, it is one\nof the data center's first owner.",
    options: [
      ["-p, --project <name>", "project that they work for (default: default)"],
      ["--expires <duration>", "how long it is good for, such as 30d"],
    ],
    uses: "values",
    examples: ["vdc worker token -p photos --expires 30d > join-token"],
    load: async () => (await import("#cli/burst/workers.ts")).workerToken,
  },
];

const trustVerbs: readonly Declaration[] = [
  {
    name: "list",
    summary: "List the keys whose kernels a project takes",
    options: [["-p, --project <name>", "project (default: default)"]],
    uses: "reads",
    examples: ["vdc kernels trust list -p photos"],
    load: async () => (await import("#cli/burst/kernel-trust.ts")).kernelsTrustList,
  },
  {
    name: "add",
    words: "<key>",
    summary: "Trust a key in a project, for kernels as for apps",
    options: [
      ["--name <name>", "whose key it is"],
      ["-p, --project <name>", "project (default: default)"],
    ],
    uses: "remote",
    examples: [
      "vdc kernels trust add ed25519:jFcLsM2bKAqWlQwi8zxDuMdEAFGPmVaGP4yIBF5JTXo= --name 'release team' -p photos",
    ],
    load: async () => (await import("#cli/burst/kernel-trust.ts")).kernelsTrustAdd,
  },
  {
    name: "remove",
    words: "<key>",
    summary: "Trust a key no longer; what it signed stays where it was admitted",
    options: [["-p, --project <name>", "project (default: default)"]],
    uses: "remote",
    examples: ["vdc kernels trust remove ed25519:jFcLsM2bKAqWlQwi8zxDuMdEAFGPmVaGP4yIBF5JTXo= -p photos"],
    load: async () => (await import("#cli/burst/kernel-trust.ts")).kernelsTrustRemove,
  },
];

const kernelVerbs: readonly Declaration[] = [
  {
    name: "keygen",
    words: "<file>",
    summary: "Make a key that signs kernel packages, and print its public half",
    uses: "values",
    examples: ["vdc kernels keygen kernels.key"],
    load: async () => (await import("#cli/burst/kernels.ts")).kernelsKeygen,
  },
  {
    name: "build",
    words: "<folder>",
    summary: "Check a folder of kernels as a worker would, and print the package's hash",
    uses: "values",
    examples: ["vdc kernels build kernels"],
    load: async () => (await import("#cli/burst/kernels.ts")).kernelsBuild,
  },
  {
    name: "push",
    words: "<folder>",
    summary: "Sign a folder of kernels and bring it into the data center",
    options: [
      ["--key <file>", "key of `vdc kernels keygen`; without it the data center signs, for its owners"],
      ["--allow-older", "also an older version than was there before; for owners"],
      ["-p, --project <name>", "project that it is for (default: default)"],
    ],
    uses: "values",
    examples: ["vdc kernels push kernels --key kernels.key -p photos"],
    load: async () => (await import("#cli/burst/kernels.ts")).kernelsPush,
  },
  {
    name: "trust",
    summary: "Say whose kernels a project takes",
    uses: "nothing",
    examples: ["vdc kernels trust list -p photos"],
    commands: trustVerbs,
  },
];

/** The verbs of burst: jobs, those who run them, and what they run. */
export const burstCommands: readonly Declaration[] = [
  {
    name: "job",
    summary: "Follow jobs that run on many machines, and fetch what they made",
    uses: "nothing",
    examples: ["vdc job list", "vdc job watch job_3kq8 -p photos"],
    commands: jobVerbs,
  },
  {
    name: "worker",
    summary: "See who runs the tasks of jobs, and send them home",
    uses: "nothing",
    examples: ["vdc worker list", "vdc worker token -p photos > join-token"],
    commands: workerVerbs,
  },
  {
    name: "kernels",
    summary: "Build and sign the code that tasks call",
    uses: "nothing",
    examples: ["vdc kernels push kernels --key kernels.key -p photos"],
    commands: kernelVerbs,
  },
];
