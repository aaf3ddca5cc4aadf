import { html, type Html } from "../html.ts";
import { settings } from "../settings.ts";
import { sections } from "../stories.ts";

/** The frame of every page. */
export function page(
  title: string,
  body: Html,
  options: { readonly script?: string; readonly now: number },
): string {
  const date = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeZone: "UTC" }).format(options.now);
  return html`<!doctype html>
    <html lang="en" data-accent="${settings.accent}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title === "" ? settings.title : `${title} · ${settings.title}`}</title>
        <link rel="stylesheet" href="/style.css" />
        <link rel="icon" href="/icon.svg" type="image/svg+xml" />
        <link rel="alternate" type="application/rss+xml" href="/feed.xml" title="${settings.title}" />
        ${options.script === undefined ? undefined : html`<script type="module" src="${options.script}"></script>`}
      </head>
      <body>
        <a class="skip" href="#content">To the content</a>
        <header class="masthead">
          <p class="date">${date}</p>
          <a class="name" href="/">${settings.title}</a>
          <p class="tagline">${settings.tagline}</p>
        </header>
        <nav aria-label="Sections">
          <ul>
            <li><a href="/">Front page</a></li>
            ${sections.map((section) => html`<li><a href="/section/${section.toLowerCase()}">${section}</a></li>`)}
            <li><a class="live" href="/results">Results</a></li>
          </ul>
        </nav>
        <main id="content">${body}</main>
        <footer>
          <p>
            ${settings.title} is a sample application of VDC. The people, places and comets in it are
            invented.
          </p>
          <p class="served">
            Served by <code>${settings.instance}</code>, release ${settings.release} ·
            <a href="/feed.xml">Feed</a> · <a href="/desk">Desk</a>
          </p>
        </footer>
      </body>
    </html>`.text;
}

export function ago(minutes: number): string {
  if (minutes < 60) return `${minutes} minutes ago`;
  const hours = Math.round(minutes / 60);
  return hours === 1 ? "an hour ago" : `${hours} hours ago`;
}
