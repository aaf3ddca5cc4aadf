import { z } from "zod";
import { nameSchema } from "#api/names.ts";
import { trafficPolicySchema } from "#api/kinds/route.ts";

/**
 * `vdc-app.yaml`: what a package says of itself. The services of its components are in the Compose file it names; this
 * file holds what Compose has no words for. The JSON Schema for editors is generated from here.
 */

const languageText = z
  .record(
    z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, "use a BCP 47 language tag"),
    z.string().max(4000),
  )
  .refine((texts) => Object.keys(texts).length <= 64, "at most 64 languages");
/** A text, or one in each language; English is what is shown when the reader's language is missing. */
const localized = z.union([z.string().max(4000), languageText]);
/** A path inside the package: relative, with '/', without '..'. */
const insidePath = z
  .string()
  .min(1)
  .max(512)
  .regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$))[^\0\\]+$/, "use a relative path inside the package, without '..'");

/** Opened by whoever follows it in the console: no `javascript:` and no `data:`. */
const webAddress = z.url({ protocol: /^https?$/ });

const settingName = z.string().regex(/^[a-z][A-Za-z0-9]{0,63}$/, "use a name such as adminPassword");

export const settingSchema = z.strictObject({
  type: z
    .enum(["string", "text", "integer", "number", "boolean", "enum", "email", "url", "host"])
    .describe("What kind of value it is; decides how forms ask for it"),
  label: localized.optional().describe("What forms call it"),
  description: localized.optional().describe("What it does, for whoever fills the form"),
  group: z.string().max(100).optional().describe("Heading under which forms show it"),
  default: z
    .union([z.string(), z.number(), z.boolean()])
    .optional()
    .describe("Value when the user gives none"),
  required: z.boolean().default(false).describe("Whether an install without it is refused"),
  secret: z.boolean().default(false).describe("Kept encrypted and never shown again"),
  generate: z
    .strictObject({
      length: z.int().min(8).max(256).default(32).describe("Characters of the secret that is made"),
    })
    .optional()
    .describe("A secret that is made when the user gives none"),
  choices: z
    .array(
      z.strictObject({
        value: z.string().max(200).describe("What is given to the app"),
        label: localized.optional().describe("What forms call it"),
      }),
    )
    .max(200)
    .optional()
    .describe("Values of an enum, in the order of the form"),
  pattern: z
    .string()
    .max(500)
    .optional()
    .describe("Regular expression (ECMAScript) that a text must match as a whole"),
  minimum: z.number().optional().describe("Smallest number"),
  maximum: z.number().optional().describe("Largest number"),
  minLength: z.int().min(0).optional().describe("Fewest characters of a text"),
  maxLength: z.int().min(1).max(8192).optional().describe("Most characters of a text"),
  placeholder: z.string().max(200).optional().describe("Example that forms show in an empty field"),
  advanced: z.boolean().default(false).describe("Folded away in forms"),
  environment: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/)
    .optional()
    .describe("Variable that every component gets it as; components may also use ${settings.NAME}"),
  file: z
    .string()
    .max(200)
    .regex(/^[A-Za-z0-9._-]+$/)
    .optional()
    .describe("Name under /run/secrets as which it is given, instead of a variable"),
  restart: z.boolean().default(true).describe("Whether a change needs new instances"),
});
export type Setting = z.infer<typeof settingSchema>;

const requirement = z.strictObject({
  type: z.enum(["volume", "bucket", "secret", "route", "app"]).describe("What is needed"),
  description: localized.optional().describe("What it is needed for"),
  optional: z.boolean().default(false).describe("Whether the app also works without it"),
  anyOf: z
    .array(
      z.strictObject({
        name: z.string().max(64).describe("Name of the alternative"),
        type: z.enum(["volume", "bucket", "secret", "route", "app"]).describe("What this alternative is"),
        app: z.string().max(200).optional().describe("Id of the package, for type app"),
      }),
    )
    .max(8)
    .optional()
    .describe("Alternatives, of which the installer chooses one"),
  app: z.string().max(200).optional().describe("Id of the package, for type app"),
  sizeBytes: z.int().min(0).optional().describe("For volumes: how much it will need"),
  pages: z
    .boolean()
    .default(false)
    .describe("For buckets: whether the app's pages read and write it by signed addresses"),
});

const hook = z.strictObject({
  component: nameSchema.describe("In whose sandbox, artifact and environment it runs"),
  command: z.array(z.string().max(4096)).min(1).max(64).describe("Program and arguments"),
  timeoutSeconds: z.int().min(1).max(3600).default(300).describe("After this it is ended, and has failed"),
});

/** How a pool of workers is sized by the work that waits for it. */
const poolPolicy = z.strictObject({
  drainSeconds: z.int().min(1).max(86_400).default(60).describe("What waits should be done within this"),
  keepSeconds: z
    .int()
    .min(1)
    .max(3_600)
    .default(60)
    .describe("An instance that is not needed stays so long, because it may be again"),
});

const scalePolicy = z.strictObject({
  min: z.int().min(0).max(64).default(1).describe("Fewest instances"),
  max: z.int().min(1).max(64).default(8).describe("Most instances"),
  target: z
    .strictObject({
      concurrency: z.number().positive().optional().describe("Requests at once"),
      requestsPerSecond: z.number().positive().optional().describe("Requests a second"),
    })
    .prefault({})
    .describe("What one instance should carry"),
  jobs: poolPolicy
    .optional()
    .describe("Its instances work for jobs: how many there are follows from the work that waits"),
});

export const manifestRouteSchema = z.strictObject({
  component: nameSchema.describe("Component that answers"),
  path: z.string().max(1024).regex(/^\//).default("/").describe("Path prefix that leads to it"),
  title: localized.optional().describe("What people call this address"),
  primary: z.boolean().default(false).describe("The address that people are shown"),
  policy: trafficPolicySchema.prefault({}).describe("Traffic policy"),
});

export const manifestSchema = z.strictObject({
  apiVersion: z.literal("vdc.app/v1").describe("Version of this format"),
  id: z
    .string()
    .max(200)
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, "use a reverse-DNS id, such as org.example.newsroom")
    .describe("Reverse-DNS name: the same for all versions"),
  version: z.string().max(64).describe("Semantic version (semver.org)"),
  upgradeFrom: z.string().max(200).optional().describe("Range of versions that may be upgraded; absent: all"),
  name: localized.describe("Name for people"),
  summary: localized.optional().describe("One line"),
  description: localized.optional().describe("Markdown"),
  icon: insidePath.optional().describe("Picture for lists, SVG or PNG"),
  screenshots: z
    .array(
      z.strictObject({
        file: insidePath.describe("The picture"),
        caption: localized.optional().describe("What it shows"),
      }),
    )
    .max(16)
    .default([])
    .describe("Pictures for the catalogue"),
  categories: z.array(z.string().max(50)).max(8).default([]).describe("Words to find it by"),
  homepage: webAddress.optional().describe("Where more is said about it"),
  vendor: z
    .strictObject({
      name: z.string().max(200).describe("Name of the maker"),
      url: webAddress.optional().describe("Address of the maker"),
    })
    .optional()
    .describe("Who makes it"),
  licence: z
    .strictObject({
      spdx: z.string().max(100).optional().describe("SPDX expression, such as Apache-2.0"),
      file: insidePath.optional().describe("The terms themselves"),
      mustAccept: z.boolean().default(false).describe("Whether an install needs the user's word"),
    })
    .optional()
    .describe("Under which terms it may be used"),
  compose: insidePath.default("compose.yaml").describe("The Compose file of the components"),
  settings: z.record(settingName, settingSchema).default({}).describe("What the installer may choose"),
  requires: z
    .record(nameSchema, requirement)
    .default({})
    .describe("What has to be there, by the name that the app uses"),
  routes: z.record(nameSchema, manifestRouteSchema).default({}).describe("Addresses that it answers at"),
  scale: z.record(nameSchema, scalePolicy).default({}).describe("By component"),
  hooks: z
    .strictObject({
      install: hook.optional().describe("Once, before the first instances get requests"),
      upgrade: hook.optional().describe("Before a rollout of another package version"),
      verify: hook.optional().describe("When new instances are ready, before old ones go"),
      backup: hook.optional().describe("Before the backup set is copied"),
      restore: hook.optional().describe("After the backup set was put back"),
    })
    .prefault({})
    .describe("Programs of the package that run at certain moments, in its sandbox"),
  patchIdentity: z
    .record(
      nameSchema,
      z.strictObject({
        purl: z.string().max(500).optional().describe("Package URL (purl)"),
        cpe: z.string().max(500).optional().describe("CPE 2.3 name"),
      }),
    )
    .default({})
    .describe("By component: what vulnerability lists call the software in it"),
  backup: z
    .strictObject({ volumes: z.array(nameSchema).max(32).default([]).describe("Volumes that are copied") })
    .prefault({})
    .describe("What a backup holds"),
});
export type Manifest = z.infer<typeof manifestSchema>;

const probe = z.strictObject({
  http: z
    .strictObject({
      path: z.string().max(1024).describe("What is asked for"),
      port: z.int().optional().describe("Where; absent: the instance's port"),
    })
    .optional()
    .describe("A GET that must be answered with 2xx or 3xx"),
  tcp: z
    .strictObject({ port: z.int().optional().describe("Where; absent: the instance's port") })
    .optional()
    .describe("A connection that must be accepted"),
  command: z
    .array(z.string().max(4096))
    .min(1)
    .max(64)
    .optional()
    .describe("Program, run in the sandbox, that must end with 0"),
  intervalSeconds: z.number().min(0.05).max(3600).default(5).describe("From one probe to the next"),
  timeoutSeconds: z.number().min(0.05).max(600).default(2).describe("Longest wait for one"),
  failures: z.int().min(1).max(100).default(3).describe("In a row, before it counts as failed"),
  startSeconds: z
    .number()
    .min(0)
    .max(3600)
    .default(60)
    .describe("How long a start may take before probes must pass"),
});
export type Probe = z.infer<typeof probe>;

/**
 * A component in engine terms: made from a Compose service when a package is built, so that an engine never reads
 * Compose. Paths are inside the sandbox.
 */
export const componentSchema = z
  .strictObject({
    name: nameSchema.describe("Name: the Compose service's"),
    engines: z.array(z.string().max(32)).min(1).describe("Engines that can run it, best first"),
    artifact: z
      .string()
      .regex(/^sha256:[0-9a-f]{64}$/)
      .optional()
      .describe("Digest of the layer with its files, mounted read-only at /app; absent: no files of its own"),
    runtime: z
      .strictObject({
        name: z
          .enum(["node", "python", "none"])
          .describe("Which interpreter; none: the command is a program of the artifact or of the host"),
        range: z.string().max(100).describe("Versions, as npm writes ranges"),
      })
      .describe("Interpreter that the host has to have, with the versions that will do"),
    image: z
      .string()
      .max(512)
      .optional()
      .describe("Container image that it needs; only engines with images can run it"),
    command: z
      .array(z.string().max(8192))
      .max(256)
      .describe("Never empty, but for an image that has a command of its own"),
    workingDirectory: z.string().max(1024).default("/app").describe("Where the command is run"),
    environment: z
      .record(z.string().max(128), z.string().max(32_768))
      .default({})
      .describe("May hold ${settings.NAME}"),
    port: z
      .int()
      .min(0)
      .max(65_535)
      .describe("What the software listens on; 0: nothing, or whatever PORT says"),
    listens: z.boolean().describe("Whether it serves anything: components that do not get no requests"),
    volumes: z
      .array(
        z.strictObject({
          name: nameSchema.describe("Name of the volume in the package"),
          path: z.string().max(1024).describe("Where it is seen"),
          readOnly: z.boolean().default(false).describe("Whether it can only be read"),
        }),
      )
      .max(32)
      .default([])
      .describe("What outlives the instance"),
    replicas: z.int().min(0).max(64).default(1).describe("Instances, unless the app says otherwise"),
    limits: z
      .strictObject({
        memoryBytes: z.int().optional().describe("Memory in bytes"),
        cpuMillicores: z.int().optional().describe("CPU in thousandths of a core"),
        processes: z.int().optional().describe("Processes and threads"),
        openFiles: z.int().optional().describe("Open files of one process"),
      })
      .prefault({})
      .describe("What one instance may use"),
    health: z
      .strictObject({
        startup: probe.optional().describe("Until it passes, the others wait"),
        readiness: probe.optional().describe("Whether it gets requests"),
        liveness: probe.optional().describe("Whether it is started again"),
      })
      .prefault({})
      .describe("How its state is found out"),
    restart: z
      .enum(["always", "on-failure", "no"])
      .default("always")
      .describe("When it is started again after it ended"),
    stopSignal: z.string().max(16).default("SIGTERM").describe("What asks it to end"),
    stopGraceSeconds: z.number().min(0).max(3600).default(10).describe("Time until it is killed"),
    dependsOn: z
      .array(
        z.strictObject({
          component: nameSchema.describe("Name of the other component"),
          until: z.enum(["started", "ready"]).default("started").describe("How far the other has to be"),
        }),
      )
      .max(32)
      .default([])
      .describe("What has to be there before it starts"),
  })
  .refine(({ command, image }) => command.length > 0 || image !== undefined, {
    path: ["command"],
    message: "a component without an image needs a command",
  });
export type Component = z.infer<typeof componentSchema>;
