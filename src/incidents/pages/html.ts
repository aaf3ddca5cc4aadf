import type { Component, Incident } from "#api/incidents.ts";
import { escapeMarkup } from "./escape.ts";
import {
  componentNames,
  componentStatus,
  indicatorWords,
  isOpen,
  worstOpen,
  type ComponentStatus,
  type PageFacts,
} from "./statuspage.ts";

/** Pages that need nothing but themselves: no script, no font, no picture from anywhere. Rendered when something changes, not when somebody asks. */

export interface HtmlFacts extends PageFacts {
  /** For a customer's own page: by incident, which of their buckets are concerned. */
  readonly buckets?: ReadonlyMap<string, readonly string[]>;
  /** Of a customer's own page: the address that adds a browser to Web Push, and the application server key. */
  readonly push?: { readonly publicKey: string };
}

export function statusHtml(facts: HtmlFacts): string {
  const open = facts.incidents.filter(isOpen);
  const ended = facts.incidents.filter((incident) => !isOpen(incident)).slice(0, 30);
  const indicator = worstOpen(facts.incidents);
  const banner =
    indicator === "none" && open.length > 0
      ? "Everything works. Something has our attention:"
      : indicator === "none"
        ? "Everything works"
        : indicatorWords[indicator];
  return page(facts, facts.name, [
    `<p class="banner ${indicator}">${banner}</p>`,
    ...open.map((incident) => article(facts, incident)),
    `<h2>Parts of the service</h2><ul class="parts">${parts(facts.incidents)}</ul>`,
    `<h2>Earlier</h2>`,
    ...(ended.length === 0
      ? ["<p>Nothing in the last weeks.</p>"]
      : ended.map((incident) => article(facts, incident))),
    `<p class="foot"><a href="feed.atom">Atom feed</a> · <a href="api/v2/summary.json">JSON</a>${pushButton(facts)} · written ${time(facts.updatedAt)}</p>`,
  ]);
}

export function incidentHtml(facts: HtmlFacts, incident: Incident): string {
  return page({ ...facts, depth: "../" }, incident.title, [
    article(facts, incident),
    '<p class="foot"><a href="../">All of the status page</a></p>',
  ]);
}

const componentWords: Readonly<Record<ComponentStatus, string>> = {
  operational: "Works",
  degraded_performance: "Degraded",
  partial_outage: "Partly out",
  major_outage: "Out",
};

function parts(incidents: readonly Incident[]): string {
  const names = Object.entries(componentNames) as [Component, string][]; // the keys of a record of components are components
  return names
    .map(([component, name]) => {
      const status = componentStatus(component, incidents);
      return `<li><span>${escapeMarkup(name)}</span><span class="state ${status}">${componentWords[status]}</span></li>`;
    })
    .join("");
}

function article(facts: HtmlFacts, incident: Incident): string {
  const buckets = facts.buckets?.get(incident.id) ?? [];
  const own =
    buckets.length === 0
      ? ""
      : `<p class="own">Your buckets: ${buckets.map((name) => `<code>${escapeMarkup(name)}</code>`).join(", ")}</p>`;
  const story = incident.updates
    .toReversed()
    .map(
      ({ at, status, text }) =>
        `<li><b>${statusWords[status]}</b> <span>${escapeMarkup(text)}</span> ${time(at)}</li>`,
    )
    .join("");
  return `<article id="${incident.id}" class="${isOpen(incident) ? "open" : "ended"}"><h3><a href="${incidentLink(facts)}${incident.id}">${escapeMarkup(incident.title)}</a></h3><p>Since ${time(incident.startedAt)}${incident.resolvedAt === undefined ? "" : `, until ${time(incident.resolvedAt)}`}</p>${own}<ol>${story}</ol></article>`;
}

const incidentLink = (facts: PageFacts) => `${new URL(facts.url).pathname}incidents/`;

const statusWords: Readonly<Record<Incident["status"], string>> = {
  investigating: "Looking",
  identified: "Known",
  monitoring: "Watching",
  resolved: "Well",
};

function time(iso: string): string {
  return `<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC</time>`;
}

function pushButton(facts: HtmlFacts): string {
  if (facts.push === undefined) return "";
  return ` · <button type="button" id="push" data-key="${escapeMarkup(facts.push.publicKey)}" hidden>Tell this browser</button> <span id="push-state" role="status"></span><script src="push.js" defer></script>`;
}

function page(
  facts: PageFacts & { readonly depth?: string },
  title: string,
  body: readonly string[],
): string {
  return [
    "<!doctype html>",
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta http-equiv="refresh" content="15">',
    `<title>${escapeMarkup(title)}: status</title>`,
    `<link rel="alternate" type="application/atom+xml" title="Incidents" href="${facts.depth ?? ""}feed.atom">`,
    `<style>${style}</style></head><body><main>`,
    `<h1>${escapeMarkup(title)}</h1>`,
    ...body,
    "</main></body></html>",
    "",
  ].join("\n");
}

const style = `
:root{color-scheme:light dark;--line:#8884;--good:#1a7f4b;--minor:#9a6700;--major:#b54708;--critical:#b42318}
@media (prefers-color-scheme:dark){:root{--good:#4ac98a;--minor:#e3b341;--major:#f79052;--critical:#ff8a80}}
body{font:16px/1.5 system-ui,sans-serif;margin:0}
main{max-width:44rem;margin:0 auto;padding:2rem 1rem}
h1{font-size:1.5rem;margin:0 0 1rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}h3{font-size:1rem;margin:0}
a{color:inherit}
.banner{padding:1rem;border:1px solid var(--line);border-left:.4rem solid var(--good);border-radius:.4rem;font-weight:600}
.banner.minor{border-left-color:var(--minor)}.banner.major{border-left-color:var(--major)}.banner.critical{border-left-color:var(--critical)}
.parts{list-style:none;margin:0;padding:0;border:1px solid var(--line);border-radius:.4rem}
.parts li{display:flex;justify-content:space-between;padding:.6rem 1rem;border-top:1px solid var(--line)}.parts li:first-child{border-top:0}
.state{font-weight:600;color:var(--good)}.degraded_performance{color:var(--minor)}.partial_outage{color:var(--major)}.major_outage{color:var(--critical)}
article{padding:1rem;margin:1rem 0;border:1px solid var(--line);border-radius:.4rem}article.ended{opacity:.85}
article p{margin:.3rem 0}article ol{margin:.5rem 0 0;padding:0;list-style:none}article li{padding:.4rem 0;border-top:1px solid var(--line)}
time{font-size:.85rem;opacity:.8;white-space:nowrap}code{font-size:.9rem}.foot{margin-top:2rem;font-size:.9rem}
button{font:inherit;padding:.3rem .7rem}
`.replaceAll("\n", "");
