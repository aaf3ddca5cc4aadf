import type { AppPlan } from "#api/apps.ts";
import type { FieldChange } from "#api/diff.ts";
import type { AppStatus } from "#api/kinds/app.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import { changeLines } from "#cli/output/diff-text.ts";
import type { Paint } from "#cli/output/paint.ts";
import type { App, Instance, Release } from "./app-target.ts";

/** What happens in an app now, on one line: `release 2: 1/2 ready; waiting for web-2`. */
export function progressText(status: AppStatus): string {
  const step = status.rolloutStep ?? status.reason;
  const text = `${countsText(status)}${step === undefined ? "" : `; ${step}`}`;
  return harmlessLine(text);
}

/** Ready and wanted instances of the newest release: `release 2: 1/2 ready`. */
export function countsText(status: AppStatus): string {
  const release = status.wantedRelease;
  if (release === undefined) return status.phase ?? "waiting to be looked at";
  const counts = { ready: 0, wanted: 0 };
  for (const component of status.components ?? []) {
    const own = component.releases.find((one) => one.release === release);
    counts.ready += own?.ready ?? 0;
    counts.wanted += component.wanted;
  }
  return `release ${release}: ${counts.ready}/${counts.wanted} ready`;
}

/** The plan of a change, for a person who is about to agree to it. */
export function planText(plan: AppPlan, paint: Paint): string {
  const lines = [
    // The contract's types call a change the same; it came as JSON, so nothing in it is undefined.
    ...plan.difference.flatMap((change) => changeLines(change as FieldChange, paint)),
    ...plan.steps.map((step, at) => `${at + 1}. ${step}`),
    ...plan.warnings.map((warning) => `${paint("yellow", "note:")} ${harmlessLine(warning)}`),
  ];
  return lines.map((line) => `  ${line}\n`).join("");
}

/** One app, for reading. */
export function appText(app: App, instances: readonly Instance[], releases: readonly Release[]): string {
  const { status, spec } = app;
  const newest = releases.at(-1);
  const serving = (status.servingReleases ?? []).join(", ");
  const rows: readonly (readonly [string, string | undefined])[] = [
    ["app", `${app.project ?? ""}/${app.name}`],
    ["phase", status.phase],
    ["why", status.reason],
    ["package", `${spec.package}${newest === undefined ? "" : ` (version ${newest.spec.version})`}`],
    ["serving", serving === "" ? "nothing" : `release ${serving}`],
    ["wanted", status.wantedRelease === undefined ? undefined : `release ${status.wantedRelease}`],
    ["rollout", status.rolloutStep],
    ...(status.urls ?? []).map((url) => ["url", url] as const),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const facts = rows.flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [`${name.padEnd(width)}  ${harmlessLine(value)}\n`],
  );
  return `${facts.join("")}${instances.length === 0 ? "\nno instances\n" : ""}`;
}

export function instanceTable(instances: readonly Instance[]) {
  return {
    headers: ["INSTANCE", "COMPONENT", "RELEASE", "PHASE", "RESTARTS", "WHY"],
    rows: instances.map(({ name, spec, status }) => [
      name,
      spec.component,
      String(spec.release),
      status.phase ?? "",
      String(status.restarts ?? 0),
      status.reason ?? "",
    ]),
  };
}
