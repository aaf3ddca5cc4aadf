import type { Component, Impact, Incident } from "#api/incidents.ts";

/**
 * The read API of Statuspage, version 2 (`/api/v2/*.json`): the form that existing readers know. Names of projects, buckets and drives are never in it.
 */
export interface PageFacts {
  readonly id: string;
  readonly name: string;
  /** With a slash at its end. */
  readonly url: string;
  readonly updatedAt: string;
  /** Newest first; those of one customer, or everybody's. */
  readonly incidents: readonly Incident[];
  readonly startedAt: string;
}

export const componentNames: Readonly<Record<Component, string>> = {
  objects: "Object storage",
  apps: "Applications",
  control: "Console and API",
};
const components = ["objects", "apps", "control"] as const satisfies readonly Component[];

export type ComponentStatus = "operational" | "degraded_performance" | "partial_outage" | "major_outage";

/** The worst of what is open. Lost redundancy that nobody feels leaves a component operational: the dot says what clients meet. */
export function componentStatus(component: Component, incidents: readonly Incident[]): ComponentStatus {
  const impact = worstOpen(incidents.filter((incident) => incident.component === component));
  return statusOf[impact];
}

const statusOf: Readonly<Record<Impact, ComponentStatus>> = {
  none: "operational",
  minor: "degraded_performance",
  major: "partial_outage",
  critical: "major_outage",
};

export const isOpen = (incident: Incident): boolean => incident.status !== "resolved";

export function worstOpen(incidents: readonly Incident[]): Impact {
  const order = ["critical", "major", "minor"] as const;
  return (
    order.find((impact) => incidents.some((incident) => isOpen(incident) && incident.impact === impact)) ??
    "none"
  );
}

export const indicatorWords: Readonly<Record<Impact, string>> = {
  none: "All Systems Operational",
  minor: "Partially Degraded Service",
  major: "Partial System Outage",
  critical: "Major Service Outage",
};

/** Documents by their path below the page. */
export function statuspageDocuments(facts: PageFacts): ReadonlyMap<string, unknown> {
  const page = {
    id: facts.id,
    name: facts.name,
    url: facts.url,
    time_zone: "Etc/UTC",
    updated_at: facts.updatedAt,
  };
  const indicator = worstOpen(facts.incidents);
  const status = { indicator, description: indicatorWords[indicator] };
  const shown = components.map((component, position) => ({
    id: component,
    page_id: facts.id,
    name: componentNames[component],
    description: null,
    status: componentStatus(component, facts.incidents),
    created_at: facts.startedAt,
    updated_at:
      facts.incidents.find((incident) => incident.component === component)?.updates.at(-1)?.at ??
      facts.startedAt,
    position: position + 1,
    showcase: true,
    start_date: null,
    group_id: null,
    group: false,
    only_show_if_degraded: false,
  }));
  const incidents = facts.incidents.map((incident) => incidentDocument(facts, incident));
  const unresolved = incidents.filter((incident) => incident.status !== "resolved");
  return new Map<string, unknown>([
    [
      "api/v2/summary.json",
      { page, components: shown, incidents: unresolved, scheduled_maintenances: [], status },
    ],
    ["api/v2/status.json", { page, status }],
    ["api/v2/components.json", { page, components: shown }],
    ["api/v2/incidents.json", { page, incidents }],
    ["api/v2/incidents/unresolved.json", { page, incidents: unresolved }],
    ["api/v2/scheduled-maintenances.json", { page, scheduled_maintenances: [] }],
    ["api/v2/scheduled-maintenances/upcoming.json", { page, scheduled_maintenances: [] }],
    ["api/v2/scheduled-maintenances/active.json", { page, scheduled_maintenances: [] }],
  ]);
}

function incidentDocument(facts: PageFacts, incident: Incident) {
  const newest = incident.updates.at(-1)?.at ?? incident.openedAt;
  return {
    id: incident.id,
    name: incident.title,
    status: incident.status,
    created_at: incident.openedAt,
    updated_at: newest,
    monitoring_at: incident.updates.findLast(({ status }) => status === "monitoring")?.at ?? null,
    resolved_at: incident.resolvedAt ?? null,
    impact: incident.impact,
    shortlink: `${facts.url}incidents/${incident.id}`,
    started_at: incident.startedAt,
    page_id: facts.id,
    incident_updates: incident.updates
      .map((update, index) => ({
        id: `${incident.id}-${index}`,
        status: update.status,
        body: update.text,
        incident_id: incident.id,
        created_at: update.at,
        updated_at: update.at,
        display_at: update.at,
        affected_components: [
          {
            code: incident.component,
            name: componentNames[incident.component],
            old_status: "operational",
            new_status: statusOf[incident.impact],
          },
        ],
        deliver_notifications: true,
        custom_tweet: null,
        tweet_id: null,
      }))
      .toReversed(),
    components: [
      {
        id: incident.component,
        name: componentNames[incident.component],
        status: isOpen(incident) ? statusOf[incident.impact] : "operational",
      },
    ],
  };
}
