import type { Incident } from "#api/incidents.ts";
import { escapeMarkup } from "./escape.ts";
import type { PageFacts } from "./statuspage.ts";

/** A feed (RFC 4287) with one entry for each incident; an update changes the entry. */
export function atomFeed(facts: PageFacts): string {
  const self = `${facts.url}feed.atom`;
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<feed xmlns="http://www.w3.org/2005/Atom">',
    `<id>${escapeMarkup(self)}</id>`,
    `<title>${escapeMarkup(facts.name)}: status</title>`,
    `<link rel="self" type="application/atom+xml" href="${escapeMarkup(self)}"/>`,
    `<link rel="alternate" type="text/html" href="${escapeMarkup(facts.url)}"/>`,
    `<updated>${facts.updatedAt}</updated>`,
    ...facts.incidents.slice(0, 50).map((incident) => entry(facts, incident)),
    "</feed>",
    "",
  ].join("\n");
}

function entry(facts: PageFacts, incident: Incident): string {
  const address = escapeMarkup(`${facts.url}incidents/${incident.id}`);
  const story = incident.updates.map(({ at, status, text }) => `${at} ${status}: ${text}`).toReversed();
  return [
    "<entry>",
    `<id>${address}</id>`,
    `<title>${escapeMarkup(incident.title)}</title>`,
    `<link rel="alternate" type="text/html" href="${address}"/>`,
    `<published>${incident.openedAt}</published>`,
    `<updated>${incident.updates.at(-1)?.at ?? incident.openedAt}</updated>`,
    "<author><name>VDC</name></author>",
    `<category term="${incident.status}"/>`,
    `<content type="text">${escapeMarkup(story.join("\n"))}</content>`,
    "</entry>",
  ].join("\n");
}
