import type { Event } from "#api/records.ts";
import type { Call } from "#cli/declare.ts";
import { resolveTarget } from "#cli/input/targets.ts";
import { eventLine, eventTable } from "#cli/output/event-table.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import { formatOf, printRows } from "#cli/output/print.ts";
import { jsonLine, yamlText } from "#cli/output/structured.ts";
import { withSession, type Session } from "#cli/session.ts";
import { currentRevision, feed } from "#cli/watch-feed.ts";
import { maxPageSize } from "#api/routes/define-route.ts";

const defaultLimit = 50;
const maxEvents = 10_000;

interface EventRequest {
  readonly project?: string;
  readonly kind?: string;
  readonly name?: string;
}

/** `vdc events [KIND/NAME]`: the newest, in the order in which they happened. */
export async function events(call: Call): Promise<void> {
  const limit = Math.min(call.flags.whole("limit", 1) ?? defaultLimit, maxEvents);
  await withSession(call, async (session) => {
    const request = requestOf(call, session);
    const isWatch = call.flags.has("watch");
    // Asked before the listing: an event between the two is in the listing and is skipped in the feed.
    const since = isWatch ? await currentRevision(session, call.io.signal) : 0;
    const items = (await newest(session, request, limit, call.io.signal)).toReversed();
    if (!isWatch) {
      const table = eventTable(items, session.ports.clock.now(), { withSubject: true });
      return printRows(call, { items }, table, "no events");
    }
    for (const event of items) await showEvent(call, event);
    const seen = Math.max(0, ...items.map((event) => event.revision));
    for await (const change of feed(
      session,
      { kind: "event", project: request.project },
      since,
      call.io.signal,
    )) {
      const event = change.object as unknown as Event; // what the feed calls an event is one
      if (change.kind === "event" && event.revision > seen && fits(event, request))
        await showEvent(call, event);
    }
  });
}

function requestOf(call: Call, session: Session): EventRequest {
  const project = call.flags.text("project");
  const [word] = call.words;
  if (word === undefined) return project === undefined ? {} : { project };
  const { key } = resolveTarget(session.kinds, word, project);
  return { kind: key.kind, name: key.name, ...(key.project === undefined ? {} : { project: key.project }) };
}

async function newest(
  session: Session,
  request: EventRequest,
  limit: number,
  signal: AbortSignal,
): Promise<readonly Event[]> {
  const items: Event[] = [];
  let before: number | undefined;
  while (items.length < limit) {
    const size = Math.min(maxPageSize, limit - items.length);
    const page = await session.client.call(session.client.routes["event.list"], {
      query: { ...request, limit: size, ...(before === undefined ? {} : { before }) },
      signal,
    });
    items.push(...page.items);
    before = page.items.at(-1)?.revision;
    if (page.items.length < size || before === undefined) break;
  }
  return items;
}

function fits(event: Event, request: EventRequest): boolean {
  return (
    (request.kind === undefined || event.subject?.kind === request.kind) &&
    (request.name === undefined || event.subject?.name === request.name)
  );
}

async function showEvent(call: Call, event: Event): Promise<void> {
  const format = formatOf(call);
  if (format === "json") call.io.stdout(jsonLine(event));
  else if (format === "yaml") call.io.stdout(`---\n${await yamlText(event)}`);
  else call.io.stdout(`${harmlessLine(eventLine(event))}\n`);
}
