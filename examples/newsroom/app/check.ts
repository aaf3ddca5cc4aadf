import { settings } from "./settings.ts";
import { resultsAt } from "./results.ts";
import { stories } from "./stories.ts";
import { picture } from "./art.ts";

/** Whether this copy can do its work: it can draw every picture, count, and (where it runs) answer. */
for (const story of stories)
  if (!picture(story).text.includes("</svg>")) throw new Error(`${story.slug} has no picture`);
if (resultsAt(Date.now()).parties.length !== 4) throw new Error("the count is broken");
if (process.env["PORT"] !== undefined && !process.argv.includes("--offline")) {
  const answer = await fetch(`http://${settings.host}:${settings.port}/healthz`, {
    signal: AbortSignal.timeout(4000),
  });
  if (!answer.ok) throw new Error(`/healthz answers ${answer.status}`);
}
