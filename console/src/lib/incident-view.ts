import type { Affected, Effect, Impact, Incident, IncidentStatus, Receipt } from "#api/incidents.ts";
import type { Tone } from "#console/kit/state.tsx";
import { countOf } from "#console/lib/format.ts";

export const effectWords: Readonly<Record<Effect, string>> = {
  durability: "All data is there, but fewer failures could be survived",
  latency: "Requests may take longer",
  reads: "Reading may fail",
  writes: "Writing may fail",
  availability: "A part may not be reachable",
};

export const impactWords: Readonly<Record<Impact, { readonly tone: Tone; readonly text: string }>> = {
  none: { tone: "rest", text: "Nobody feels it" },
  minor: { tone: "warn", text: "Minor" },
  major: { tone: "bad", text: "Major" },
  critical: { tone: "bad", text: "Critical" },
};

export const statusWords: Readonly<Record<IncidentStatus, { readonly tone: Tone; readonly text: string }>> = {
  investigating: { tone: "warn", text: "We look for the cause" },
  identified: { tone: "warn", text: "The cause is known" },
  monitoring: { tone: "busy", text: "Watching whether it stays well" },
  resolved: { tone: "good", text: "All clear" },
};

export const componentWords = { objects: "Objects", control: "Control", apps: "Apps" } as const;

export const receiptWords: Readonly<
  Record<Receipt["state"], { readonly tone: Tone; readonly text: string }>
> = {
  due: { tone: "busy", text: "to be sent" },
  sent: { tone: "good", text: "taken" },
  failed: { tone: "bad", text: "not taken" },
};

export const channelWords: Readonly<Record<Receipt["channel"], string>> = {
  email: "e-mail",
  webhook: "webhook",
  "web-push": "browser",
};

export function isOpen({ status }: Pick<Incident, "status">): boolean {
  return status !== "resolved";
}

/** Whose it is: names while they are few. */
const namesShown = 4;

export function affectedWords({ everyone, projects }: Affected): string {
  if (everyone) return "Every project";
  if (projects.length === 0) return "No project has data there";
  if (projects.length > namesShown) return countOf(projects.length, "project");
  return projects
    .map(({ project, buckets }) =>
      buckets.length === 0
        ? project
        : buckets.length > namesShown
          ? `${project} (${countOf(buckets.length, "bucket")})`
          : `${project} (${buckets.join(", ")})`,
    )
    .join(", ");
}

/** What several projects see of the same incidents, once each with the buckets of all of them. Newest first. */
export function mergeIncidents(seen: readonly Incident[]): readonly Incident[] {
  const merged = new Map<string, Incident>();
  for (const incident of seen) {
    const before = merged.get(incident.id);
    merged.set(
      incident.id,
      before === undefined ? incident : { ...incident, affected: both(before.affected, incident.affected) },
    );
  }
  return [...merged.values()].toSorted((a, b) => b.openedAt.localeCompare(a.openedAt));
}

function both(a: Affected, b: Affected): Affected {
  const known = new Set(a.projects.map(({ project }) => project));
  return {
    everyone: a.everyone || b.everyone,
    projects: [...a.projects, ...b.projects.filter(({ project }) => !known.has(project))],
  };
}

const order: readonly Impact[] = ["none", "minor", "major", "critical"];

/** The open incident that says most: the worst, of these the newest. */
export function worstOpen(incidents: readonly Incident[]): Incident | undefined {
  return incidents
    .filter(isOpen)
    .toSorted((a, b) => order.indexOf(b.impact) - order.indexOf(a.impact))
    .at(0);
}
