import type { Comment } from "../comments.ts";
import { html } from "../html.ts";
import { page } from "./layout.ts";

/** Where an editor removes comments. */
export function deskPage(comments: readonly Comment[], now: number): string {
  const rows = comments
    .toReversed()
    .slice(0, 200)
    .map(
      (comment) =>
        html`<div class="comment">
          <p class="who">
            <strong>${comment.name}</strong> on ${comment.story}, ${comment.at.slice(0, 16).replace("T", " ")}
          </p>
          <p>${comment.text}</p>
          <form method="post" action="/desk/remove">
            <input type="hidden" name="id" value="${comment.id}" /><button>Remove</button>
          </form>
        </div>`,
    );
  return page(
    "Desk",
    html`<h1>The desk</h1>
      ${rows.length === 0 ? html`<p>Nothing to read yet.</p>` : rows}`,
    { now },
  );
}
