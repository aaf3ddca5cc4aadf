import { projectSpecSchema, type ProjectSpec } from "#api/kinds/project.ts";
import { VdcError, type FieldError } from "#api/errors.ts";
import { nameSchema } from "#api/names.ts";
import { applyBodySchema } from "#api/resource.ts";
import { parseInput } from "#api/validate.ts";
import { formatBytes, parseBytes } from "#console/lib/format.ts";

/** A project as a form holds it: text as it is typed. */
export interface ProjectForm {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** `key=value, key=value` */
  readonly labels: string;
  readonly quotas: Readonly<Record<QuotaName, string>>;
}

export interface WantedProject {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: ProjectSpec;
}

export const quotas = [
  { name: "resources", label: "Resources", unit: "count", hint: "Of all kinds together" },
  { name: "instances", label: "Instances", unit: "count", hint: "Running at once" },
  { name: "cpuMillicores", label: "CPU", unit: "cores", hint: "In cores, such as 2.5" },
  { name: "memoryBytes", label: "Memory", unit: "bytes", hint: "Such as 8 GiB" },
  { name: "storageBytes", label: "Storage", unit: "bytes", hint: "Such as 2 TiB" },
] as const;
export type QuotaName = (typeof quotas)[number]["name"];

export function formatQuota(name: QuotaName, value: number): string {
  const unit = quotas.find((quota) => quota.name === name)?.unit;
  if (unit === "bytes") return formatBytes(value);
  return unit === "cores" ? `${value / 1000} ${value === 1000 ? "core" : "cores"}` : String(value);
}

/** What a quota's field shows; exact, so that saving an untouched form changes nothing. */
function quotaText(name: QuotaName, value: number | undefined): string {
  if (value === undefined) return "";
  if (name === "cpuMillicores") return String(value / 1000);
  const short = formatBytes(value);
  return name.endsWith("Bytes") && parseBytes(short) === value ? short : String(value);
}

export const emptyProjectForm: ProjectForm = {
  name: "",
  title: "",
  description: "",
  labels: "",
  quotas: { resources: "", instances: "", cpuMillicores: "", memoryBytes: "", storageBytes: "" },
};

export function formOfProject(project: WantedProject): ProjectForm {
  const { quotas: limits } = project.spec;
  return {
    name: project.name,
    title: project.spec.title,
    description: project.spec.description,
    labels: Object.entries(project.labels)
      .map(([key, value]) => (value === "" ? key : `${key}=${value}`))
      .join(", "),
    quotas: {
      resources: quotaText("resources", limits.resources),
      instances: quotaText("instances", limits.instances),
      cpuMillicores: quotaText("cpuMillicores", limits.cpuMillicores),
      memoryBytes: quotaText("memoryBytes", limits.memoryBytes),
      storageBytes: quotaText("storageBytes", limits.storageBytes),
    },
  };
}

/**
 * What the form asks for, checked by the same schema as the server's. Throws `invalid` whose paths are those of the
 * form: `title`, `labels`, `quotas.memoryBytes`.
 */
export function projectOfForm(form: ProjectForm, members: ProjectSpec["members"]): WantedProject {
  const fields: FieldError[] = [];
  const limits: Partial<Record<QuotaName, number>> = {};
  for (const { name, unit } of quotas) {
    const text = form.quotas[name].trim();
    if (text === "") continue;
    const value = unit === "bytes" ? parseBytes(text) : numberOf(text, unit === "cores" ? 1000 : 1);
    if (value === undefined)
      fields.push({
        path: `quotas.${name}`,
        message: unit === "bytes" ? "write a size, such as 8 GiB" : "write a number",
      });
    else limits[name] = value;
  }
  const wanted = {
    labels: labelsOfText(form.labels),
    spec: { title: form.title.trim(), description: form.description.trim(), members, quotas: limits },
  };
  collect(fields, () => parseInput(nameSchema, form.name, "The name", "name"));
  collect(fields, () => parseInput(applyBodySchema(projectSpecSchema), wanted, "The project"));
  if (fields.length > 0) throw new VdcError("invalid", "Some fields are not valid.", { fields });
  return { name: form.name, ...wanted };
}

/** My form on top of theirs: what I did not touch since `base` is theirs. */
export function mergeForms(base: ProjectForm, mine: ProjectForm, theirs: ProjectForm): ProjectForm {
  const pick = (was: string, now: string, other: string) => (now === was ? other : now);
  const limits = quotas.map(({ name }) => [
    name,
    pick(base.quotas[name], mine.quotas[name], theirs.quotas[name]),
  ]);
  return {
    name: mine.name,
    title: pick(base.title, mine.title, theirs.title),
    description: pick(base.description, mine.description, theirs.description),
    labels: pick(base.labels, mine.labels, theirs.labels),
    quotas: Object.fromEntries(limits) as ProjectForm["quotas"], // made from the list of all quotas
  };
}

/** The field of the form that a path of the API means. */
export function formPath(path: string): string {
  return path.replace(/^spec\./, "").replace(/^labels.*/, "labels");
}

/** A millicore is the smallest share of a core: what is typed finer is rounded to it. */
function numberOf(text: string, times: number): number | undefined {
  const value = Number(text) * times;
  if (!Number.isFinite(value)) return undefined;
  return times === 1 ? value : Math.round(value);
}

function collect(into: FieldError[], check: () => unknown): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof VdcError)) throw error;
    into.push(...error.fields.map((field) => ({ ...field, path: formPath(field.path) })));
  }
}

export function labelsOfText(text: string): Readonly<Record<string, string>> {
  const pairs = text
    .split(",")
    .map((pair) => pair.trim())
    .filter((pair) => pair !== "");
  return Object.fromEntries(
    pairs.map((pair) => {
      const [key = "", ...value] = pair.split("=");
      return [key.trim(), value.join("=").trim()];
    }),
  );
}

/** A name that a title suggests: lower case, other letters as hyphens. */
export function suggestName(title: string): string {
  return title
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[\u0300-\u036f]/g, "")
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 63)
    .replaceAll(/^-+|-+$/g, "");
}
