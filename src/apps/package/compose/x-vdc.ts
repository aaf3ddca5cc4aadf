import { z } from "zod";
import { VdcError } from "#api/errors.ts";
import type { Probe } from "#api/manifest.ts";
import { parseInput } from "#api/validate.ts";
import semver from "semver";
import type { ServiceDraft } from "./draft.ts";
import { runtimeOfText } from "./images.ts";
import { insidePath } from "./inside-path.ts";
import type { Place } from "./problem.ts";

const probe = z.strictObject({
  http: z
    .union([
      z.string().regex(/^\//).max(1024),
      z.strictObject({ path: z.string().regex(/^\//).max(1024), port: z.int().optional() }),
    ])
    .optional(),
  tcp: z.union([z.literal(true), z.int().min(1).max(65_535)]).optional(),
  command: z.array(z.string().max(4096)).min(1).max(64).optional(),
  intervalSeconds: z.number().min(0.05).max(3600).default(5),
  timeoutSeconds: z.number().min(0.05).max(600).default(2),
  failures: z.int().min(1).max(100).default(3),
  startSeconds: z.number().min(0).max(3600).default(60),
});

/** Our words in a service: what Compose has none for. */
export const xVdcSchema = z.strictObject({
  artifact: z
    .string()
    .max(512)
    .optional()
    .describe("folder of the package whose files the service sees, read-only, as /app"),
  runtime: z
    .string()
    .max(200)
    .optional()
    .describe("`node`, `python` with a range of versions (`node >=24`), or `none`"),
  engines: z
    .array(z.string().max(32))
    .min(1)
    .optional()
    .describe("engines that can run it, best first; `process` when absent"),
  port: z.int().min(0).max(65_535).optional().describe("port that it listens on; 0: the one that PORT names"),
  listens: z.boolean().optional().describe("whether it serves requests; true when it has a port"),
  startup: probe.optional().describe("probe that has to pass once before the others count"),
  readiness: probe.optional().describe("probe that says whether it gets requests"),
  liveness: probe.optional().describe("probe whose failure restarts it"),
});

export function readXVdc(place: Place, draft: ServiceDraft): void {
  let given: z.infer<typeof xVdcSchema>;
  try {
    given = parseInput(xVdcSchema, place.value, "x-vdc", place.path);
  } catch (error) {
    if (!(error instanceof VdcError)) throw error;
    for (const { path, message } of error.fields) place.problems.add(path, message);
    return;
  }
  const artifact = given.artifact === undefined ? undefined : insidePath(place, given.artifact);
  if (artifact !== undefined) draft.artifact = artifact;
  if (given.runtime !== undefined) {
    const runtime = runtimeOfText(given.runtime);
    if (runtime === undefined || semver.validRange(runtime.range) === null)
      place.problems.add(
        `${place.path}.runtime`,
        "write `node`, `python` or `none`, with a range of versions such as `node >=24`",
      );
    else draft.runtime = runtime;
  }
  if (given.engines !== undefined) draft.engines = given.engines;
  if (given.port !== undefined) draft.port = given.port;
  if (given.listens !== undefined) draft.listens = given.listens;
  for (const kind of ["startup", "readiness", "liveness"] as const) {
    const written = given[kind];
    if (written !== undefined) draft.probes[kind] = probeOf(written);
  }
}

function probeOf({ http, tcp, command, ...times }: z.infer<typeof probe>): Probe {
  return {
    ...times,
    ...(http === undefined ? {} : { http: typeof http === "string" ? { path: http } : http }),
    ...(tcp === undefined ? {} : { tcp: tcp === true ? {} : { port: tcp } }),
    ...(command === undefined ? {} : { command }),
  };
}
