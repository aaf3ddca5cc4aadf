import type { Declaration, OptionDeclaration } from "#cli/declare.ts";

const project: OptionDeclaration = [
  "-p, --project <name>",
  "project of the bucket or key (default: default)",
];
const allProjects: OptionDeclaration = ["-A, --all-projects", "of every project that you may see"];
const output: OptionDeclaration = ["-o, --output <form>", "table, wide, json or yaml"];
const yes: OptionDeclaration = ["--yes", "do not ask"];
const version: OptionDeclaration = ["--object-version <id>", "this version of the object"];
const wait: readonly OptionDeclaration[] = [
  ["--no-wait", "return at once; it goes on in the data center"],
  ["--timeout <duration>", "longest wait: 90s, 10m"],
];

const bucketVerbs: readonly Declaration[] = [
  {
    name: "list",
    summary: "List buckets",
    options: [project, allProjects, output],
    uses: "reads",
    examples: ["vdc bucket list", "vdc bucket list -A"],
    load: async () => (await import("#cli/commands/bucket.ts")).bucketList,
  },
  {
    name: "create",
    words: "<bucket>",
    summary: "Make a bucket",
    options: [
      ["--versioning", "keep versions from the start"],
      ["--object-lock", "let versions be locked; only possible now, and turns versioning on"],
      ["--s3-name <name>", "name for S3 clients, unique in the data center (default: the bucket's)"],
      ["--description <text>", "what it is for"],
      project,
    ],
    uses: "values",
    examples: ["vdc bucket create news-pictures --versioning", "vdc bucket create records --object-lock"],
    load: async () => (await import("#cli/commands/bucket.ts")).bucketCreate,
  },
  {
    name: "config",
    words: "<bucket>",
    summary: "Show or change S3's configuration of a bucket",
    description:
      "Show S3's configuration of a bucket, or change what is given of it. --file takes a YAML or JSON\ndocument with any of the fields that are shown; null removes one.",
    options: [
      ["--versioning <state>", "enabled or suspended"],
      ["--encryption <state>", "on or off: whether objects are sealed on disk"],
      ["--public <rule>", "refuse: nothing is public whatever a policy says; allow: policies decide"],
      ["--policy <file>", "bucket policy, a JSON document; none removes it"],
      ["-f, --file <path>", "fields from this document: cors, lifecycle, tags and all others"],
      project,
    ],
    uses: "values",
    examples: [
      "vdc bucket config news-pictures",
      "vdc bucket config news-pictures --versioning enabled --public refuse",
      "vdc bucket config news-pictures --policy policy.json",
    ],
    load: async () => (await import("#cli/commands/bucket.ts")).bucketConfig,
  },
  {
    name: "delete",
    words: "<bucket>",
    summary: "Delete a bucket: an empty one, or with --empty all that is in it",
    options: [["--empty", "remove every object and version in it first"], yes, project, ...wait],
    uses: "values",
    examples: ["vdc bucket delete news-pictures", "vdc bucket delete scratch --empty --yes"],
    load: async () => (await import("#cli/commands/bucket.ts")).bucketDelete,
  },
];

const objectVerbs: readonly Declaration[] = [
  {
    name: "list",
    words: "<path>",
    summary: "List objects and folders of a bucket",
    options: [
      ["-r, --recursive", "everything below, not folders"],
      ["--versions", "versions and delete markers, too"],
      ["--limit <count>", "at most so many (default 1000)"],
      project,
      output,
    ],
    uses: "reads",
    examples: ["vdc object list news-pictures", "vdc object list news-pictures/2026/ --recursive --versions"],
    load: async () => (await import("#cli/commands/object.ts")).objectList,
  },
  {
    name: "put",
    words: "<file> <path>",
    summary: "Send a file or a folder to a bucket",
    description:
      "Send a file, or everything in a folder, to BUCKET/KEY. What is there already with the same bytes is\nnot sent again, and a large file that was interrupted goes on where it was.",
    options: [project],
    uses: "values",
    examples: ["vdc object put picture.png news-pictures", "vdc object put photos news-pictures/2026/"],
    load: async () => (await import("#cli/commands/object-put.ts")).objectPut,
  },
  {
    name: "get",
    words: "<path> [target]",
    summary: "Fetch an object, or everything below a prefix",
    description:
      "Fetch BUCKET/KEY into a file, or everything below BUCKET/PREFIX into a folder (default: one that is\ncalled like the bucket). What is here already is not fetched again.",
    options: [project],
    uses: "values",
    examples: ["vdc object get news-pictures/cover.png", "vdc object get news-pictures/2026/ photos"],
    load: async () => (await import("#cli/commands/object-get.ts")).objectGet,
  },
  {
    name: "cat",
    words: "<path>",
    summary: "Print the bytes of an object",
    options: [version, project],
    uses: "remote",
    examples: ["vdc object cat notes/today.txt"],
    load: async () => (await import("#cli/commands/object.ts")).objectCat,
  },
  {
    name: "show",
    words: "<path>",
    summary: "Show what is stored of an object, and on which drives its shards lie",
    options: [version, ["--verify", "read every shard and say whether it is good"], project],
    uses: "reads",
    examples: ["vdc object show news-pictures/cover.png --verify"],
    load: async () => (await import("#cli/commands/object.ts")).objectShow,
  },
  {
    name: "delete",
    words: "<path>",
    summary: "Delete an object, or everything below a prefix",
    description:
      "Delete BUCKET/KEY. Where versions are kept, `vdc object restore` brings it back, unless the versions\nthemselves are deleted.",
    options: [
      ["-r, --recursive", "everything below BUCKET/PREFIX"],
      ["--all-versions", "every version for good, not only the newest"],
      version,
      yes,
      project,
    ],
    uses: "values",
    examples: [
      "vdc object delete news-pictures/cover.png",
      "vdc object delete news-pictures/2025/ --recursive --yes",
    ],
    load: async () => (await import("#cli/commands/object.ts")).objectDelete,
  },
  {
    name: "restore",
    words: "<path>",
    summary: "Bring a deleted object back, where versions are kept",
    options: [project],
    uses: "values",
    examples: ["vdc object restore news-pictures/cover.png"],
    load: async () => (await import("#cli/commands/object.ts")).objectRestore,
  },
];

const keyVerbs: readonly Declaration[] = [
  {
    name: "list",
    summary: "List access keys for S3",
    options: [project, allProjects, output],
    uses: "reads",
    examples: ["vdc key list"],
    load: async () => (await import("#cli/commands/key.ts")).keyList,
  },
  {
    name: "create",
    words: "<key>",
    summary: "Make an access key and print its credentials",
    options: [
      ["--bucket <s3-name>", "it may use this bucket only; may be given again", "repeatable"],
      ["--prefix <prefix>", "beginning that object keys must have"],
      ["--access <what>", "read, write or full (default full)"],
      ["--expires <duration>", "it ends after this: 12h, 30d"],
      ["--no-issue", "make no credentials yet"],
      project,
    ],
    uses: "values",
    examples: [
      "vdc key create backup-laptop --access write",
      "vdc key create ci --bucket builds --expires 30d",
    ],
    load: async () => (await import("#cli/commands/key.ts")).keyCreate,
  },
  {
    name: "issue",
    words: "<key>",
    summary: "Make another pair of credentials; the one before keeps working",
    options: [["--revoke-others", "end the pairs that were issued before"], yes, project],
    uses: "values",
    examples: ["vdc key issue backup-laptop", "vdc key issue backup-laptop --revoke-others --yes"],
    load: async () => (await import("#cli/commands/key.ts")).keyIssue,
  },
  {
    name: "revoke",
    words: "<key> [access-key-id]",
    summary: "End one pair of credentials at once, or all",
    options: [yes, project],
    uses: "values",
    examples: ["vdc key revoke backup-laptop", "vdc key revoke backup-laptop VDCABC --yes"],
    load: async () => (await import("#cli/commands/key.ts")).keyRevoke,
  },
  {
    name: "delete",
    words: "<key>",
    summary: "Delete an access key with its credentials",
    options: [yes, project, ...wait],
    uses: "values",
    examples: ["vdc key delete backup-laptop --yes"],
    load: async () => (await import("#cli/commands/key.ts")).keyDelete,
  },
];

const driveVerbs: readonly Declaration[] = [
  {
    name: "list",
    summary: "Show the drives: state, fill, errors, and what waits for repair",
    options: [output],
    uses: "reads",
    examples: ["vdc drive list"],
    load: async () => (await import("#cli/commands/drive.ts")).driveList,
  },
  {
    name: "add",
    words: "<path>",
    summary: "Give the object store another directory, ideally on a disk of its own",
    options: [
      ["--name <name>", "name of the drive (default: drive- and the next number)"],
      ["--title <text>", "name for people, such as the label on the disk"],
    ],
    uses: "values",
    examples: ["vdc drive add /mnt/disk4/vdc --title 'Bay 4'"],
    load: async () => (await import("#cli/commands/drive.ts")).driveAdd,
  },
  {
    name: "drain",
    words: "<drive>",
    summary: "Move what lies on a drive to others; it can be taken out then",
    uses: "values",
    examples: ["vdc drive drain drive-2"],
    load: async () => (await import("#cli/commands/drive.ts")).driveDrain,
  },
  {
    name: "fail",
    words: "<drive>",
    summary: "Give a drive up at once; what lay on it is rebuilt elsewhere",
    options: [yes],
    uses: "values",
    examples: ["vdc drive fail drive-2"],
    load: async () => (await import("#cli/commands/drive.ts")).driveFail,
  },
  {
    name: "use",
    words: "<drive>",
    summary: "Take a drained or failed drive back",
    uses: "values",
    examples: ["vdc drive use drive-2"],
    load: async () => (await import("#cli/commands/drive.ts")).driveUse,
  },
  {
    name: "remove",
    words: "<drive>",
    summary: "Empty a drive and take it out of the store",
    options: [yes, ...wait],
    uses: "values",
    examples: ["vdc drive remove drive-2"],
    load: async () => (await import("#cli/commands/drive.ts")).driveRemove,
  },
  {
    name: "drill",
    words: "<drive> [fault]",
    summary: "Make a fault on purpose, to see that nobody notices; it ends by itself",
    description:
      "Make a drive pretend a fault: stall, error, read-only, full, corrupt, slow or missing. It ends by itself\nafter --for (default 30s), or with --end.",
    options: [["--for <duration>", "how long, at most 10m (default 30s)"], ["--end", "end it now"], yes],
    uses: "values",
    examples: ["vdc drive drill drive-2 stall --for 30s", "vdc drive drill drive-2 --end"],
    load: async () => (await import("#cli/commands/drive.ts")).driveDrill,
  },
];

const storeWork = (
  name: string,
  summary: string,
  load: NonNullable<Declaration["load"]>,
  options: readonly OptionDeclaration[] = [],
): Declaration => ({
  name,
  summary,
  options: [...options, ...wait],
  uses: "values",
  examples: [`vdc object-store ${name}`],
  load,
});

const endpointVerbs: readonly Declaration[] = [
  {
    name: "list",
    summary: "Show where events of buckets are sent, and how many wait",
    options: [output],
    uses: "reads",
    examples: ["vdc object-store endpoint list"],
    load: async () => (await import("#cli/commands/endpoint.ts")).endpointList,
  },
  {
    name: "put",
    words: "<endpoint> <url>",
    summary: "Let buckets of a project send their events to an address; prints its secret, once",
    description:
      "Let buckets of a project send their events to an address; prints the secret that signs them (Standard\nWebhooks), once. Buckets name it in PutBucketNotificationConfiguration, by the ARN that is printed.",
    options: [project, ["--allow-private", "let it lie in a private network, or on this machine"]],
    uses: "values",
    examples: ["vdc object-store endpoint put thumbnails https://hooks.example.org/in --project news"],
    load: async () => (await import("#cli/commands/endpoint.ts")).endpointPut,
  },
  {
    name: "remove",
    words: "<endpoint>",
    summary: "Send no events there any more; those that wait are dropped",
    options: [yes, project],
    uses: "values",
    examples: ["vdc object-store endpoint remove thumbnails --project news --yes"],
    load: async () => (await import("#cli/commands/endpoint.ts")).endpointRemove,
  },
];

const storeVerbs: readonly Declaration[] = [
  {
    name: "status",
    summary: "Show whether the object store serves, where, and how much could still fail",
    options: [output],
    uses: "reads",
    examples: ["vdc object-store status"],
    load: async () => (await import("#cli/commands/object-store.ts")).storeStatus,
  },
  storeWork(
    "repair",
    "Rebuild now what has lost a shard",
    async () => (await import("#cli/commands/object-store.ts")).storeRepair,
  ),
  storeWork(
    "scrub",
    "Read everything now and check it",
    async () => (await import("#cli/commands/object-store.ts")).storeScrub,
  ),
  storeWork(
    "rebalance",
    "Spread data evenly over the drives",
    async () => (await import("#cli/commands/object-store.ts")).storeRebalance,
  ),
  storeWork(
    "collect",
    "Remove now what was deleted and is past its quarantine",
    async () => (await import("#cli/commands/object-store.ts")).storeCollect,
  ),
  storeWork(
    "clean",
    "Win space in the journal now",
    async () => (await import("#cli/commands/object-store.ts")).storeClean,
  ),
  storeWork(
    "rebuild",
    "Make the index anew from the journal, or with --scan all metadata from the drives",
    async () => (await import("#cli/commands/object-store.ts")).storeRebuild,
    [
      ["--scan", "from what lies on the drives alone: for when the journal is lost"],
      ["--preview", "with --scan: only count what it would bring back"],
      yes,
    ],
  ),
  {
    name: "endpoint",
    summary: "Say where events of buckets are sent",
    uses: "nothing",
    examples: ["vdc object-store endpoint list"],
    commands: endpointVerbs,
  },
];

/** The verbs of S3 storage. */
export const objectCommands: readonly Declaration[] = [
  {
    name: "bucket",
    summary: "Make, configure and delete buckets of S3 storage",
    uses: "nothing",
    examples: ["vdc bucket list", "vdc bucket create news-pictures --versioning"],
    commands: bucketVerbs,
  },
  {
    name: "object",
    summary: "List, send, fetch and delete objects",
    uses: "nothing",
    examples: ["vdc object list news-pictures", "vdc object put photos news-pictures/2026/"],
    commands: objectVerbs,
  },
  {
    name: "key",
    summary: "Give and take the right to use S3",
    uses: "nothing",
    examples: ["vdc key create backup-laptop --access write", "vdc key list"],
    commands: keyVerbs,
  },
  {
    name: "drive",
    summary: "Look after the drives of the object store",
    uses: "nothing",
    examples: ["vdc drive list", "vdc drive add /mnt/disk4/vdc"],
    commands: driveVerbs,
  },
  {
    name: "object-store",
    summary: "Look after the object store as a whole",
    uses: "nothing",
    examples: ["vdc object-store status", "vdc object-store scrub"],
    commands: storeVerbs,
  },
];
