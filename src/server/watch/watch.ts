import type { FixedRoutes } from "#api/routes.ts";
import { VdcError } from "#api/errors.ts";
import type { KindRegistry } from "#api/kinds.ts";
import type { Change } from "#api/records.ts";
import { nearest } from "#lib/nearest.ts";
import type { Feed, WatchQuery } from "#store/store.ts";
import type { Call, StreamHandler } from "../handler.ts";
import { requireProject } from "./require-project.ts";
import type { EventStream } from "./event-stream.ts";
import { Farewells } from "./farewells.ts";
import { mayViewChange } from "./visibility.ts";

type WatchRoute = FixedRoutes["watch"];

/**
 * `GET /v1/watch`: the feed as server-sent events, without a gap and without a duplicate, holding what the caller
 * may view when the batch is sent. A reader resumes with the id of the last event that it saw.
 */
export function watchHandler(options: {
  readonly feed: Feed;
  readonly kinds: KindRegistry;
  /** Resolves when roles are at least as new as this revision. */
  readonly rolesSeen: (revision: number) => Promise<void>;
}): StreamHandler<WatchRoute> {
  return async (call) => {
    requireProject(call.principal, call.query.project);
    const { kind, project, name } = call.query;
    const wantedKinds = kind === undefined ? undefined : kindsOf(kind, options.kinds);
    const head = await options.feed.head();
    const since = lastEventId(call) ?? call.query.since ?? head.revision;
    const query: WatchQuery = {
      since,
      ...(wantedKinds === undefined ? {} : { kinds: wantedKinds }),
      ...(project === undefined ? {} : { project }),
      ...(name === undefined ? {} : { name }),
    };
    return async (stream) => {
      // A revision that is not yet given was given by a store that is no more: the reader has to list again.
      if (since < head.compacted || since > head.revision) return await stream.send(compacted);
      await stream.send(`retry: 1000\n${bookmark(since)}`);
      await pump(stream, query, options);
    };
  };
}

const compacted = "event: compacted\ndata: {}\n\n";
const bookmark = (revision: number) => `event: bookmark\nid: ${revision}\ndata: {"revision":${revision}}\n\n`;

async function pump(
  stream: EventStream,
  query: WatchQuery,
  options: Parameters<typeof watchHandler>[0],
): Promise<void> {
  const farewells = new Farewells(stream.principal);
  try {
    for await (const batch of options.feed.watch(query, stream.signal)) {
      if (!stream.principal.owner) await rolesAsOf(batch.changes, options.rolesSeen);
      const { principal } = stream;
      farewells.remember(principal);
      const visible = batch.changes.flatMap((change) =>
        mayViewChange(options.kinds, principal, change) ? change : (farewells.take(change) ?? []),
      );
      const last = visible.at(-1)?.revision ?? -1;
      const text = visible.map(eventText).join("");
      await stream.send(last < batch.revision ? text + bookmark(batch.revision) : text);
    }
  } catch (error) {
    if (!(error instanceof VdcError && error.code === "compacted")) throw error;
    await stream.send(compacted);
  }
}

/** Whoever was made a member by one of these changes sees it, and what follows it. */
async function rolesAsOf(
  changes: readonly Change[],
  rolesSeen: (revision: number) => Promise<void>,
): Promise<void> {
  const newest = changes.findLast((change) => change.kind === "project");
  if (newest !== undefined) await rolesSeen(newest.revision);
}

const eventTexts = new WeakMap<Change, string>();

/** One event, printed once for all its readers. */
function eventText(change: Change): string {
  const known = eventTexts.get(change);
  if (known !== undefined) return known;
  const text = `event: change\nid: ${change.revision}\ndata: ${JSON.stringify(change)}\n\n`;
  eventTexts.set(change, text);
  return text;
}

function lastEventId(call: Call<WatchRoute>): number | undefined {
  const header = call.request.headers["last-event-id"];
  if (header === undefined || header === "") return undefined;
  if (typeof header !== "string" || !/^\d{1,15}$/.test(header))
    throw new VdcError("bad-request", "Last-Event-ID is not a revision.");
  return Number(header);
}

function kindsOf(text: string, kinds: KindRegistry): readonly string[] {
  const known = [...kinds.keys(), "event", "operation"];
  const wanted = [...new Set(text.split(",").map((kind) => kind.trim()))];
  for (const kind of wanted) {
    if (known.includes(kind)) continue;
    const meant = nearest(kind, known);
    const message = `no such kind as '${kind.slice(0, 63)}'${meant === undefined ? `; known are ${known.join(", ")}` : `; did you mean '${meant}'?`}`;
    throw new VdcError("invalid", `The query is not valid: kind: ${message}`, {
      fields: [{ path: "kind", message }],
    });
  }
  return wanted;
}
