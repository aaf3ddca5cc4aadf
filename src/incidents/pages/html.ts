import type { Component, Impact, Incident } from "#api/incidents.ts";
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

/** Pages that need nothing but themselves: no font, no picture, no script from elsewhere, and they can be read without any. Rendered when something changes, not when somebody asks. */

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
  return page(facts, facts.name, `<p class="kicker">Status</p><h1>${escapeMarkup(facts.name)}</h1>`, [
    `<p class="banner ${indicator}" role="status">${mark(indicator)}${banner}</p>`,
    ...open.map((incident) => article(facts, incident)),
    `<h2>Parts of the service</h2><ul class="parts">${parts(facts.incidents)}</ul>`,
    `<h2>Earlier</h2>`,
    ...(ended.length === 0
      ? ['<p class="quiet">Nothing in the last weeks.</p>']
      : ended.map((incident) => article(facts, incident))),
    `<p class="foot">Written ${time(facts.updatedAt)}</p>`,
  ]);
}

export function incidentHtml(facts: HtmlFacts, incident: Incident): string {
  const up = `<p class="kicker"><a href="../">Status of ${escapeMarkup(facts.name)}</a></p>`;
  const head = `${up}<h1>${escapeMarkup(incident.title)}</h1>`;
  return page({ ...facts, depth: "../" }, incident.title, head, [article(facts, incident)]);
}

const componentWords: Readonly<Record<ComponentStatus, string>> = {
  operational: "Works",
  degraded_performance: "Degraded",
  partial_outage: "Partly out",
  major_outage: "Out",
};

const componentImpact: Readonly<Record<ComponentStatus, Impact>> = {
  operational: "none",
  degraded_performance: "minor",
  partial_outage: "major",
  major_outage: "critical",
};

/** A shape for each impact beside its word and colour, so that none of the three is needed. */
const shapes: Readonly<Record<Impact, string>> = {
  none: '<circle cx="5" cy="5" r="4"/>',
  minor: '<path d="M5 .8 9.6 9H.4Z"/>',
  major: '<path d="M5 .8 9.6 9H.4Z"/>',
  critical: '<rect x="1" y="1" width="8" height="8" rx="1.5"/>',
};
const mark = (impact: Impact) => `<svg viewBox="0 0 10 10" aria-hidden="true">${shapes[impact]}</svg>`;

function parts(incidents: readonly Incident[]): string {
  const names = Object.entries(componentNames) as [Component, string][]; // the keys of a record of components are components
  return names
    .map(([component, name]) => {
      const status = componentStatus(component, incidents);
      return `<li><span>${escapeMarkup(name)}</span><span class="state ${status}">${mark(componentImpact[status])}${componentWords[status]}</span></li>`;
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
        `<li class="${status}"><p>${escapeMarkup(text)}</p><p class="when"><b>${statusWords[status]}</b> · ${time(at)}</p></li>`,
    )
    .join("");
  const { id, impact, title, startedAt, resolvedAt } = incident;
  const until = resolvedAt === undefined ? "" : `, until ${time(resolvedAt)}`;
  const heading = `<h3><a href="${incidentLink(facts)}${id}">${escapeMarkup(title)}</a></h3>`;
  return `<article id="${id}" class="${isOpen(incident) ? `open ${impact}` : "ended"}">${heading}<p class="when">Since ${time(startedAt)}${until}</p>${own}<ol>${story}</ol></article>`;
}

const incidentLink = (facts: PageFacts) => `${new URL(facts.url).pathname}incidents/`;

const statusWords: Readonly<Record<Incident["status"], string>> = {
  investigating: "We look for the cause",
  identified: "The cause is known",
  monitoring: "Watching",
  resolved: "All clear",
};

function time(iso: string): string {
  return `<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC</time>`;
}

function pushButton(facts: HtmlFacts): string {
  if (facts.push === undefined) return "";
  return ` · <button type="button" id="push" data-key="${escapeMarkup(facts.push.publicKey)}" hidden>Tell this browser</button> <span id="push-state" role="status"></span><script src="push.js" defer></script>`;
}

function page(
  facts: HtmlFacts & { readonly depth?: string },
  title: string,
  head: string,
  body: readonly string[],
): string {
  const { depth = "" } = facts;
  return [
    "<!doctype html>",
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<noscript><meta http-equiv="refresh" content="30"></noscript>',
    `<title>${escapeMarkup(title)} · Status</title>`,
    `<link rel="alternate" type="application/atom+xml" title="Incidents" href="${depth}feed.atom">`,
    `<script src="${depth}live.js" defer></script>`,
    `<style>${style}</style></head><body><main>`,
    `<header>${head}</header><div id="live">`,
    ...body,
    "</div>",
    `<p class="foot"><a href="${depth}feed.atom">Atom feed</a> · <a href="${depth}api/v2/summary.json">JSON</a>${depth === "" ? pushButton(facts) : ""}</p>`,
    "</main></body></html>",
    "",
  ].join("\n");
}

/** The console's paper and graphite: `console/src/styles/tokens.css`. Colour is a signal; a healthy page is almost without it. */
const style = `
:root{color-scheme:light;--ground:#f6f4ee;--surface:#fdfcf9;--line:#dedacd;--ink:#1e1c17;--dim:#565146;--none:#2f6b1f;--minor:#7f5300;--major:#a92c18;--critical:#a92c18}
@media (prefers-color-scheme:dark){:root{color-scheme:dark;--ground:#151412;--surface:#1c1b18;--line:#302d28;--ink:#efebe1;--dim:#b9b2a3;--none:#8fc476;--minor:#e3b04b;--major:#f2876d;--critical:#f2876d}}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,sans-serif;margin:0;background:var(--ground);color:var(--ink)}
main{max-width:44rem;margin:0 auto;padding:2.5rem 1rem}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 1.5rem}h2{font-size:1rem;margin:2.5rem 0 .75rem}h3{font-size:1rem;margin:0}
p{margin:0}a{color:inherit;text-decoration-color:var(--dim);text-underline-offset:3px}
:focus-visible{outline:2px solid var(--none);outline-offset:2px}
svg{width:.7em;height:.7em;margin-right:.6em;fill:currentColor;flex:none}
.kicker,.when,.foot,.quiet{color:var(--dim);font-size:.85rem}
.banner,.parts,article{background:var(--surface);border:1px solid var(--line);border-radius:10px}
.banner{display:flex;align-items:center;padding:1rem;font-weight:600}.banner svg{color:var(--none)}
.banner.minor svg{color:var(--minor)}.banner.major svg{color:var(--major)}.banner.critical svg{color:var(--critical)}
.parts{list-style:none;margin:0;padding:0}
.parts li{display:flex;justify-content:space-between;gap:1rem;padding:.7rem 1rem;border-top:1px solid var(--line)}.parts li:first-child{border-top:0}
.state{display:inline-flex;align-items:center;color:var(--none);white-space:nowrap}.degraded_performance{color:var(--minor)}.partial_outage{color:var(--major)}.major_outage{color:var(--critical)}
article{padding:1rem;margin:1rem 0;overflow-wrap:anywhere}article.open{border-left:4px solid var(--none)}article.minor{border-left-color:var(--minor)}article.major{border-left-color:var(--major)}article.critical{border-left-color:var(--critical)}
.own{margin-top:.5rem}
ol{margin:1rem 0 0;padding:0;list-style:none}
ol li{position:relative;padding:0 0 1rem 1.25rem;border-left:1px solid var(--line);margin-left:4px}ol li:last-child{padding-bottom:0;border-left-color:transparent}
ol li::before{content:"";position:absolute;left:-5px;top:.45em;width:9px;height:9px;border-radius:50%;background:var(--minor)}
ol li.resolved::before{background:var(--none)}ol li.monitoring::before{background:var(--surface);border:2px solid var(--none);box-sizing:border-box}
time{white-space:nowrap}code{font-size:.9em}.foot{margin-top:2rem}
button{font:inherit;color:inherit;background:var(--surface);border:1px solid var(--dim);border-radius:6px;padding:.35rem .8rem}
@media (max-width:30rem){main{padding-top:1.5rem}.foot a{display:inline-block;padding:.6rem 0}}
`.replaceAll("\n", "");
