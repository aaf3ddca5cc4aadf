import { html, type Html } from "../html.ts";
import { resultsAt, type Results } from "../results.ts";
import { page } from "./layout.ts";

export function resultsPage(now: number): string {
  const results = resultsAt(now);
  const body = html`<h1>The islands vote</h1>
    <p class="standfirst">
      Twelve districts, four lists. The numbers change while you look: this page listens to the count over
      server-sent events, and each copy of the newspaper tells the same story.
    </p>
    ${bars(results)}
    <h2>Districts</h2>
    <ul class="districts" data-districts>
      ${results.districts.map((district) => html`<li data-party="${district.leader}" data-counted="${district.counted ? "yes" : "no"}">${district.name}</li>`)}
    </ul>`;
  return page("Results", body, { script: "/live.js", now });
}

export function bars(results: Results): Html {
  return html`<div class="bars" data-live>
    <p class="counted">
      <span data-counted-percent>${results.countedPercent}</span> % of the districts counted ·
      <span data-votes>${results.votes.toLocaleString("en")}</span> votes
    </p>
    ${results.parties.map(
      (party) =>
        html`<div class="bar" data-party="${party.key}">
          <span class="party">${party.name}</span
          ><meter min="0" max="60" value="${party.percent}" aria-label="${party.name}"></meter
          ><span class="percent"><span data-percent>${party.percent.toFixed(1)}</span> %</span>
        </div>`,
    )}
  </div>`;
}
