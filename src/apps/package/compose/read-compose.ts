import { componentSchema, type Component } from "#api/manifest.ts";
import { maxComponents } from "#api/kinds/app.ts";
import { parseInput } from "#api/validate.ts";
import { readYaml } from "../yaml.ts";
import { toComponent, type ComponentPlan } from "./component.ts";
import type { ComposeDraft, ServiceDraft } from "./draft.ts";
import { readEnvFile } from "./env-file.ts";
import { fileTable } from "./file-table.ts";
import { interpolate } from "./interpolate.ts";
import { readByTable } from "./key-table.ts";
import { resourceName } from "./mounts.ts";
import { Place, Problems } from "./problem.ts";
import { serviceTable } from "./service-table.ts";

export interface ComposeFile {
  readonly name?: string;
  readonly components: readonly ComponentPlan[];
  /** What the author should know; nothing of it stops the build. */
  readonly notes: readonly string[];
}

/**
 * Reads a Compose file (compose-spec.io) into components. Everything that is not supported is named in one `invalid`, with what
 * to write instead; nothing is left out silently.
 */
export async function readCompose(
  bytes: Uint8Array,
  fileName: string,
  readText: (path: string) => Promise<string | undefined>,
): Promise<ComposeFile> {
  const problems = new Problems();
  const raw = new Place(fileName, readYaml(bytes, fileName), problems);
  const variables = await dotEnv(readText, problems);
  const whole = new Place(fileName, interpolate(raw, variables), problems);
  const draft: ComposeDraft = {
    volumes: new Map(),
    configs: new Map(),
    secrets: new Set(),
    services: new Map(),
    notes: [],
    readText,
  };
  await readByTable(whole, fileTable, draft);
  const services = [...draft.services];
  if (services.length === 0)
    problems.add(`${fileName}.services`, "a Compose file needs at least one service");
  if (services.length > maxComponents)
    problems.add(`${fileName}.services`, `at most ${maxComponents} services`);
  const components: ComponentPlan[] = [];
  for (const [name, value] of services.slice(0, maxComponents)) {
    const plan = await readService(name, new Place(`${fileName}.services.${name}`, value, problems), draft);
    if (plan !== undefined) components.push(plan);
  }
  checkNames(components, fileName, problems);
  problems.throwIfAny(fileName);
  return {
    ...(draft.name === undefined ? {} : { name: draft.name }),
    components: components.map((plan) => ({ ...plan, component: checked(plan.component, fileName) })),
    notes: draft.notes,
  };
}

async function readService(
  name: string,
  place: Place,
  file: ComposeDraft,
): Promise<ComponentPlan | undefined> {
  const component = resourceName(place, name);
  if (component === undefined) return undefined;
  const draft: ServiceDraft = {
    name: component,
    file,
    environment: {},
    ports: [],
    binds: [],
    volumes: [],
    secretFiles: [],
    limits: {},
    probes: {},
    dependsOn: [],
    labels: {},
  };
  await readByTable(place, serviceTable, draft);
  return toComponent(place, draft);
}

/** Variables for the Compose file itself: `.env` beside it, and nothing of the builder's own. */
async function dotEnv(
  readText: (path: string) => Promise<string | undefined>,
  problems: Problems,
): Promise<Readonly<Record<string, string>>> {
  const text = await readText(".env");
  if (text === undefined) return {};
  const read = readEnvFile(text);
  if ("variables" in read) return read.variables;
  problems.add(`.env:${read.wrongLine}`, "the line is not NAME=value");
  return {};
}

function checkNames(components: readonly ComponentPlan[], fileName: string, problems: Problems): void {
  const names = components.map(({ component }) => component.name);
  for (const [at, name] of names.entries())
    if (names.indexOf(name) !== at)
      problems.add(`${fileName}.services`, `two services are called ${name} here`);
}

/** The schema's own limits, which the readers do not repeat. */
function checked(component: Component, fileName: string): Component {
  return parseInput(componentSchema, component, fileName, `services.${component.name}`);
}
