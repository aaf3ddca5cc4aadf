import { html, type Html } from "../html.ts";
import { resultsAt } from "../results.ts";
import { sections, stories, type Story } from "../stories.ts";
import { ago, page } from "./layout.ts";
import { bars } from "./results-page.ts";

export function frontPage(now: number): string {
  const [lead, ...rest] = stories;
  if (lead === undefined) throw new Error("a newspaper has a story");
  const body = html`<div class="front">
    <article class="lead">
      <a href="/story/${lead.slug}"
        ><img src="/picture/${lead.slug}.svg" alt="" width="800" height="450"
      /></a>
      <p class="section">${lead.section}</p>
      <h1><a href="/story/${lead.slug}">${lead.headline}</a></h1>
      <p class="standfirst">${lead.lead}</p>
      <p class="byline">${lead.byline} · ${ago(lead.minutesAgo)}</p>
    </article>
    <aside class="count" aria-label="Results so far">
      <h2><a href="/results">The count, live</a></h2>
      ${bars(resultsAt(now))}
    </aside>
    <div class="grid">${rest.map(card)}</div>
  </div>`;
  return page("", body, { script: "/live.js", now });
}

export function sectionPage(name: string, now: number): string | undefined {
  const section = sections.find((each) => each.toLowerCase() === name);
  if (section === undefined) return undefined;
  const own = stories.filter((story) => story.section === section);
  return page(
    section,
    html`<h1 class="section-name">${section}</h1>
      <div class="grid">${own.map(card)}</div>`,
    { now },
  );
}

function card(story: Story): Html {
  return html`<article class="card">
    <a href="/story/${story.slug}"
      ><img src="/picture/${story.slug}.svg" alt="" width="800" height="450" loading="lazy"
    /></a>
    <p class="section">${story.section}</p>
    <h2><a href="/story/${story.slug}">${story.headline}</a></h2>
    <p>${story.lead}</p>
    <p class="byline">${ago(story.minutesAgo)}</p>
  </article>`;
}
