import type { Comment } from "../comments.ts";
import { commentLimits } from "../comments.ts";
import { html } from "../html.ts";
import { settings } from "../settings.ts";
import { stories, type Story } from "../stories.ts";
import { ago, page } from "./layout.ts";

export function storyPage(
  story: Story,
  comments: readonly Comment[],
  options: { readonly now: number; readonly problem?: string },
): string {
  const next = stories[(stories.indexOf(story) + 1) % stories.length];
  const body = html`<article class="story">
      <p class="section"><a href="/section/${story.section.toLowerCase()}">${story.section}</a></p>
      <h1>${story.headline}</h1>
      <p class="standfirst">${story.lead}</p>
      <p class="byline">${story.byline} · ${ago(story.minutesAgo)}</p>
      <figure>
        <img src="/picture/${story.slug}.svg" alt="${story.caption}" width="800" height="450" />
        <figcaption>${story.caption}</figcaption>
      </figure>
      ${story.body.map((paragraph) => html`<p>${paragraph}</p>`)}
      ${next === undefined ? undefined : html`<p class="next">Next: <a href="/story/${next.slug}">${next.headline}</a></p>`}
    </article>
    <section class="comments" id="comments" aria-label="Comments">
      <h2>${comments.length === 0 ? "No comments yet" : `Comments (${comments.length})`}</h2>
      ${comments.map(
        (comment) =>
          html`<div class="comment">
            <p class="who">
              <strong>${comment.name}</strong>
              <time datetime="${comment.at}">${comment.at.slice(0, 16).replace("T", " ")}</time>
            </p>
            <p>${comment.text}</p>
          </div>`,
      )}
      ${options.problem === undefined ? undefined : html`<p class="problem" role="alert">${options.problem}</p>`}
      ${settings.commentsOpen ? form(story) : html`<p>Comments are closed.</p>`}
    </section>`;
  return page(story.headline, body, { now: options.now });
}

function form(story: Story) {
  return html`<form method="post" action="/story/${story.slug}/comments">
    <label
      >Your name <input name="name" required maxlength="${commentLimits.name}" autocomplete="name"
    /></label>
    <label
      >What do you say? <textarea name="text" required maxlength="${commentLimits.text}" rows="4"></textarea>
    </label>
    <button>Send</button>
  </form>`;
}
