import type { Incident } from "#api/incidents.ts";
import { activeFile } from "./active-file.ts";
import { atomFeed } from "./atom.ts";
import { incidentHtml, statusHtml, type HtmlFacts } from "./html.ts";
import { liveScript } from "./live-script.ts";
import { pushScript, pushWorkerScript } from "./push-script.ts";
import { isOpen, statuspageDocuments } from "./statuspage.ts";

/** Everything that the status process serves, by path, rendered. */
export type Site = ReadonlyMap<string, { readonly type: string; readonly body: string }>;

export interface SiteFacts {
  readonly name: string;
  readonly url: string;
  readonly updatedAt: string;
  readonly startedAt: string;
  /** Newest first. */
  readonly incidents: readonly Incident[];
  readonly pages: readonly {
    readonly token: string;
    readonly incidents: readonly Incident[];
    readonly buckets: ReadonlyMap<string, readonly string[]>;
  }[];
  readonly pushPublicKey?: string;
}

/** Incidents that pages show. */
const shownMax = 50;
const html = "text/html; charset=utf-8";

/** The public page, one for each customer, and what fronts tell live clients (`active.json`, not served to anybody). */
export function renderSite(facts: SiteFacts): Site {
  const site = new Map<string, { readonly type: string; readonly body: string }>();
  const common = { id: "vdc", name: facts.name, updatedAt: facts.updatedAt, startedAt: facts.startedAt };
  addPage(site, "", { ...common, url: facts.url, incidents: facts.incidents.slice(0, shownMax) });
  for (const { token, incidents, buckets } of facts.pages) {
    const push = facts.pushPublicKey === undefined ? {} : { push: { publicKey: facts.pushPublicKey } };
    const folder = `p/${token}/`;
    addPage(site, folder, {
      ...common,
      url: `${facts.url}${folder}`,
      incidents: incidents.slice(0, shownMax),
      buckets,
      ...push,
    });
    site.set(`${folder}push.js`, { type: "text/javascript", body: pushScript });
    site.set(`${folder}push-worker.js`, { type: "text/javascript", body: pushWorkerScript });
  }
  const active = facts.incidents
    .filter(isOpen)
    .map(({ id, cause, effects, impact, affected }) => ({ id, cause, effects, impact, affected }));
  site.set(activeFile, {
    type: "application/json",
    body: JSON.stringify({ updatedAt: facts.updatedAt, incidents: active }),
  });
  return site;
}

function addPage(
  site: Map<string, { readonly type: string; readonly body: string }>,
  folder: string,
  facts: HtmlFacts,
): void {
  site.set(folder, { type: html, body: statusHtml(facts) });
  site.set(`${folder}live.js`, { type: "text/javascript", body: liveScript });
  site.set(`${folder}feed.atom`, { type: "application/atom+xml; charset=utf-8", body: atomFeed(facts) });
  for (const incident of facts.incidents)
    site.set(`${folder}incidents/${incident.id}`, { type: html, body: incidentHtml(facts, incident) });
  for (const [path, document] of statuspageDocuments(facts))
    site.set(`${folder}${path}`, { type: "application/json", body: JSON.stringify(document) });
}
