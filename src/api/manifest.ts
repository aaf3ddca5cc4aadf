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

const settingName = z.string().regex(/^[a-z][A-Za-z0-9]{0,63}$/, "use a name such as adminPassword");

export const settingSchema = z.strictObject({
  type: z.enum(["string", "text", "integer", "number", "boolean", "enum", "email", "url", "host"]),
  label: localized.optional(),
  description: localized.optional(),
  group: z.string().max(100).optional().describe("Heading under which forms show it"),
  default: z.union([z.string(), z.number(), z.boolean()]).optional(),
  required: z.boolean().default(false),
  secret: z.boolean().default(false).describe("Kept encrypted and never shown again"),
  generate: z
    .strictObject({ length: z.int().min(8).max(256).default(32) })
    .optional()
    .describe("A secret that is made when the user gives none"),
  choices: z
    .array(z.strictObject({ value: z.string().max(200), label: localized.optional() }))
    .max(200)
    .optional(),
  pattern: z
    .string()
    .max(500)
    .optional()
    .describe("Regular expression (ECMAScript) that a text must match as a whole"),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minLength: z.int().min(0).optional(),
  maxLength: z.int().min(1).max(8192).optional(),
  placeholder: z.string().max(200).optional(),
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
  type: z.enum(["volume", "bucket", "secret", "route", "app"]),
  description: localized.optional(),
  optional: z.boolean().default(false),
  anyOf: z
    .array(
      z.strictObject({
        name: z.string().max(64),
        type: z.enum(["volume", "bucket", "secret", "route", "app"]),
        app: z.string().max(200).optional(),
      }),
    )
    .max(8)
    .optional()
    .describe("Alternatives, of which the installer chooses one"),
  app: z.string().max(200).optional().describe("Id of the package, for type app"),
  sizeBytes: z.int().min(0).optional().describe("For volumes: how much it will need"),
});

const hook = z.strictObject({
  component: nameSchema.describe("In whose sandbox, artifact and environment it runs"),
  command: z.array(z.string().max(4096)).min(1).max(64),
  timeoutSeconds: z.int().min(1).max(3600).default(300),
});

const scalePolicy = z.strictObject({
  min: z.int().min(0).max(64).default(1),
  max: z.int().min(1).max(64).default(8),
  target: z
    .strictObject({
      concurrency: z.number().positive().optional(),
      requestsPerSecond: z.number().positive().optional(),
    })
    .prefault({}),
});

export const manifestRouteSchema = z.strictObject({
  component: nameSchema,
  path: z.string().max(1024).regex(/^\//).default("/"),
  title: localized.optional(),
  primary: z.boolean().default(false).describe("The address that people are shown"),
  policy: trafficPolicySchema.prefault({}),
});

export const manifestSchema = z.strictObject({
  apiVersion: z.literal("vdc.app/v1"),
  id: z
    .string()
    .max(200)
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, "use a reverse-DNS id, such as org.example.newsroom"),
  version: z.string().max(64).describe("Semantic version (semver.org)"),
  upgradeFrom: z.string().max(200).optional().describe("Range of versions that may be upgraded; absent: all"),
  name: localized.describe("Name for people"),
  summary: localized.optional().describe("One line"),
  description: localized.optional().describe("Markdown"),
  icon: insidePath.optional(),
  screenshots: z
    .array(z.strictObject({ file: insidePath, caption: localized.optional() }))
    .max(16)
    .default([]),
  categories: z.array(z.string().max(50)).max(8).default([]),
  homepage: z.url().optional(),
  vendor: z.strictObject({ name: z.string().max(200), url: z.url().optional() }).optional(),
  licence: z
    .strictObject({
      spdx: z.string().max(100).optional(),
      file: insidePath.optional(),
      mustAccept: z.boolean().default(false),
    })
    .optional(),
  compose: insidePath.default("compose.yaml").describe("The Compose file of the components"),
  settings: z.record(settingName, settingSchema).default({}),
  requires: z.record(nameSchema, requirement).default({}),
  routes: z.record(nameSchema, manifestRouteSchema).default({}),
  scale: z.record(nameSchema, scalePolicy).default({}).describe("By component"),
  hooks: z
    .strictObject({
      install: hook.optional(),
      upgrade: hook.optional(),
      verify: hook.optional(),
      backup: hook.optional(),
      restore: hook.optional(),
    })
    .prefault({}),
  patchIdentity: z
    .record(
      nameSchema,
      z.strictObject({ purl: z.string().max(500).optional(), cpe: z.string().max(500).optional() }),
    )
    .default({})
    .describe("By component: what vulnerability lists call the software in it"),
  backup: z.strictObject({ volumes: z.array(nameSchema).max(32).default([]) }).prefault({}),
});
export type Manifest = z.infer<typeof manifestSchema>;

const probe = z.strictObject({
  http: z.strictObject({ path: z.string().max(1024), port: z.int().optional() }).optional(),
  tcp: z.strictObject({ port: z.int().optional() }).optional(),
  command: z.array(z.string().max(4096)).min(1).max(64).optional(),
  intervalSeconds: z.number().min(0.05).max(3600).default(5),
  timeoutSeconds: z.number().min(0.05).max(600).default(2),
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
    name: nameSchema,
    engines: z.array(z.string().max(32)).min(1).describe("Engines that can run it, best first"),
    artifact: z
      .string()
      .regex(/^sha256:[0-9a-f]{64}$/)
      .optional()
      .describe("Digest of the layer with its files, mounted read-only at /app; absent: no files of its own"),
    runtime: z
      .strictObject({ name: z.enum(["node", "python", "none"]), range: z.string().max(100) })
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
    workingDirectory: z.string().max(1024).default("/app"),
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
          name: nameSchema,
          path: z.string().max(1024),
          readOnly: z.boolean().default(false),
        }),
      )
      .max(32)
      .default([]),
    replicas: z.int().min(0).max(64).default(1),
    limits: z
      .strictObject({
        memoryBytes: z.int().optional(),
        cpuMillicores: z.int().optional(),
        processes: z.int().optional(),
        openFiles: z.int().optional(),
      })
      .prefault({}),
    health: z
      .strictObject({ startup: probe.optional(), readiness: probe.optional(), liveness: probe.optional() })
      .prefault({}),
    restart: z.enum(["always", "on-failure", "no"]).default("always"),
    stopSignal: z.string().max(16).default("SIGTERM"),
    stopGraceSeconds: z.number().min(0).max(3600).default(10),
    dependsOn: z
      .array(
        z.strictObject({ component: nameSchema, until: z.enum(["started", "ready"]).default("started") }),
      )
      .max(32)
      .default([]),
  })
  .refine(({ command, image }) => command.length > 0 || image !== undefined, {
    path: ["command"],
    message: "a component without an image needs a command",
  });
export type Component = z.infer<typeof componentSchema>;
